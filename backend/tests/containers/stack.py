"""compose.yaml with images of this tree: brought up as an operator does it, looked at, and taken away again."""

import json
import os
import re
import ssl
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import httpx

from tests.services.service import free_port

ROOT = Path(__file__).parents[3]
PROJECT = "musubi-test"
VERSION: str = tomllib.loads((ROOT / "backend" / "pyproject.toml").read_text())["project"]["version"]
# Names and tags that nobody runs anything from.
BUILT = "test"
IMAGES = {name: f"musubi-test-{name}" for name in ("backend", "gateway")}
BACKENDS = 2
BUILD_SECONDS = 1800
START_SECONDS = 300
# What scripts/base-images made, if it ran here.
BASE_IMAGES = ROOT / ".cache" / "base-images.env"


class NoEngine(Exception):
    """No Docker engine answers; the text says so in one line."""


def run(*command: str, seconds: float = 60, variables: dict[str, str] | None = None) -> str:
    """What a command prints. Raises AssertionError with all of it when it fails."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(variables or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Stack:
    """The services of compose.yaml under a name of their own, with secrets and ports of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "image"
        self._folder.mkdir()
        self.secrets = folder / "secrets"
        self.port = free_port()
        self.http_port = free_port()
        self.url = f"https://localhost:{self.port}"
        self.authority = self.secrets / "authority" / "authority.pem"
        made = BASE_IMAGES.read_text() if BASE_IMAGES.exists() else ""
        self.variables = {
            **dict(re.findall(r"^(\w+)=(.*)$", made, re.MULTILINE)),
            "SECRETS": str(self.secrets),
            "HTTPS_PORT": str(self.port),
            "HTTP_PORT": str(self.http_port),
            "MUSUBI_BASE_URL": self.url,
            "BACKEND_IMAGE": IMAGES["backend"],
            "GATEWAY_IMAGE": IMAGES["gateway"],
            "IMAGE_TAG": VERSION,
            "COMPOSE_PROJECT_NAME": PROJECT,
            "COMPOSE_FILE": f"{ROOT}/compose.yaml:{ROOT}/compose.test.yaml",
            "BACKENDS": str(BACKENDS),
            # Not the settings of whoever runs the tests.
            "ENV_FILE": os.devnull,
        }

    def build(self) -> None:
        """Build both images. Raises NoEngine where there is no Docker."""
        try:
            run("docker", "version", "--format", "{{.Server.Version}}")
        except (AssertionError, FileNotFoundError) as error:
            raise NoEngine("test-containers needs a Docker engine, and none answers here: start one") from error
        run("scripts/images", BUILT, seconds=BUILD_SECONDS)
        for name, image in IMAGES.items():
            run("docker", "tag", f"musubi-{name}:{BUILT}", f"{image}:{VERSION}")

    def make_version(self, version: str) -> None:
        """An image of the backend that is this code, and says that it is another version."""
        instructions = f"""FROM {IMAGES["backend"]}:{VERSION}
USER root
RUN sed -i 's/^Version: .*/Version: {version}/' /opt/musubi/lib/python*/site-packages/musubi-*.dist-info/METADATA
USER 10001:10001
"""
        self._folder.joinpath("Dockerfile").write_text(instructions)
        image = f"{IMAGES['backend']}:{version}"
        run("scripts/buildx", "build", "--quiet", "--load", "--tag", image, str(self._folder), seconds=BUILD_SECONDS)

    def up(self, *options: str) -> None:
        """Start what isn't there yet, and return when all of it is healthy."""
        run("deploy/compose/secrets.sh", "--certificate", "localhost 127.0.0.1", str(self.secrets))
        self.compose("up", "--no-build", "--detach", "--wait", *options, seconds=START_SECONDS)

    def down(self) -> None:
        """Remove everything, what was kept included."""
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "5", seconds=120)
        for image in IMAGES.values():
            made = run("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", image).split()
            if made:
                run("docker", "image", "rm", *made)

    def compose(self, *arguments: str, seconds: float = 60) -> str:
        return run("scripts/compose", "--env-file", os.devnull, *arguments, seconds=seconds, variables=self.variables)

    def deploy(self, place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run deploy.sh to its end; its log and its backups go to `place`."""
        # Only root may give the folder of the backups to the account in the containers.
        privileged = [] if os.geteuid() == 0 else ["sudo", "--non-interactive", "--preserve-env"]
        settings = {
            "DEPLOY_ENV_FILE": str(place / "env"),
            "DEPLOY_STATE": str(place / "state"),
            "DEPLOY_BACKUPS": str(place / "backups"),
            "DEPLOY_READY_SECONDS": "120",
        }
        return subprocess.run(
            [*privileged, str(ROOT / "deploy" / "deploy.sh"), "--driver", "compose", *arguments],
            env={**os.environ, **self.variables, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )

    def containers(self, *services: str, stopped: bool = False) -> list[str]:
        """The ids of the containers of these services, or of all."""
        return self.compose("ps", "--quiet", *(["--all"] if stopped else []), *services).split()

    def inspect(self, container: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(run("docker", "inspect", container))
        return found[0]

    def inside(self, container: str, *command: str) -> str:
        """What a command prints in a container. Raises AssertionError when it fails."""
        return run("docker", "exec", container, *command)

    def client(self) -> httpx.Client:
        """Someone who trusts the gateway's certificate."""
        trust = ssl.create_default_context(cafile=str(self.authority))
        return httpx.Client(base_url=self.url, verify=trust, timeout=30, trust_env=False)

    def log(self, container: str) -> str:
        """What a container has printed."""
        return run("sh", "-c", 'docker logs "$0" 2>&1', container)

"""An installation as `deploy.sh` finds it on a machine without containers: nginx with TLS in front of two backends, on
PostgreSQL and Valkey, and a folder of releases."""

import asyncio
import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.continuity.installation import Installation, variables
from tests.processes import PATIENCE_SECONDS, Variables, environment
from tests.services import Postgres, Valkey
from tests.services.nginx import Nginx
from tests.services.service import free_port

DEPLOY = Path(__file__).parents[3] / "deploy"
DRIVER = Path(__file__).parent / "driver.sh"
READY_SECONDS = 15
"""How long deploy.sh waits for a backend here."""


@dataclass
class Machine:
    """Where an installation lies, and what can be done with it."""

    place: Path
    gateway: Nginx
    variables: Variables
    """What the backends are set up with."""
    installed: str = ""
    """The version that tests find, and leave."""
    _releases: int = 0

    def release(self, *, broken_at: int | None = None, cuts_off: bool = False) -> str:
        """Make a release: this code, which finds another version in the notes of its installation; that version.

        `broken_at`: a port at which it starts and never becomes ready, because its Redis isn't there.
        With `cuts_off` it says that the version before doesn't work with its database.
        """
        self._releases += 1
        version = f"1.{self._releases}.0"
        folder = self.place / "releases" / version
        notes = folder / "packages" / f"musubi-{version}.dist-info"
        notes.mkdir(parents=True)
        (notes / "METADATA").write_text(f"Metadata-Version: 2.4\nName: musubi\nVersion: {version}\n")
        settings = environment(self.place, {**self.variables, "PYTHONPATH": str(folder / "packages")})
        program = folder / "musubi"
        lines = ["#!/bin/sh", *(f"export {name}={shlex.quote(value)}" for name, value in settings.items())]
        if broken_at is not None:
            lines.append(f'case "$*" in *{broken_at}) export REDIS_URL=redis://127.0.0.1:{free_port()}/0 ;; esac')
        if cuts_off:
            lines.append('case "$*" in "migrate --check") echo "it doesn\'t get along"; exit 1 ;; esac')
        start = shlex.quote("from musubi.cli import app; app()")
        lines.append(f'exec {shlex.quote(sys.executable)} -c {start} "$@"')
        program.write_text("\n".join([*lines, ""]))
        program.chmod(0o755)
        return version

    @contextmanager
    def starting_others(self) -> Iterator[None]:
        """Meanwhile backends are replaced by new ones, which are started beside them at other ports."""
        ports = self.place / "ports"
        ports.write_text("".join(f"{free_port()}\n" for _ in range(10)))
        try:
            yield
        finally:
            ports.unlink()

    def serving(self) -> list[tuple[str, str]]:
        """The backends that nginx sends requests to, and the versions that they tell. All are ready."""
        upstreams = (self.gateway.prefix / "upstreams.conf").read_text()
        addresses = re.findall(r"^server (\S+) (?!.*\bdown\b).*;$", upstreams, re.MULTILINE)
        replies = [httpx.get(f"http://{address}/health/ready").raise_for_status() for address in addresses]
        return [(address, reply.json()["version"]) for address, reply in zip(addresses, replies, strict=True)]

    def versions(self) -> list[str]:
        return [version for _, version in self.serving()]

    async def deploy(self, *arguments: str) -> "Deployment":
        """Start deploy.sh."""
        process = await asyncio.create_subprocess_exec(
            str(DEPLOY / "deploy.sh"),
            *("--driver", str(DRIVER), *arguments),
            env={
                "PATH": os.environ["PATH"],
                "PLACE": str(self.place),
                "DEPLOY_GATEWAY": str(self.gateway.prefix),
                "DEPLOY_STATE": str(self.place / "state"),
                "DEPLOY_BACKUPS": str(self.place / "backups"),
                "DEPLOY_READY_SECONDS": str(READY_SECONDS),
                "DEPLOY_FREE_MIB": "1",
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # A group of its own, to which a Ctrl-C can be sent.
            start_new_session=True,
        )
        return Deployment(process, self.place / "state" / "logs")

    def stop(self) -> None:
        """End the backends that are there."""
        for file in self.place.glob("process-*"):
            os.kill(int(file.read_text()), signal.SIGKILL)


_LOOK_SECONDS = 0.05


class Deployment:
    """A run of deploy.sh."""

    def __init__(self, process: asyncio.subprocess.Process, logs: Path) -> None:
        self._process = process
        self._logs = logs
        self.printed = ""

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def story(self) -> str:
        """What it printed, and its log."""
        logs = [log.read_text() for log in self._logs.glob(f"*-{self._process.pid}.log")]
        return "\n".join([self.printed, *logs])

    async def until(self, words: str) -> None:
        """Wait for a line with these words. Raises AssertionError when it ends without."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for line in self._process.stdout:
                self.printed += line.decode()
                if words in line.decode():
                    return
        raise AssertionError(self.story)

    async def until_begun(self, step: str) -> None:
        """Wait until its log says that such a step has begun; only the end of a step is printed."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                if re.search(rf"^== {step}", self.story, re.MULTILINE):
                    return
                await asyncio.sleep(_LOOK_SECONDS)

    def interrupt(self) -> None:
        """What Ctrl-C does: a signal to it and to all that it has started."""
        os.killpg(self._process.pid, signal.SIGINT)

    async def end(self) -> int:
        """Its exit status, once it has ended."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS * 5):
            self.printed += (await self._process.stdout.read()).decode()
            return await self._process.wait()


class BehindGateway(Installation):
    """What the tests of live connections know of it."""

    def __init__(self, machine: Machine, database_url: str) -> None:
        super().__init__([], database_url)
        self._machine = machine

    def find_server(self) -> str:
        return self._machine.gateway.url


@contextmanager
def machine(place: Path, database: Postgres, store: Valkey) -> Iterator[Machine]:
    """The machine with nginx running and no backend yet."""
    ports = [free_port(), free_port()]
    # All of the load comes from one address.
    limits = {"GATEWAY_RATE": "10000", "GATEWAY_BURST": "10000"}
    with Nginx(ports, place, settings=limits) as gateway:
        settings = variables(database.url, store.url) | {
            "MUSUBI_AUTO_MIGRATE": "false",
            "MUSUBI_BASE_URL": gateway.url,
            "MUSUBI_TRUSTED_PROXIES": "127.0.0.1",
            "MUSUBI_DRAIN_SECONDS": "4",
        }
        made = Machine(place, gateway, settings)
        try:
            yield made
        finally:
            made.stop()

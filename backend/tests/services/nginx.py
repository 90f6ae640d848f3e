"""The gateway as an installation has it: a real nginx with `deploy/nginx`, and a certificate of its own.

with Nginx([8001, 8002], web) as gateway:
    httpx.get(gateway.url, verify=gateway.trust)
"""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from .account import Account
from .service import POLL_SECONDS, STOP_SECONDS, Service, ServiceError, free_port

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"


class Nginx(Service):
    """A gateway before the backends at some ports of this machine.

    `static` is the folder with the SPA's files, `settings` are variables of render.sh. `changes` replaces texts of the
    rendered rules, such as timeouts that no test wants to wait for; each has to be there.
    """

    name: ClassVar = "nginx"
    stop_signal: ClassVar = signal.SIGTERM
    # A master that is killed leaves its workers behind.
    kill_signal: ClassVar = signal.SIGTERM

    def __init__(
        self,
        backends: Sequence[int],
        static: Path,
        *,
        settings: Mapping[str, str] | None = None,
        changes: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(Account.unprivileged())
        self.http_port = free_port()
        self._backends = backends
        self._static = static
        self._settings = settings or {}
        self._changes = changes or {}

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def prefix(self) -> Path:
        """What render.sh wrote."""
        return self.folder / "prefix"

    @property
    def authority(self) -> Path:
        """The certificate that clients have to trust."""
        return self.folder / "certificates" / "authority.pem"

    @property
    def trust(self) -> ssl.SSLContext:
        """A client's context that trusts it."""
        return ssl.create_default_context(cafile=self.authority)

    @property
    def access_log(self) -> str:
        """The lines of JSON so far."""
        return (self.folder / "access.log").read_text()

    def entry(self, text: str) -> dict[str, Any]:
        """The line of the access log that has this text, once it is there: a request is logged when all is said.

        Raises ServiceError when it isn't after 10 s.
        """
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            for line in self.access_log.splitlines():
                if text in line:
                    entry: dict[str, Any] = json.loads(line)
                    return entry
            time.sleep(POLL_SECONDS)
        raise ServiceError(f"nginx has logged nothing of {text}")

    @property
    def command(self) -> list[str]:
        """What has to stand before an option such as `-t`."""
        return ["nginx", "-p", str(self.prefix), "-c", "nginx.conf"]

    def route(self, backends: Sequence[int]) -> None:
        """Put these backends behind it, and have it read that anew."""
        servers = (f"server 127.0.0.1:{port} max_fails=2 fail_timeout=5s;\n" for port in backends)
        (self.prefix / "upstreams.conf").write_text("".join(servers))
        self.run("-s", "reload")

    def run(self, *options: str) -> str:
        """What `nginx` says to these options. Raises ServiceError when it fails."""
        account = self.account.popen if self.account else {}
        done = subprocess.run(
            [*self.command, *options], cwd=self.folder, capture_output=True, text=True, check=False, **account
        )
        said: str = done.stdout + done.stderr
        if done.returncode:
            raise ServiceError(said)
        return said

    @property
    def _command(self) -> list[str]:
        return [*self.command, "-g", "daemon off;"]

    def _prepare(self) -> None:
        certificates = self.authority.parent
        self._script("dev-certificate.sh", str(certificates), "localhost")
        shutil.copytree(self._static, self.folder / "web")

    def _render(self) -> None:
        certificates = self.authority.parent
        settings = {
            "GATEWAY_NAMES": "localhost",
            "GATEWAY_CERTIFICATE": str(certificates / "server.pem"),
            "GATEWAY_CERTIFICATE_KEY": str(certificates / "server.key"),
            "GATEWAY_UPSTREAMS": " ".join(f"127.0.0.1:{port}" for port in self._backends),
            "GATEWAY_STATIC": str(self.folder / "web"),
            "GATEWAY_ACME": str(self.folder / "acme"),
            "GATEWAY_ADDRESSES": "127.0.0.1",
            "GATEWAY_HTTP_PORT": str(self.http_port),
            "GATEWAY_HTTPS_PORT": str(self.port),
            "GATEWAY_PUBLIC_PORT": str(self.port),
            "GATEWAY_USER": "",
            "GATEWAY_LOG": str(self.folder / "access.log"),
            "GATEWAY_ERROR_LOG": str(self.folder / "error.log"),
            **self._settings,
        }
        self._script("nginx/render.sh", str(self.prefix), **settings)
        files = [self.prefix / "nginx.conf", self.prefix / "servers.conf", *self.prefix.glob("snippets/*.conf")]
        for old, new in self._changes.items():
            changed = [file for file in files if old in file.read_text()]
            if not changed:
                raise ServiceError(f"no rule has {old!r}")
            for file in changed:
                file.write_text(file.read_text().replace(old, new))
        if self.account:
            for path in (self.folder, *self.folder.rglob("*")):
                self.account.own(path)

    def _script(self, name: str, *arguments: str, **settings: str) -> None:
        done = subprocess.run(
            [str(DEPLOY / name), *arguments],
            env={"PATH": os.environ["PATH"], **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServiceError(f"{name} failed\n{done.stdout}{done.stderr}")

    def start(self) -> None:
        # Another port, if the one before was taken meanwhile.
        self._render()
        super().start()

    def _ready(self) -> bool:
        try:
            for port in (self.port, self.http_port):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

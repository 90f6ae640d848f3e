"""An installation as `docs/operations.md` has it: nginx with TLS, two backends, PostgreSQL, Valkey."""

import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from musubi.app import WEB_DIRECTORY
from tests.conftest import POSTGRES_URL, redis_database
from tests.processes import PATIENCE_SECONDS, MusubiServer
from tests.services.nginx import Nginx
from tests.services.service import POLL_SECONDS
from tests.support import Actor, make_actor

ROOT = Path(__file__).parents[3]
# Large enough to be compressed, and not so large that it takes long.
COMPRESSED = 3

# Only where there are the servers: `make test-gateway` starts them.
collect_ignore_glob = [] if POSTGRES_URL else ["test_*.py"]


@dataclass(frozen=True)
class Installation:
    gateway: Nginx
    backends: tuple[MusubiServer, MusubiServer]
    web: Path
    """The files that nginx has on its disk."""

    @property
    def url(self) -> str:
        return self.gateway.url

    @property
    def logs(self) -> str:
        """What both backends have logged."""
        return "".join(backend.log for backend in self.backends)

    def expect_logged(self, text: str) -> None:
        """A backend logs a request when it has sent the reply: it may take a moment."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.logs:
            assert time.monotonic() < deadline, f"no backend has logged {text}"
            time.sleep(POLL_SECONDS)


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of the built SPA's files, with their compressed copies; the backends have all of them."""
    folder = tmp_path_factory.mktemp("web")
    static = folder / "static"
    (static / "docs").mkdir(parents=True)
    for kind in ("js", "css"):
        files = sorted((WEB_DIRECTORY / "static").glob(f"*.{kind}"), key=lambda file: file.stat().st_size)
        for file in files[-COMPRESSED:]:
            shutil.copy(file, static)
    shutil.copy(WEB_DIRECTORY / "static" / "docs" / "swagger-ui.css", static / "docs")
    subprocess.run(["node", str(ROOT / "frontend" / "scripts" / "precompress.mjs"), str(folder)], check=True)
    return folder


@pytest.fixture(scope="session")
def backends(
    postgres_database: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[MusubiServer, MusubiServer]]:
    """Two processes with one database, one store and one folder."""
    folder = tmp_path_factory.mktemp("backends")
    changes: dict[str, str | None] = {
        "DATABASE_URL": postgres_database,
        "REDIS_URL": redis_database(worker_id),
        "MUSUBI_TRUSTED_PROXIES": "127.0.0.1",
        "MUSUBI_DATABASE_POOL_SIZE": "8",
        "MUSUBI_UPLOAD_IDLE_SECONDS": "2",
        "MUSUBI_DRAIN_SECONDS": "2",
        # All clients have a handful of addresses. The one that is tested is left as it is.
        "MUSUBI_LIMITS": "register=1000/1h,refresh=6000/1m",
    }
    with ExitStack() as stack:
        first = stack.enter_context(MusubiServer(folder, changes=changes))
        second = stack.enter_context(MusubiServer(folder, changes=changes))
        yield first, second
        for backend in (first, second):
            backend.signal(signal.SIGTERM)
        for backend in (first, second):
            assert backend.wait() == 0, backend.log
            assert "Traceback" not in backend.log, backend.log[-5000:]


@pytest.fixture(scope="session")
def installation(backends: tuple[MusubiServer, MusubiServer], web: Path) -> Iterator[Installation]:
    """The gateway in front of them."""
    with Nginx([backend.port for backend in backends], web) as gateway:
        yield Installation(gateway, backends, web)


@pytest.fixture
def gateway(installation: Installation) -> Nginx:
    return installation.gateway


@pytest.fixture
async def visitor(gateway: Nginx) -> AsyncIterator[httpx.AsyncClient]:
    """A client that trusts the authority and nobody else."""
    async with httpx.AsyncClient(base_url=gateway.url, verify=gateway.trust, timeout=30) as client:
        yield client


@pytest.fixture
async def person(visitor: httpx.AsyncClient) -> Actor:
    """Someone who just registered."""
    return await make_actor(visitor, f"p{uuid4().hex[:12]}")

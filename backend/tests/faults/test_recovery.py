"""What breaks under load comes back within seconds: nothing acknowledged is lost, and `/health/ready` tells the truth.

Each test prints how long it took, from the moment at which the cause was gone.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import httpx
import pytest

from tests.continuity.visitors import NO_ANSWER, Visits, visits
from tests.mail_server import mail_server
from tests.processes import MusubiServer, Variables
from tests.services import Postgres, Valkey
from tests.services.fake_clock import FakeClock
from tests.services.service import free_port
from tests.services.small_disk import small_disk
from tests.support import PASSWORD

BACK_SECONDS = 10.0
"""How soon it has to work again."""
NOTICED_SECONDS = 2.0
"""Within which a process may still believe that all is well: the time that an answer under way takes."""


@contextlib.asynccontextmanager
async def serving(
    folder: Path, changes: Variables, *, processes: int = 2, launcher: Sequence[str] = ()
) -> AsyncIterator[list[MusubiServer]]:
    """Processes of one installation. In the end they stop in order, and nothing unexpected was in their logs."""
    common: Variables = {
        "MUSUBI_AUTO_MIGRATE": "true",
        "MUSUBI_DATABASE_POOL_SIZE": "8",
        "MUSUBI_RATE_LIMITS": "false",
        "MUSUBI_LOG_LEVEL": "WARNING",
        **changes,
    }
    servers = [MusubiServer(folder, changes=common, launcher=launcher) for _ in range(processes)]
    try:
        for server in servers:
            await asyncio.to_thread(server.start)
        yield servers
        for server in servers:
            await asyncio.to_thread(server.stop)
            assert "unexpected error" not in server.log, server.log[-5000:]
    finally:
        for server in servers:
            server.__exit__(None, None, None)


@contextlib.asynccontextmanager
async def cluster(
    folder: Path, database: Postgres, store: Valkey, changes: Variables | None = None
) -> AsyncIterator[list[MusubiServer]]:
    services: Variables = {"DATABASE_URL": database.url, "REDIS_URL": store.url}
    async with serving(folder, {**services, **(changes or {})}) as servers:
        yield servers


Recovered = Callable[[Visits, str, float], Awaitable[None]]


@pytest.fixture
def recovered(capsys: pytest.CaptureFixture[str]) -> Recovered:
    """Waits until all is well, prints how long that took since a moment, and judges it."""

    async def wait(found: Visits, what: str, since: float) -> None:
        await found.until_said(None)
        await found.until_acknowledged(5)
        took = found.recovery(since)
        told = ", ".join(f"{seconds:.1f} s" for seconds in took.values())
        with capsys.disabled():
            sys.stdout.write(f"\n{what}: works again after {told}; {len(found.acks)} written, {dict(found.refused)}\n")
        assert max(took.values()) < BACK_SECONDS

    return wait


async def test_the_database_is_down(tmp_path: Path, database: Postgres, store: Valkey, recovered: Recovered) -> None:
    async with cluster(tmp_path, database, store) as servers, visits(servers) as found:
        await found.until_acknowledged(20)
        await asyncio.to_thread(database.kill)
        down = time.monotonic()
        await found.until_said("database")
        # Looked at for as long as it takes everybody to have noticed, and some more.
        while time.monotonic() < down + NOTICED_SECONDS + 1:
            await found.until_said("database")
        assert found.said_between(down + NOTICED_SECONDS, time.monotonic()) == {"database"}
        await asyncio.to_thread(database.start)
        await recovered(found, "database killed", time.monotonic())


async def test_redis_is_down(tmp_path: Path, database: Postgres, store: Valkey, recovered: Recovered) -> None:
    """Everything goes on without it; only that processes don't hear of each other as fast is said."""
    async with cluster(tmp_path, database, store) as servers, visits(servers) as found:
        await found.until_acknowledged(20)
        await asyncio.to_thread(store.kill)
        down = time.monotonic()
        await found.until_said("redis")
        await found.until_acknowledged(50)
        while time.monotonic() < down + NOTICED_SECONDS + 1:
            await found.until_said("redis")
        assert found.said_between(down + NOTICED_SECONDS, time.monotonic()) == {"redis"}
        assert not found.refused
        await asyncio.to_thread(store.start)
        await recovered(found, "Redis killed", time.monotonic())


async def test_a_process_is_killed(tmp_path: Path, database: Postgres, store: Valkey, recovered: Recovered) -> None:
    async with cluster(tmp_path, database, store) as servers, visits(servers) as found:
        victim, other = servers
        for _ in range(3):
            await found.until_acknowledged(20)
            await asyncio.to_thread(victim.kill)
            await found.until_said(NO_ANSWER, of=[victim])
            before = len(found.looks)
            killed = time.monotonic()
            await asyncio.to_thread(victim.start)
            await recovered(found, "killed with -9, its start included", killed)
            assert {look.failing for look in found.looks[before:] if look.server is other} == {None}


async def test_the_disk_is_full(tmp_path: Path, recovered: Recovered) -> None:
    """That of an embedded installation: nothing can be written, everything can be read."""
    with small_disk(32) as disk:
        changes: Variables = {"MUSUBI_DATA_DIR": str(disk.path_within / "data")}
        async with (
            serving(tmp_path, changes, processes=1, launcher=disk.command_within) as servers,
            visits(servers) as found,
        ):
            await found.until_acknowledged(20)
            disk.fill()
            full = time.monotonic()
            await found.until_refused("503")
            while time.monotonic() < full + NOTICED_SECONDS + 1:
                await found.until_said("disk")
            assert found.said_between(full + NOTICED_SECONDS, time.monotonic()) == {"disk"}
            reply = await asyncio.to_thread(httpx.get, f"{servers[0].url}/api/v1/setup")
            assert reply.status_code == 200, "what is there can still be read"
            disk.make_room()
            await recovered(found, "disk full", time.monotonic())


async def test_the_mail_server_is_down(tmp_path: Path, database: Postgres, store: Valkey, recovered: Recovered) -> None:
    """Nobody but the mail waits for it, and that until its next attempt, at random within a time that grows."""
    port = free_port()
    mail: Variables = {"MUSUBI_SMTP_URL": f"smtp://127.0.0.1:{port}?starttls=never"}
    async with cluster(tmp_path, database, store, mail) as servers, visits(servers) as found:
        start = len(found.looks)
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            for number in range(6):
                form = {"username": f"late-{number}", "email": f"late-{number}@example.com", "password": PASSWORD}
                reply = await http.post(f"{servers[number % 2].url}/api/v1/auth/register", json=form)
                assert reply.status_code == 201, reply.text
        await found.until_acknowledged(20)
        async with mail_server(port=port) as mails:
            back = time.monotonic()
            await mails.until_taken_for({f"late-{number}@example.com" for number in range(6)})
            took = time.monotonic() - back
            await recovered(found, f"mail server away (its mails after {took:.1f} s)", back)
        assert {look.failing for look in found.looks[start:]} == {None}
        assert not found.refused


@pytest.mark.parametrize("step", [300, -300], ids=["forwards", "backwards"])
async def test_the_clock_is_set(
    tmp_path: Path, database: Postgres, store: Valkey, step: int, recovered: Recovered
) -> None:
    """By five minutes, on the machine of all processes, and back again."""
    clock = FakeClock(tmp_path)
    async with cluster(tmp_path, database, store, {**clock.variables}) as servers, visits(servers) as found:
        await found.until_acknowledged(20)
        start = len(found.looks)
        for seconds in (step, 0):
            clock.set(seconds)
            await recovered(found, f"clock set to {seconds:+d} s", time.monotonic())
            await found.until_acknowledged(20)
        assert {look.failing for look in found.looks[start:]} == {None}
        assert not found.refused

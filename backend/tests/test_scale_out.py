"""What only happens with PostgreSQL and Redis: servers that refuse us, several workers. Not collected without them."""

import asyncio
import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from musubi.settings import Settings
from tests.conftest import POSTGRES_URL, redis_database
from tests.features.system.test_health import ask_without
from tests.live_server import dialled
from tests.processes import PATIENCE_SECONDS, MusubiServer, Variables, run_musubi
from tests.services.service import free_port
from tests.support import PASSWORD, error_of

REFUSED = {"wrong password": ("@", "-wrong@"), "no such database": ("/postgres", "/missing")}


@pytest.fixture(params=list(REFUSED.values()), ids=list(REFUSED))
def refusing(request: pytest.FixtureRequest) -> str:
    """The URL of a database that is there, but not for us."""
    assert POSTGRES_URL is not None
    old, new = request.param
    head, _, tail = POSTGRES_URL.rpartition(old)
    return f"{head}{new}{tail}"


def test_a_database_that_refuses_us_is_one_line(tmp_path: Path, refusing: str) -> None:
    process = run_musubi(tmp_path, "serve", "--port", str(free_port()), changes={"DATABASE_URL": refusing})
    assert process.returncode == 1
    assert process.stdout == ""
    assert len(process.stderr.splitlines()) == 1
    assert process.stderr.startswith("musubi: DATABASE_URL: ")


async def test_a_database_that_refuses_us_is_not_ready(settings: Settings, refusing: str) -> None:
    reply = await ask_without(settings, "/health/ready", database_url=refusing)
    assert reply.status_code == 503
    assert error_of(reply)["details"] == {"failing": "database"}


def test_several_workers(tmp_path: Path, new_database: str, worker_id: str) -> None:
    changes: Variables = {
        "DATABASE_URL": new_database, "REDIS_URL": redis_database(worker_id), "MUSUBI_AUTO_MIGRATE": "true",
    }  # fmt: skip
    with MusubiServer(tmp_path, "--workers", "2", changes=changes) as server:
        form = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
        reply = httpx.post(f"{server.url}/api/v1/auth/register", json=form)
        assert reply.status_code == 201, reply.text
        headers = {"Authorization": f"Bearer {reply.json()['access_token']}"}
        # A connection each, so that both workers get some: what one signed in the other knows.
        statuses = [httpx.get(f"{server.url}/api/v1/auth/me", headers=headers).status_code for _ in range(20)]
        assert statuses == [200] * 20
        server.stop()
        assert "Traceback" not in server.log


def test_each_worker_says_that_it_will_stop(tmp_path: Path, new_database: str, worker_id: str) -> None:
    changes: Variables = {
        "DATABASE_URL": new_database, "REDIS_URL": redis_database(worker_id), "MUSUBI_AUTO_MIGRATE": "true",
        "MUSUBI_STOP_DELAY_SECONDS": "4",
    }  # fmt: skip
    with MusubiServer(tmp_path, "--workers", "2", changes=changes) as server:
        server.signal(signal.SIGTERM)
        # A connection each, so that both workers get some of them.
        in_a_row, deadline = 0, time.monotonic() + PATIENCE_SECONDS
        while in_a_row < 10:
            assert time.monotonic() < deadline
            reply = httpx.get(f"{server.url}/health/ready")
            in_a_row = in_a_row + 1 if reply.status_code == 503 else 0
        assert server.wait() == 0
        assert "Traceback" not in server.log


async def test_several_workers_are_one_room_and_send_everyone_away_when_they_stop(
    tmp_path: Path, new_database: str, worker_id: str
) -> None:
    changes: Variables = {
        "DATABASE_URL": new_database, "REDIS_URL": redis_database(worker_id), "MUSUBI_AUTO_MIGRATE": "true",
        "MUSUBI_DRAIN_SECONDS": "2",
    }  # fmt: skip
    with MusubiServer(tmp_path, "--workers", "2", changes=changes) as server:
        form = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
        async with httpx.AsyncClient(base_url=server.url) as client:
            token = (await client.post("/api/v1/auth/register", json=form)).json()["access_token"]
        address = f"{server.url.replace('http://', 'ws://')}/api/v1/ws/general?token={token}"
        async with AsyncExitStack() as stack:
            lines = [await stack.enter_async_context(dialled(address)) for _ in range(6)]
            for line in lines:
                await line.expect("hello")
            for number, line in enumerate(lines):
                await line.send(type="message", content="結び", cid=f"c{number}")
            heard = [[(await line.expect("message"))["seq"] for _ in lines] for line in lines]
            assert heard == [list(range(1, 7))] * 6
            stopping = asyncio.create_task(asyncio.to_thread(server.stop))
            for line in lines:
                await line.expect("reconnect")
                assert await line.closed() == 1012
            await stopping
        assert "Traceback" not in server.log

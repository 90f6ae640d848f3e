"""Hashing costs a lot on purpose. It must not cost those who aren't signing in anything."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from httpx import ASGITransport, AsyncClient

from musubi.core.errors import ServiceUnavailable
from musubi.features.accounts.passwords import PasswordHasher
from tests.conftest import AppMaker
from tests.support import PASSWORD, error_of, make_actor


class Gate:
    """Stands in for Argon2: every hash waits until the gate opens."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.arrived = threading.Semaphore(0)

    def verify(self, _password: str, _kept: str) -> bool:
        self.arrived.release()
        # A bound, so that a failing test ends.
        return self.opened.wait(20)

    async def wait_for(self, number: int) -> None:
        """Return when that many hashes are being computed."""
        for _ in range(number):
            assert await asyncio.to_thread(self.arrived.acquire, timeout=20)


@pytest.fixture
async def busy(make_client: AppMaker, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncClient]:
    """A client of an application whose two hashing threads are at work, and which lets nobody queue."""
    client = await make_client(password_workers=2, password_queue=0)
    await make_actor(client, "hanako")
    transport = client._transport
    assert isinstance(transport, ASGITransport)
    gate = Gate()
    monkeypatch.setattr(transport.app.state.accounts.hasher._hash, "verify", gate.verify)  # type: ignore[attr-defined]
    logins = [asyncio.create_task(login(client)) for _ in range(2)]
    await gate.wait_for(2)
    yield client
    gate.opened.set()
    assert [await task for task in logins] == [200, 200]
    # There is room again.
    assert await login(client) == 200


async def login(client: AsyncClient) -> int:
    form = {"username": "hanako", "password": PASSWORD}
    return (await client.post("/api/v1/auth/login", data=form)).status_code


async def test_whoever_finds_it_full_is_told_at_once(busy: AsyncClient) -> None:
    reply = await busy.post("/api/v1/auth/login", data={"username": "hanako", "password": PASSWORD})
    assert reply.status_code == 503
    assert error_of(reply)["code"] == "SERVICE_UNAVAILABLE"
    assert int(reply.headers["Retry-After"]) > 0


async def test_an_unknown_name_is_told_the_same(busy: AsyncClient) -> None:
    reply = await busy.post("/api/v1/auth/login", data={"username": "nobody", "password": PASSWORD})
    assert reply.status_code == 503


async def test_registering_is_told_the_same(busy: AsyncClient) -> None:
    form = {"username": "taro", "email": "taro@example.com", "password": PASSWORD}
    assert (await busy.post("/api/v1/auth/register", json=form)).status_code == 503


async def test_everything_else_goes_on(busy: AsyncClient) -> None:
    assert (await busy.get("/health")).status_code == 200
    assert (await busy.get("/health/ready")).status_code == 200
    assert (await busy.get("/api/v1/setup")).status_code == 200
    assert (await busy.get("/api/v1/auth/me")).status_code == 401


def make_hasher(queue: int = 4) -> PasswordHasher:
    return PasswordHasher(memory_kib=8, iterations=1, workers=1, queue=queue)


async def test_a_hash_says_how_it_was_made() -> None:
    hasher = make_hasher()
    kept = await hasher.hash(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert kept != await hasher.hash(PASSWORD)
    assert await hasher.verify(PASSWORD, kept)
    assert not await hasher.verify(PASSWORD + "x", kept)
    assert not await hasher.verify("nobody's password", None)
    hasher.close()


async def test_whose_cost_is_of_yesterday_is_outdated() -> None:
    hasher = make_hasher()
    kept = await hasher.hash(PASSWORD)
    assert not hasher.is_outdated(kept)
    assert PasswordHasher(memory_kib=16, iterations=1, workers=1, queue=1).is_outdated(kept)
    hasher.close()


async def test_a_failure_gives_its_place_back() -> None:
    hasher = make_hasher(queue=0)
    for _ in range(3):
        with pytest.raises(Exception, match="identif"):
            await hasher.verify(PASSWORD, "no hash at all")
    assert await hasher.hash(PASSWORD)
    hasher.close()


@pytest.mark.parametrize("queue", [0, 1, 3])
async def test_there_is_room_for_the_workers_and_the_queue(queue: int) -> None:
    hasher = make_hasher(queue=queue)
    outcomes = await asyncio.gather(*(hasher.hash(PASSWORD) for _ in range(6)), return_exceptions=True)
    assert [isinstance(outcome, str) for outcome in outcomes] == [True] * (1 + queue) + [False] * (5 - queue)
    assert all(isinstance(outcome, ServiceUnavailable) for outcome in outcomes[1 + queue :])
    hasher.close()

"""One of two backends goes away and comes back, and nobody notices."""

import asyncio
import signal
import time
from uuid import uuid4

import httpx

from tests.gateway.conftest import Installation
from tests.processes import PATIENCE_SECONDS
from tests.support import Actor


async def test_a_backend_is_killed_and_comes_back(
    installation: Installation, visitor: httpx.AsyncClient, person: Actor
) -> None:
    """Also what may not be repeated goes to the other one: it never reached the first."""
    await person.make_item("Before")
    victim = installation.backends[1]
    asked, more, over = 0, asyncio.Event(), asyncio.Event()

    async def ask_on() -> None:
        nonlocal asked
        while not over.is_set():
            reply = await person.get("/items")
            assert reply.status_code == 200, reply.text
            asked += 1
            more.set()

    async def until_asked(count: int) -> None:
        while asked < count:
            more.clear()
            await more.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(ask_on())
        await until_asked(20)
        await asyncio.to_thread(victim.kill)
        await until_asked(asked + 40)
        for number in range(4):
            await person.make_item(f"Meanwhile {number}")
        over.set()

    await asyncio.to_thread(victim.start)
    await until_used(installation, visitor)


async def port_asked(installation: Installation, visitor: httpx.AsyncClient) -> int:
    """Which backend answered a request.

    On a connection of its own: one that is idle while nginx reads new rules is closed, maybe just when it is used.
    """
    request_id = uuid4().hex
    headers = {"X-Request-ID": request_id, "Connection": "close"}
    assert (await visitor.get("/health/ready", headers=headers)).status_code == 200
    entry = await asyncio.to_thread(installation.gateway.entry, request_id)
    return int(entry["upstream"].rpartition(":")[2])


async def until_used(installation: Installation, visitor: httpx.AsyncClient) -> None:
    """Return when both get requests again."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    used = set[int]()
    while len(used) < 2:
        assert time.monotonic() < deadline, "it is not used any more"
        used.add(await port_asked(installation, visitor))


async def test_a_backend_is_taken_out_and_put_in_again(installation: Installation, visitor: httpx.AsyncClient) -> None:
    """What an update does: nothing is sent to it any more, what it is at is finished, and no request fails."""
    first, second = installation.backends
    installation.gateway.route([first.port])
    await until_left_alone(installation, visitor)
    second.signal(signal.SIGTERM)
    assert await asyncio.to_thread(second.wait) == 0
    for _ in range(20):
        assert await port_asked(installation, visitor) == first.port
    await asyncio.to_thread(second.start)
    installation.gateway.route([first.port, second.port])
    await until_used(installation, visitor)


async def until_left_alone(installation: Installation, visitor: httpx.AsyncClient) -> None:
    """Return when ten requests in a row went to the first backend: workers read the new rules one after the other."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    in_a_row = 0
    while in_a_row < 10:
        assert time.monotonic() < deadline, "it still gets requests"
        asked = await port_asked(installation, visitor)
        in_a_row = in_a_row + 1 if asked == installation.backends[0].port else 0

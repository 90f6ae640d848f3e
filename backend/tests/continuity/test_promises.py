"""What the protocol promises about sending again and about coming back, at real servers: one on SQLite, or two on
PostgreSQL and Valkey."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conftest import POSTGRES_URL, redis_database
from tests.continuity.installation import variables
from tests.continuity.talk import talk
from tests.processes import MusubiServer
from tests.support import PASSWORD

AT_ONCE = 50
RESUMABLE = 500
_IN_A_ROW = 20
"""Messages that are sent before the answers are read: who reads nothing is cut off."""


@pytest.fixture(scope="module")
def urls(module_database: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Where the servers are, all of them on the same data."""
    folder = tmp_path_factory.mktemp("servers")
    changes = variables(module_database, redis_database(worker_id))
    servers = [MusubiServer(folder, changes=changes) for _ in range(2 if POSTGRES_URL else 1)]
    with contextlib.ExitStack() as stack:
        for server in servers:
            stack.enter_context(server)
        yield [server.url for server in servers]
        for server in servers:
            server.stop()
            assert "Traceback" not in server.log, server.log


@pytest.fixture(scope="module")
def token(urls: list[str]) -> str:
    """An access token."""
    form = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
    reply = httpx.post(f"{urls[0]}/api/v1/auth/register", json=form)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["access_token"])


@pytest.fixture
def room() -> str:
    """A name that nobody used before."""
    return f"room-{uuid4().hex}"


def get(url: str, token: str, path: str, **query: Any) -> Any:
    reply = httpx.get(f"{url}/api/v1{path}", params=query, headers={"Authorization": f"Bearer {token}"})
    assert reply.status_code == 200, reply.text
    return reply.json()


async def say_everywhere(urls: list[str], token: str, rooms: list[str], cid: str) -> list[dict[str, Any]]:
    """Send one message fifty times at once, over connections to each server in turn; the acknowledgements."""
    async with contextlib.AsyncExitStack() as stack:
        talks = [await stack.enter_async_context(talk(urls[n % len(urls)], token)) for n in range(AT_ONCE)]
        for room in rooms:
            await talks[0].send("subscribe", room=room)
        await talks[0].hear_out()

        async def say(number: int) -> dict[str, Any]:
            # Both servers get it for each room.
            room = rooms[number // len(urls) % len(rooms)]
            await talks[number].send("message", room=room, content="Once", cid=cid)
            while (frame := await talks[number].hear())["type"] != "ack":
                assert frame["type"] != "error", frame
            return frame

        return await asyncio.gather(*(say(number) for number in range(AT_ONCE)))


@pytest.mark.parametrize("rooms", [1, 2])
async def test_the_same_message_fifty_times_at_once(urls: list[str], token: str, room: str, rooms: int) -> None:
    names = [f"{room}-{number}" for number in range(rooms)]
    acks = await say_everywhere(urls, token, names, cid=room)
    assert [ack["duplicate"] for ack in acks].count(False) == 1
    assert len({(ack["room"], ack["seq"], ack["id"]) for ack in acks}) == 1
    messages = [message for name in names for message in get(urls[0], token, f"/rooms/{name}/messages")["data"]]
    assert [(message["seq"], message["cid"]) for message in messages] == [(1, room)]
    # No number was used up by those that were not the first.
    assert sum(get(urls[0], token, f"/rooms/{name}")["seq"] for name in names) == 1


@dataclass(frozen=True)
class Filled:
    """A room with more in it than can be resumed."""

    name: str
    epoch: str
    head: int


async def fill(url: str, token: str, name: str, count: int, content: str) -> Filled:
    """Say `count` things. The message that has the number n in the log has the cid `<room>-<n>`."""
    async with talk(url, token) as talking:
        await talking.send("subscribe", room=name)
        subscribed = await talking.hear()
        assert subscribed["type"] == "subscribed", subscribed
        await talking.send("unsubscribe", room=name)
        await talking.hear_out()
        acks: list[int] = []
        for number in range(1, count + 1):
            await talking.send("message", room=name, content=content, cid=f"{name[:40]}-{number}")
            if number % _IN_A_ROW == 0 or number == count:
                acks += [frame["seq"] for frame in await talking.hear_out()]
        assert acks == [*range(1, count + 1)]
        return Filled(name, subscribed["epoch"], count)


@pytest.fixture(scope="module")
def filled(urls: list[str], token: str) -> Filled:
    return asyncio.run(fill(urls[0], token, f"filled-{uuid4().hex}", RESUMABLE + 10, "Short"))


async def resume(url: str, token: str, room: Filled, since: int, epoch: str | None = None) -> list[dict[str, Any]]:
    """What one hears who comes back to a room."""
    async with talk(url, token) as talking:
        await talking.send("subscribe", room=room.name, since=since, epoch=epoch or room.epoch)
        return await talking.hear_out()


@pytest.mark.parametrize("missed", [0, 1, RESUMABLE - 1, RESUMABLE])
async def test_who_comes_back_gets_what_was_missed(urls: list[str], token: str, filled: Filled, missed: int) -> None:
    # The other server has never heard of the room.
    for url in urls:
        subscribed, *frames = await resume(url, token, filled, filled.head - missed)
        assert subscribed == {
            "type": "subscribed", "room": filled.name, "epoch": filled.epoch, "seq": filled.head, "recovered": True,
        }  # fmt: skip
        assert [frame["type"] for frame in frames] == ["message"] * missed
        numbers = [*range(filled.head - missed + 1, filled.head + 1)]
        assert [frame["seq"] for frame in frames] == numbers
        assert [frame["cid"] for frame in frames] == [f"{filled.name[:40]}-{number}" for number in numbers]


@pytest.mark.parametrize(
    ("missed", "epoch", "reason"),
    [
        (RESUMABLE + 1, None, "too_many"),
        (1, "another", "epoch"),
        (RESUMABLE + 1, "another", "epoch"),
        (-1, None, "ahead"),
    ],
)
async def test_who_cannot_be_sent_it_has_to_fetch(
    urls: list[str], token: str, filled: Filled, missed: int, epoch: str | None, reason: str
) -> None:
    for url in urls:
        assert await resume(url, token, filled, filled.head - missed, epoch) == [
            {"type": "resync", "room": filled.name, "reason": reason},
            {
                "type": "subscribed", "room": filled.name, "epoch": filled.epoch, "seq": filled.head,
                "recovered": False,
            },
        ]  # fmt: skip


async def test_what_cannot_be_sent_can_be_fetched(urls: list[str], token: str, filled: Filled) -> None:
    numbers: list[int] = []
    more = True
    while more:
        page = get(urls[-1], token, f"/rooms/{filled.name}/messages", after=max([0, *numbers]), limit=100)
        numbers += [message["seq"] for message in page["data"]]
        more = page["meta"]["has_next"]
    assert numbers == [*range(1, filled.head + 1)]


async def test_who_missed_more_than_memory_holds_gets_it_all(urls: list[str], token: str) -> None:
    """Long messages: what is kept of them in memory, and what a connection takes at once, are a small part."""
    room = await fill(urls[0], token, f"long-{uuid4().hex}", RESUMABLE, "長" * 4000)
    for url in urls:
        subscribed, *frames = await resume(url, token, room, 0)
        assert subscribed["recovered"]
        assert [frame["seq"] for frame in frames] == [*range(1, RESUMABLE + 1)]

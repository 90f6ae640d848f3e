"""Who is there, as several processes tell each other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from musubi.core.bus import Receiver
from musubi.core.realtime.frames import Person
from musubi.features.rooms import presence
from musubi.features.rooms.presence import Presence, Totals

HANAKO = Person(id=1, username="hanako", full_name="花子")
TARO = Person(id=2, username="taro", full_name=None)
ROOM, OTHER_ROOM = 10, 11


class Air:
    """What the messages between the nodes go through; it can be made to lose them."""

    def __init__(self) -> None:
        self.nodes: list[NodeBus] = []
        self.is_still = False


class NodeBus:
    """One node's end of it."""

    def __init__(self, air: Air) -> None:
        self.air = air
        self.receivers: dict[str, Receiver] = {}
        air.nodes.append(self)

    def start(self, on_gap: Callable[[], None]) -> None:
        on_gap()

    def subscribe(self, topic: str, receiver: Receiver, on_heard: Callable[[], None] | None = None) -> None:
        assert on_heard is None
        self.receivers[topic] = receiver

    def unsubscribe(self, topic: str) -> None:
        del self.receivers[topic]

    def publish(self, topic: str, message: bytes) -> None:
        for node in self.air.nodes:
            if node is not self and topic in node.receivers and not self.air.is_still:
                node.receivers[topic](message)

    @property
    def is_healthy(self) -> bool:
        return True

    async def close(self) -> None:
        return None


class Node:
    """A process: who it says came and went, and the users of its connections."""

    def __init__(self, air: Air) -> None:
        self.users: list[int] = []
        self.said: asyncio.Queue[tuple[int, str, bool]] = asyncio.Queue()
        self.presence = Presence(
            NodeBus(air),
            lambda: self.users,
            lambda room, person, is_present: self.said.put_nowait((room, person.username, is_present)),
        )

    async def next(self) -> tuple[int, str, bool]:
        async with asyncio.timeout(10):
            return await self.said.get()

    def names(self, room_id: int) -> list[str]:
        return sorted(person.username for person in self.presence.in_room(room_id))


@pytest.fixture
def air() -> Air:
    return Air()


@asynccontextmanager
async def _running(air: Air) -> AsyncIterator[Node]:
    node = Node(air)
    node.presence.start()
    try:
        yield node
    finally:
        await node.presence.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for longer than it has to."""
    monkeypatch.setattr(presence, "_TICK_SECONDS", 0.01)
    monkeypatch.setattr(presence, "BEAT_SECONDS", 0.02)
    monkeypatch.setattr(presence, "FORGOTTEN_SECONDS", 0.2)
    monkeypatch.setattr(presence, "LINGER_SECONDS", 0.0)


@pytest.fixture
async def start(air: Air) -> AsyncIterator[Callable[[], Awaitable[Node]]]:
    async with AsyncExitStack() as stack:

        async def run() -> Node:
            return await stack.enter_async_context(_running(air))

        yield run


Start = Callable[[], Awaitable[Node]]


async def test_both_processes_know_who_comes_and_goes(start: Start) -> None:
    here, there = await start(), await start()
    here.presence.joined(ROOM, HANAKO)
    assert await here.next() == await there.next() == (ROOM, "hanako", True)
    assert here.names(ROOM) == there.names(ROOM) == ["hanako"]
    assert there.names(OTHER_ROOM) == []
    here.presence.left(ROOM, HANAKO.id)
    assert await here.next() == await there.next() == (ROOM, "hanako", False)
    assert here.names(ROOM) == there.names(ROOM) == []


async def test_only_the_last_connection_counts(start: Start) -> None:
    here, there = await start(), await start()
    here.presence.joined(ROOM, HANAKO)
    here.presence.joined(ROOM, HANAKO)
    there.presence.joined(ROOM, HANAKO)
    assert await there.next() == (ROOM, "hanako", True)
    here.presence.left(ROOM, HANAKO.id)
    there.presence.left(ROOM, HANAKO.id)
    here.presence.left(ROOM, HANAKO.id)
    assert await there.next() == (ROOM, "hanako", False)
    assert there.said.empty()


async def test_someone_who_is_back_at_once_never_left(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = await start(), await start()
    here.presence.joined(ROOM, HANAKO)
    assert await there.next() == (ROOM, "hanako", True)
    monkeypatch.setattr(presence, "LINGER_SECONDS", 60.0)
    here.presence.left(ROOM, HANAKO.id)
    assert here.names(ROOM) == ["hanako"]
    here.presence.joined(ROOM, HANAKO)
    here.presence.joined(ROOM, TARO)
    assert await there.next() == (ROOM, "taro", True)
    assert there.names(ROOM) == ["hanako", "taro"]


async def test_a_beat_mends_what_was_lost(start: Start, air: Air) -> None:
    here, there = await start(), await start()
    air.is_still = True
    here.presence.joined(ROOM, HANAKO)
    assert there.names(ROOM) == []
    air.is_still = False
    assert await there.next() == (ROOM, "hanako", True)
    air.is_still = True
    here.presence.left(ROOM, HANAKO.id)
    assert await here.next() == (ROOM, "hanako", True)
    assert await here.next() == (ROOM, "hanako", False)
    air.is_still = False
    assert await there.next() == (ROOM, "hanako", False)


async def test_a_process_that_is_not_heard_of_is_forgotten(start: Start, air: Air) -> None:
    here, there = await start(), await start()
    here.users = [HANAKO.id]
    here.presence.joined(ROOM, HANAKO)
    there.presence.joined(ROOM, TARO)
    assert await there.next() == (ROOM, "hanako", True)
    assert await there.next() == (ROOM, "taro", True)
    air.is_still = True
    assert await there.next() == (ROOM, "hanako", False)
    assert there.names(ROOM) == ["taro"]
    assert there.presence.totals().users == 0
    air.is_still = False
    assert await there.next() == (ROOM, "hanako", True)


async def test_one_that_stops_is_forgotten_soon(start: Start, air: Air, monkeypatch: pytest.MonkeyPatch) -> None:
    there = await start()
    async with _running(air) as here:
        here.presence.joined(ROOM, HANAKO)
        assert await there.next() == (ROOM, "hanako", True)
        monkeypatch.setattr(presence, "FORGOTTEN_SECONDS", 3600.0)
    assert await there.next() == (ROOM, "hanako", False)


async def test_totals_are_over_all_processes(start: Start) -> None:
    here, there = await start(), await start()
    here.users, there.users = [HANAKO.id, HANAKO.id], [HANAKO.id, TARO.id]
    here.presence.joined(ROOM, HANAKO)
    there.presence.joined(ROOM, HANAKO)
    there.presence.joined(OTHER_ROOM, TARO)
    async with asyncio.timeout(10):
        while here.presence.totals() != Totals(connections=4, rooms=2, users=2):  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert here.names(OTHER_ROOM) == ["taro"]

"""A room's log as it comes by: in order, once, and for everyone at their own pace."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from musubi.core.database import Database
from musubi.core.permissions import Principal, Role
from musubi.core.realtime.frames import Hello, Person, Resync, Wire
from musubi.core.realtime.socket import CloseCode, Connection, Socket
from musubi.features.rooms import stream as stream_module
from musubi.features.rooms.frames import Unsubscribed
from musubi.features.rooms.stream import RING_BYTES, RING_FRAMES, Stream
from tests.live import Wiretap


class Reader:
    """A listener, and what was written to it."""

    def __init__(self, user_id: int = 1) -> None:
        self.wiretap = Wiretap()
        connection: Connection = self.wiretap
        principal = Principal(user_id, f"user-{user_id}", Role.MEMBER, False, user_id)
        self.socket = Socket(connection, "conn", principal, datetime(2100, 1, 1, tzinfo=UTC))
        person = Person(id=user_id, username="someone", full_name=None)
        self.socket.greet(Hello(conn_id="conn", user=person, heartbeat_s=25, expires_in=3600))
        self.wiretap.frames.clear()

    @property
    def heard(self) -> list[Any]:
        return [frame["n"] for frame in self.wiretap.frames]

    def stop_reading(self) -> None:
        self.wiretap.blocked_since = 0.0

    def go_on(self, stream: Stream) -> None:
        self.wiretap.blocked_since = None
        stream.writable(self.socket)


def wire(number: int, filling: str = "") -> Wire:
    return Wire(json.dumps({"type": "message", "n": number, "filling": filling}).encode())


class Log:
    """The room's log, as the database would give it."""

    def __init__(self) -> None:
        self.head = 0
        self.reads: list[int] = []

    async def read(self, _database: Database, _room_id: int, after: int, limit: int) -> list[tuple[int, Any]]:
        self.reads.append(after)
        return [(number, _Entry(number)) for number in range(after + 1, min(after + limit, self.head) + 1)]


class _Entry(Unsubscribed):
    """Stands in the log at a number."""

    def __init__(self, number: int) -> None:
        super().__init__(room=str(number), reason="asked")

    def wire(self) -> Wire:
        return wire(int(self.room))


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    log = Log()
    monkeypatch.setattr(stream_module, "read_log", log.read)
    monkeypatch.setattr(stream_module, "_OUT_OF_ORDER_SECONDS", 0.001)
    return log


@pytest.fixture
def stream(log: Log) -> Stream:
    assert log.head == 0
    stream = Stream(1, "general", Database("sqlite+aiosqlite:///never-opened.sqlite3"))
    stream.begin(0, "epoch")
    return stream


def test_everyone_hears_each_frame_once_and_in_order(stream: Stream) -> None:
    readers = [Reader(), Reader()]
    for reader in readers:
        stream.join(reader.socket)
    for number in (1, 2, 2, 1, 3):
        stream.receive(number, wire(number))
    assert [reader.heard for reader in readers] == [[1, 2, 3]] * 2


async def test_a_frame_that_came_too_early_waits_for_those_before_it(stream: Stream, log: Log) -> None:
    reader = Reader()
    stream.join(reader.socket)
    stream.receive(2, wire(2))
    stream.receive(3, wire(3))
    assert reader.heard == []
    stream.receive(1, wire(1))
    await stream.fill(after=0.001)
    assert reader.heard == [1, 2, 3]
    assert log.reads == []


async def test_what_does_not_come_is_read_from_the_log_once(stream: Stream, log: Log) -> None:
    reader = Reader()
    stream.join(reader.socket)
    log.head = 4
    stream.receive(4, wire(4))
    stream.receive(3, wire(3))
    await stream.fill(after=0.001)
    assert reader.heard == [1, 2, 3, 4]
    assert log.reads == [0]
    assert stream.head == 4


async def test_many_pages_are_read(stream: Stream, log: Log) -> None:
    reader = Reader()
    stream.join(reader.socket)
    log.head = 450
    await stream.fill()
    assert reader.heard == list(range(1, 451))


def test_who_does_not_read_goes_on_where_it_stopped(stream: Stream) -> None:
    slow, quick = Reader(), Reader()
    stream.join(slow.socket)
    stream.join(quick.socket)
    stream.receive(1, wire(1))
    slow.stop_reading()
    for number in (2, 3, 4):
        stream.receive(number, wire(number))
    assert (slow.heard, quick.heard) == ([1], [1, 2, 3, 4])
    slow.go_on(stream)
    stream.receive(5, wire(5))
    assert slow.heard == quick.heard == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("count", "size"), [(RING_FRAMES + 1, 10), (5, RING_BYTES // 3)])
def test_who_does_not_read_for_too_long_is_cut_off(stream: Stream, count: int, size: int) -> None:
    slow, quick = Reader(), Reader()
    stream.join(slow.socket)
    stream.join(quick.socket)
    slow.stop_reading()
    for number in range(1, count + 1):
        stream.receive(number, wire(number, "x" * size))
    slow.go_on(stream)
    assert slow.wiretap.closed == (CloseCode.TOO_SLOW, "too slow")
    assert quick.wiretap.closed is None
    assert quick.heard == list(range(1, count + 1))


async def test_who_comes_back_gets_what_it_missed_from_the_ring(stream: Stream, log: Log) -> None:
    for number in range(1, 6):
        stream.receive(number, wire(number))
    reader = Reader()
    stream.join(reader.socket, since=2)
    await stream.go_on(reader.socket)
    stream.receive(6, wire(6))
    assert reader.heard == [3, 4, 5, 6]
    assert log.reads == []


async def test_and_from_the_log_where_the_ring_does_not_reach(stream: Stream, log: Log) -> None:
    log.head = 300
    stream.begin(300, "epoch")
    reader = Reader()
    stream.join(reader.socket, since=10)
    stream.receive(301, wire(301))
    await stream.go_on(reader.socket)
    stream.receive(302, wire(302))
    assert reader.heard == list(range(11, 303))


def test_what_passes_is_not_for_who_does_not_read_nor_for_whose_doing_it_was(stream: Stream) -> None:
    typist, same_user, slow, other = Reader(1), Reader(1), Reader(2), Reader(3)
    for reader in (typist, same_user, slow, other):
        stream.join(reader.socket)
    slow.stop_reading()
    stream.tell(wire(0), but_user=1)
    slow.go_on(stream)
    assert [reader.heard for reader in (typist, same_user, slow, other)] == [[], [], [], [0]]


def test_who_left_hears_nothing_more(stream: Stream) -> None:
    reader = Reader()
    stream.join(reader.socket)
    stream.leave(reader.socket)
    stream.receive(1, wire(1))
    assert reader.heard == []
    assert stream.listeners == []


def test_nothing_comes_before_hello() -> None:
    reader = Reader()
    socket = Socket(reader.wiretap, "conn", reader.socket.principal, reader.socket.expires_at)
    assert socket.offer(wire(1))
    assert reader.heard == []
    socket.greet(Resync(room=None, reason="changed"))
    assert [frame["type"] for frame in reader.wiretap.frames] == ["resync", "message"]

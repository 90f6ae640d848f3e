"""What happens to a room's log while the database is being asked about it."""

from typing import Any

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from musubi.adapters.bus import MemoryBus
from musubi.core.database import Database
from musubi.core.realtime.socket import CloseCode
from musubi.features.rooms import stream as stream_module
from musubi.features.rooms import streams as streams_module
from musubi.features.rooms.stream import RING_FRAMES
from musubi.features.rooms.streams import Streams
from tests.features.rooms.test_stream import Log, Reader, wire

EPOCH = "epoch"


class Heads:
    """The heads of rooms, as the database would give them."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self.head = 0
        self.arriving: int | None = None
        """A frame that comes by after the database has looked and before it has answered."""

    async def read(self, _database: Database, room_ids: list[int]) -> dict[int, tuple[int, str]]:
        answer = dict.fromkeys(room_ids, (self.head, EPOCH))
        for room_id in room_ids:
            stream = self._streams.get(room_id)
            if stream is not None and self.arriving is not None:
                stream.receive(self.arriving, wire(self.arriving))
        return answer


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    log = Log()
    monkeypatch.setattr(stream_module, "read_log", log.read)
    return log


@pytest.fixture
def streams() -> Streams:
    database = Database("sqlite+aiosqlite:///never-opened.sqlite3")
    return Streams(database, MemoryBus(), joined=lambda *_: None, left=lambda *_: None)


@pytest.fixture
def heads(streams: Streams, monkeypatch: pytest.MonkeyPatch) -> Heads:
    heads = Heads(streams)
    monkeypatch.setattr(streams_module, "read_heads", heads.read)
    return heads


def numbers(reader: Reader) -> list[Any]:
    """The frames of the log that it was written."""
    return [frame["n"] for frame in reader.wiretap.frames if "n" in frame]


async def test_what_comes_by_during_the_sweep_is_no_other_log(streams: Streams, heads: Heads) -> None:
    reader = Reader()
    stream = await streams.subscribe(reader.socket, 1, "general")
    heads.arriving = 1
    await streams._sweep()
    await streams.close()
    assert numbers(reader) == [1]
    assert stream.head == 1
    assert [frame["type"] for frame in reader.wiretap.frames] == ["subscribed", "message"]


async def test_what_is_read_before_it_comes_by_does_not_come_again(streams: Streams, heads: Heads, log: Log) -> None:
    """The process has not heard yet of what another one wrote; who resumes here reads it from the log."""
    heads.head = 3
    early, late = Reader(1), Reader(2)
    await streams.subscribe(early.socket, 1, "general")
    log.head = 5
    stream = await streams.subscribe(late.socket, 1, "general", since=1, epoch=EPOCH)
    for number in (4, 5, 6):
        stream.receive(number, wire(number))
    await streams.close()
    assert numbers(late) == [2, 3, 4, 5, 6]
    assert numbers(early) == [4, 5, 6]


async def test_who_catches_up_from_the_log_is_not_too_slow(
    streams: Streams, heads: Heads, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its buffer fills and empties several times before memory reaches back to where it is."""
    heads.head = log.head = RING_FRAMES - 100
    reader = Reader()

    async def read_while_it_takes_more(*arguments: Any) -> list[tuple[int, Any]]:
        stream = streams.get(1)
        assert stream is not None
        reader.go_on(stream)
        return await log.read(*arguments)

    monkeypatch.setattr(stream_module, "read_log", read_while_it_takes_more)
    await streams.subscribe(reader.socket, 1, "general", since=0, epoch=EPOCH)
    await streams.close()
    assert reader.wiretap.closed is None
    assert numbers(reader) == [*range(1, log.head + 1)]


async def test_who_cannot_be_sent_what_was_promised_has_to_come_back(
    streams: Streams, heads: Heads, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> list[tuple[int, Any]]:
        raise PoolTimeout

    heads.head = 3
    monkeypatch.setattr(stream_module, "read_log", fail)
    reader = Reader()
    with pytest.raises(PoolTimeout):
        await streams.subscribe(reader.socket, 1, "general", since=1, epoch=EPOCH)
    await streams.close()
    assert reader.wiretap.closed is not None
    assert reader.wiretap.closed[0] == CloseCode.OVERLOAD

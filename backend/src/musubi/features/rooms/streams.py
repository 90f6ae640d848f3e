"""The rooms that are heard in this process.

Frames come from this process's own commits and, over the bus, from those of the others. A sweep compares the rooms
heard here with the database every two seconds, and more often while the bus is down: whatever got lost on the way is
late by that much and no more.
"""

import asyncio
import contextlib
import struct
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Literal

import structlog

from musubi.core import context
from musubi.core.bus import Bus
from musubi.core.database import Database, is_unavailable
from musubi.core.realtime.frames import Resync, ServerFrame, Wire
from musubi.core.realtime.socket import CloseCode, Socket
from musubi.features.rooms.frames import Subscribed, Unsubscribed
from musubi.features.rooms.log import read_heads
from musubi.features.rooms.stream import RESUMABLE, Stream

Reason = Literal["epoch", "ahead", "too_many"]

logger = structlog.get_logger("musubi.rooms")

SWEEP_SECONDS = 2.0
SWEEP_SECONDS_WITHOUT_BUS = 0.5
Listens = Callable[[Socket, Stream], None]

_HEADER = struct.Struct("!qq")
"""In front of a frame on the bus: its number in the log, 0 for what isn't in it; and the user who doesn't get it."""


class RoomGone(Exception):
    """The room was deleted meanwhile."""


class Streams:
    """The streams of this process, and who listens to which."""

    def __init__(self, database: Database, bus: Bus, *, joined: Listens, left: Listens) -> None:
        """`joined` and `left` are called when a socket begins and ceases to hear a room."""
        self._database = database
        self._bus = bus
        self._joined = joined
        self._left = left
        self._streams: dict[int, Stream] = {}
        self._of_socket: defaultdict[Socket, dict[str, Stream]] = defaultdict(dict)
        self._sweeping: asyncio.Task[None] | None = None
        self._now = asyncio.Event()

    def __len__(self) -> int:
        return len(self._streams)

    def get(self, room_id: int) -> Stream | None:
        """The stream of a room that someone here listens to."""
        return self._streams.get(room_id)

    def heard_by(self, socket: Socket) -> dict[str, Stream]:
        """What a socket listens to, by the rooms' names."""
        return self._of_socket.get(socket, {})

    async def subscribe(
        self,
        socket: Socket,
        room_id: int,
        name: str,
        *,
        since: int | None = None,
        epoch: str | None = None,
        greet: Callable[[Stream], ServerFrame] | None = None,
    ) -> Stream:
        """Let a socket hear a room, and tell it so; with `since` and `epoch`, from after that place of the log on.
        `greet` makes the frame that tells it, if that isn't `subscribed`.

        Raises RoomGone, and what reading the database raises.
        """
        async with self._held(room_id, name) as stream:
            if since is not None and since > stream.head:
                # Another process may have sent it what has not come by here yet.
                await stream.fill()
            reason = _why_not(stream, since, epoch)
            if reason is not None:
                socket.send(Resync(room=name, reason=reason))
                since = None
            stream.join(socket, since=since)
            if greet is None:
                socket.send(Subscribed(room=name, epoch=stream.epoch, seq=stream.head, recovered=since is not None))
            else:
                socket.greet(greet(stream))
            self._listen(socket, stream)
            try:
                await stream.go_on(socket)
            except BaseException:
                # It was promised what it missed, and would wait for it for ever; it comes back and asks again.
                socket.close(CloseCode.OVERLOAD, "try again later")
                raise
            return stream

    def unsubscribe(self, socket: Socket, name: str) -> Stream | None:
        """Let a socket hear a room no more. None when it didn't."""
        stream = self._of_socket.get(socket, {}).pop(name, None)
        if stream is not None:
            stream.leave(socket)
            self._left(socket, stream)
            self._let_go(stream)
        return stream

    def committed(self, room_id: int, seq: int, frame: ServerFrame) -> None:
        """Hand a frame of the log, whose transaction is committed, to everyone who listens, here and elsewhere."""
        wire = frame.wire()
        self._bus.publish(_topic(room_id), _HEADER.pack(seq, 0) + wire.text)
        if (stream := self._streams.get(room_id)) is not None:
            stream.receive(seq, wire)

    def tell(self, room_id: int, frame: ServerFrame, *, but_user: int | None = None) -> None:
        """Hand a frame that is worth nothing later to those who listen now, here and elsewhere."""
        wire = frame.wire()
        self._bus.publish(_topic(room_id), _HEADER.pack(0, but_user or 0) + wire.text)
        if (stream := self._streams.get(room_id)) is not None:
            stream.tell(wire, but_user=but_user)

    def close_room(self, room_id: int, *, only_user_ids: list[int] | None = None) -> None:
        """The room is gone, for these users or for everyone: let their sockets hear it no more."""
        stream = self._streams.get(room_id)
        if stream is None:
            return
        for socket in stream.listeners:
            if only_user_ids is None or socket.principal.user_id in only_user_ids:
                self.unsubscribe(socket, stream.name)
                reason: Literal["deleted", "removed"] = "deleted" if only_user_ids is None else "removed"
                socket.send(Unsubscribed(room=stream.name, reason=reason))

    def look_now(self) -> None:
        """Don't wait for the next sweep: frames may have been missed."""
        self._now.set()

    async def close(self) -> None:
        """Stop sweeping."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)

    def _listen(self, socket: Socket, stream: Stream) -> None:
        heard = self._of_socket[socket]
        if not heard:
            socket.on_close.append(lambda: self._gone(socket))
            socket.on_writable.append(lambda: self._writable(socket))
        if stream.name not in heard:
            heard[stream.name] = stream
            stream.users += 1
            self._joined(socket, stream)

    def _gone(self, socket: Socket) -> None:
        for name in list(self._of_socket.get(socket, ())):
            self.unsubscribe(socket, name)
        self._of_socket.pop(socket, None)

    def _writable(self, socket: Socket) -> None:
        for stream in list(self._of_socket.get(socket, {}).values()):
            stream.writable(socket)

    @contextlib.asynccontextmanager
    async def _held(self, room_id: int, name: str) -> AsyncIterator[Stream]:
        """The room's stream, ready, which stays at least as long as the block."""
        stream = self._streams.get(room_id)
        is_new = stream is None
        if stream is None:
            stream = self._streams[room_id] = Stream(room_id, name, self._database)
            # First heard, then read: what is committed in between comes by itself or is in what we read.
            self._bus.subscribe(_topic(room_id), lambda message: self._hear(room_id, message), stream.catch_up)
        stream.users += 1
        try:
            if is_new:
                self._start_sweeping()
            if not stream.is_ready.is_set():
                await self._begin(stream)
            yield stream
        finally:
            self._let_go(stream)

    async def _begin(self, stream: Stream) -> None:
        """Find the head; of many who come at once, one asks the database."""
        async with stream.beginning:
            if not stream.is_ready.is_set():
                head = (await read_heads(self._database, [stream.room_id])).get(stream.room_id)
                if head is None:
                    raise RoomGone
                stream.begin(*head)

    def _let_go(self, stream: Stream) -> None:
        stream.users -= 1
        if stream.users == 0 and self._streams.get(stream.room_id) is stream:
            del self._streams[stream.room_id]
            self._bus.unsubscribe(_topic(stream.room_id))

    def _hear(self, room_id: int, message: bytes) -> None:
        stream = self._streams.get(room_id)
        if stream is None:
            return
        seq, but_user = _HEADER.unpack_from(message)
        wire = Wire(message[_HEADER.size :])
        if seq:
            stream.receive(seq, wire)
        else:
            stream.tell(wire, but_user=but_user or None)

    def _start_sweeping(self) -> None:
        if self._sweeping is None:
            self._sweeping = context.start_apart(self._sweep_for_ever())

    async def _sweep_for_ever(self) -> None:
        while True:
            seconds = SWEEP_SECONDS if self._bus.is_healthy else SWEEP_SECONDS_WITHOUT_BUS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._now.wait()
            self._now.clear()
            try:
                await self._sweep()
            except Exception as error:
                # It comes round again.
                if not is_unavailable(error):
                    logger.exception("sweep of rooms failed")

    async def _sweep(self) -> None:
        # Their heads now: while the database is asked, they go on.
        known = [(stream, stream.head) for stream in self._streams.values() if stream.is_ready.is_set()]
        if not known:
            return
        heads = await read_heads(self._database, [stream.room_id for stream, _ in known])
        for stream, known_head in known:
            head = heads.get(stream.room_id)
            if head is None:
                self.close_room(stream.room_id)
            elif head[1] != stream.epoch or head[0] < known_head:
                _start_anew(stream, *head)
            elif head[0] > stream.head:
                stream.fill()


def _start_anew(stream: Stream, seq: int, epoch: str) -> None:
    """The log is another one, of a restored copy say: everyone has to fetch it."""
    stream.begin(seq, epoch)
    for socket in stream.listeners:
        stream.join(socket)
        socket.send(Resync(room=stream.name, reason="epoch"))
        socket.send(Subscribed(room=stream.name, epoch=epoch, seq=seq, recovered=False))


def _why_not(stream: Stream, since: int | None, epoch: str | None) -> Reason | None:
    """Why what was missed since then can't be sent; None when it can, or nobody asked."""
    if since is None:
        return None
    if epoch is not None and epoch != stream.epoch:
        return "epoch"
    if since > stream.head:
        return "ahead"
    if stream.head - since > RESUMABLE:
        return "too_many"
    return None


def _topic(room_id: int) -> str:
    return f"room:{room_id}"

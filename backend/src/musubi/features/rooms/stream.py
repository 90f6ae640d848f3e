"""One room, as it is heard in this process.

The log in the database is the truth. What comes by here is only faster: a frame that follows the last one is kept in
the room's ring and written to everyone who listens; one that is known is dropped; one that leaves a gap waits until
what is missing was read from the log.

Each listener has a place in the log. Who is at its head gets frames as they come; who doesn't read, or has just come
back, goes on from the ring, and from the log where the ring doesn't reach. Nothing is queued for anyone.
"""

import asyncio
from collections import deque

import structlog

from musubi.core.database import Database, is_unavailable
from musubi.core.realtime.frames import Wire
from musubi.core.realtime.socket import CloseCode, Socket
from musubi.features.rooms.log import read_log

logger = structlog.get_logger("musubi.rooms")

RING_FRAMES = 512
RING_BYTES = 1024 * 1024
RESUMABLE = 500
"""How many frames someone may have missed to be sent them; who missed more fetches the history."""
_OUT_OF_ORDER_SECONDS = 0.05
"""How long a frame that came too early waits for those before it to come by themselves."""
_PAGE = 200


class Stream:
    """One room's log, as it comes by."""

    def __init__(self, room_id: int, name: str, database: Database) -> None:
        self.room_id = room_id
        self.name = name
        self.epoch = ""
        self.head = 0
        """The number of the last frame that came in order."""
        self.is_ready = asyncio.Event()
        """Set once the head is known."""
        self.beginning = asyncio.Lock()
        self.users = 0
        """How many hold on to it; the last one lets it go."""
        self._database = database
        self._ring: deque[Wire] = deque()
        self._ring_bytes = 0
        self._early: dict[int, Wire] = {}
        self._live: set[Socket] = set()
        self._behind: dict[Socket, int] = {}
        """The number of the last frame that each of these was written."""
        self._resuming: set[Socket] = set()
        self._filling: asyncio.Task[None] | None = None
        self._must_read = False

    @property
    def listeners(self) -> list[Socket]:
        return [*self._live, *self._behind]

    def begin(self, seq: int, epoch: str) -> None:
        """Start at the head of the log, having nothing of what was before."""
        self.head, self.epoch = seq, epoch
        self._ring.clear()
        self._ring_bytes = 0
        self._early.clear()
        self.is_ready.set()

    def receive(self, seq: int, wire: Wire) -> None:
        """Take a frame of the log, from wherever and in whatever order."""
        if seq <= self.head or not self.is_ready.is_set():
            return
        if seq > self.head + 1:
            self._early[seq] = wire
            self.fill(after=_OUT_OF_ORDER_SECONDS)
            return
        self._append(wire)
        while (early := self._early.pop(self.head + 1, None)) is not None:
            self._append(early)

    def fill(self, *, after: float = 0.0) -> asyncio.Task[None]:
        """Read from the log what comes after the head, unless that is being done. With `after`, in so many seconds, if
        something is missing then."""
        self._must_read |= after == 0
        if self._filling is None or self._filling.done():
            self._filling = asyncio.create_task(self._fill(after))
        return self._filling

    def catch_up(self) -> None:
        """Something may have been missed."""
        if self.is_ready.is_set():
            self.fill()

    def tell(self, wire: Wire, *, but_user: int | None = None) -> None:
        """Write what is worth nothing later, typing for one, to those who read now."""
        for socket in self.listeners:
            if socket.principal.user_id != but_user:
                socket.offer(wire)

    def join(self, socket: Socket, *, since: int | None = None) -> None:
        """Let a socket hear from now on, or from after `since`; then `go_on` has to follow."""
        self.leave(socket)
        if since is None or since >= self.head:
            self._live.add(socket)
        else:
            self._behind[socket] = since

    def leave(self, socket: Socket) -> None:
        self._live.discard(socket)
        self._behind.pop(socket, None)

    async def go_on(self, socket: Socket) -> None:
        """Bring a socket that is behind to the head. Raises what reading the database raises."""
        self._resuming.add(socket)
        try:
            while socket in self._behind and socket.is_open and not self._write_ring(socket):
                await socket.until_writable()
                if not await self._write_log(socket):
                    return
        finally:
            self._resuming.discard(socket)

    def writable(self, socket: Socket) -> None:
        """A socket reads again: go on where it stopped."""
        if socket in self._behind and socket not in self._resuming and not self._write_ring(socket):
            socket.close(CloseCode.TOO_SLOW, "too slow")

    async def _write_log(self, socket: Socket) -> bool:
        """Write from the log a page of what a socket lacks; False when there is no going on."""
        place = self._behind.get(socket)
        if place is None:
            return False
        rows = await read_log(self._database, self.room_id, place, _PAGE)
        for seq, frame in rows:
            if self._behind.get(socket) != seq - 1:
                # It left while we were reading.
                return False
            wire = frame.wire()
            # It may not have come by here yet. If it came later, this socket would be written it twice.
            self.receive(seq, wire)
            socket.send(wire)
            self._behind[socket] = seq
        # Nothing: the log was replaced under us; the sweep will say so to everyone.
        return bool(rows)

    def _write_ring(self, socket: Socket) -> bool:
        """Write from the ring what a socket lacks; False when the ring doesn't reach back that far."""
        place = self._behind[socket]
        first = self.head - len(self._ring) + 1
        if place + 1 < first:
            return False
        for offset in range(place + 1 - first, len(self._ring)):
            if not socket.offer(self._ring[offset]):
                # It goes on from here when it reads again.
                self._behind[socket] = first + offset - 1
                return True
        del self._behind[socket]
        self._live.add(socket)
        return True

    def _append(self, wire: Wire) -> None:
        self.head += 1
        self._ring.append(wire)
        self._ring_bytes += len(wire.data)
        while len(self._ring) > RING_FRAMES or (self._ring_bytes > RING_BYTES and len(self._ring) > 1):
            self._ring_bytes -= len(self._ring.popleft().data)
        stopped = [socket for socket in self._live if not socket.offer(wire)]
        for socket in stopped:
            self._live.discard(socket)
            self._behind[socket] = self.head - 1

    async def _fill(self, after: float) -> None:
        await asyncio.sleep(after)
        if not self._early and not self._must_read:
            # What was missing came by itself.
            return
        self._must_read = False
        try:
            while True:
                rows = await read_log(self._database, self.room_id, self.head, _PAGE)
                for seq, frame in rows:
                    self.receive(seq, frame.wire())
                if len(rows) < _PAGE:
                    break
        except Exception as error:
            # The sweep comes round again.
            if not is_unavailable(error):
                logger.exception("reading a room's log failed", room=self.name)
        self._early = {seq: wire for seq, wire in self._early.items() if seq > self.head}

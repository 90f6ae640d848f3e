"""The live connections of this process."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from random import uniform

import structlog

from musubi.core import context, metrics
from musubi.core.clock import utcnow
from musubi.core.permissions import Principal
from musubi.core.realtime.frames import Reconnect, Resync, Wire
from musubi.core.realtime.socket import CloseCode, Socket

log = structlog.get_logger("musubi.realtime")

EVERYONE = "everyone"
"""The channel that all sockets are in."""

_TICK_SECONDS = 1.0
_BLOCKED_SECONDS = 10.0
"""How long a connection may take nothing before it is dropped."""
_DRAIN_BATCHES = 20


def user_channel(user_id: int) -> str:
    """The channel of one user's sockets."""
    return f"user:{user_id}"


def permission_channel(permission: str) -> str:
    """The channel of those who hold a permission."""
    return f"may:{permission}"


def session_channel(session_id: int) -> str:
    """The channel of the sockets that one sign-in opened."""
    return f"session:{session_id}"


class Overloaded(Exception):
    """No more connections: `code` says whether of this user or at all."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.name)
        self.code = code


class Hub:
    """Knows every socket, and which channels it is in: everyone's, its user's, its session's, those of what its user
    may do."""

    def __init__(self, *, max_sockets: int, max_per_user: int, drain_seconds: float) -> None:
        """`drain_seconds`: over how long clients are sent away when the process stops."""
        self._max_sockets = max_sockets
        self._drain_seconds = drain_seconds
        self._draining: asyncio.Task[None] | None = None
        self._max_per_user = max_per_user
        self._sockets: set[Socket] = set()
        self._channels: defaultdict[str, set[Socket]] = defaultdict(set)
        self._ticking: asyncio.Task[None] | None = None
        self.is_draining = False
        """Whether this process is about to stop and takes no more connections."""

    def __len__(self) -> int:
        return len(self._sockets)

    def __iter__(self) -> Iterator[Socket]:
        return iter(tuple(self._sockets))

    def add(self, socket: Socket) -> None:
        """Take a socket in. Raises Overloaded."""
        if self.is_draining:
            raise Overloaded(CloseCode.RESTART)
        if len(self._sockets) >= self._max_sockets:
            raise Overloaded(CloseCode.OVERLOAD)
        if len(self._channels.get(user_channel(socket.principal.user_id), ())) >= self._max_per_user:
            raise Overloaded(CloseCode.TOO_FAST)
        self._sockets.add(socket)
        metrics.live_opened.inc()
        metrics.live_sockets.inc()
        self.admit(socket, socket.principal)
        socket.on_writable.append(lambda: _tell_of_missed(socket))
        if self._ticking is None:
            self._ticking = context.start_apart(self._tick())

    def admit(self, socket: Socket, principal: Principal) -> None:
        """Let a socket hear what `principal` may hear, and no more what it could before."""
        for channel in socket.channels:
            self._leave(channel, socket)
        socket.principal = principal
        socket.channels = frozenset(
            {
                EVERYONE,
                user_channel(principal.user_id),
                session_channel(principal.session_id),
                *map(permission_channel, principal.permissions),
            }
        )
        for channel in socket.channels:
            self._channels[channel].add(socket)

    def remove(self, socket: Socket) -> None:
        """Forget a socket that is gone."""
        if socket in self._sockets:
            self._sockets.remove(socket)
            metrics.live_sockets.dec()
        for channel in socket.channels:
            self._leave(channel, socket)
        socket.closed()

    def within(self, channel: str) -> tuple[Socket, ...]:
        """The sockets in a channel."""
        return tuple(self._channels.get(channel, ()))

    @property
    def user_ids(self) -> set[int]:
        """Who is connected here."""
        return {socket.principal.user_id for socket in self._sockets}

    def deliver(self, wire: Wire, audience: Iterable[str], excluded: Iterable[str] = ()) -> None:
        """Write a frame to each socket that is in a channel of `audience` and in none that is `excluded`. Those that
        don't read now are told afterwards to fetch what they show."""
        sockets = set().union(*(self._channels.get(channel, ()) for channel in audience))
        for channel in excluded:
            sockets -= self._channels.get(channel, set())
        for socket in sockets:
            if not socket.offer(wire):
                socket.missed = True

    def send_away(self) -> None:
        """The process is about to stop: send every client to another one, evenly over some seconds, so that they don't
        all come there at once. New ones are sent away at the door."""
        if self._draining is None:
            self.is_draining = True
            self._draining = asyncio.create_task(self._drain(self._drain_seconds))

    async def _drain(self, seconds: float) -> None:
        sockets = list(self)
        if not sockets:
            return
        log.info("connections are sent away", count=len(sockets), seconds=seconds)
        size = math.ceil(len(sockets) / _DRAIN_BATCHES)
        batches = [sockets[start : start + size] for start in range(0, len(sockets), size)]
        for batch in batches:
            for socket in batch:
                # Spread again on their side: a batch is still many.
                if socket.is_greeted:
                    socket.send(Reconnect(after_ms=round(uniform(100, 1000))))  # noqa: S311
                socket.close(CloseCode.RESTART, "restarting")
            await asyncio.sleep(seconds / len(batches))

    async def close(self) -> None:
        """Stop looking after the sockets."""
        tasks = [task for task in (self._ticking, self._draining) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _leave(self, channel: str, socket: Socket) -> None:
        members = self._channels[channel]
        members.discard(socket)
        if not members:
            del self._channels[channel]

    async def _tick(self) -> None:
        """One timer for all: a timer for each of them would weigh as much as the rest of an idle socket."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now, clock = utcnow(), asyncio.get_running_loop().time()
            for socket in self:
                blocked_since = socket.blocked_since
                if blocked_since is not None and clock - blocked_since > _BLOCKED_SECONDS:
                    log.info("connection dropped: it doesn't read", conn_id=socket.conn_id)
                    socket.abort()
                    metrics.live_closed.labels("slow").inc()
                elif socket.expires_at <= now:
                    socket.close(CloseCode.TOKEN_EXPIRED, "token expired")


def _tell_of_missed(socket: Socket) -> None:
    if socket.missed:
        socket.missed = False
        socket.send(Resync(room=None, reason="behind"))

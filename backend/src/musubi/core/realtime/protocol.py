"""Uvicorn's WebSocket protocol, with what it lacks for many readers at once.

- A prebuilt frame is written to the connection as it is. Going through ASGI, each reader costs a task that wakes up,
  an encoding and a copy.
- Whoever fans out is told when a connection takes no more, and when it does again, and never waits.
- A peer that is gone, or that stops reading, is dropped: closing a transport waits for what is in its buffer, which
  nobody will ever take.
- When the server stops, connections are left to whoever sends their clients away one after the other. Uvicorn would
  close all at once, and all would come back at once.
- What served the handshake is let go: while a connection says nothing, the frames of a dozen layers of middleware would
  weigh as much as the rest of it.
- Nothing that is logged has the address in it, in whose query a token stands.
"""

import logging
import socket
from asyncio import BaseTransport
from collections.abc import Awaitable, Callable
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from musubi.core import metrics

EXTENSION = "musubi.connection"
"""Under this name the ASGI scope of a WebSocket has its `LiveProtocol`."""

MAX_FRAME_BYTES = 64 * 1024
"""A longer message of a client ends its connection (1009)."""

_HIGH_WATER = 64 * 1024
"""Bytes that may wait for a reader in this process before nothing more is written to it."""
_SEND_BUFFER = 128 * 1024
"""Bytes that may wait in the kernel, which would take some MiB for each reader that doesn't read."""
_CLOSE_SECONDS = 5.0

# The library's log line has the whole address; at DEBUG it has every frame, too.
_log = logging.getLogger("musubi.websocket")
_log.setLevel(logging.WARNING)


class LiveProtocol(WebSocketsSansIOProtocol):
    """A WebSocket connection that others may write to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _log
        self.conn.logger = _log
        self.conn.debug = False
        self.blocked_since: float | None = None
        """When the reader took no more, by the loop's clock; None while it does."""
        self.on_writable: Callable[[], None] | None = None
        """Called when it does again."""
        self.on_shutdown: Callable[[], None] | None = None
        """Called when the server stops; it has to end the connection."""
        self.afterwards: Callable[[], Awaitable[None]] | None = None
        """What serves the connection once the application has returned; without it the connection then ends."""
        self._application = self.app
        self.app = self._serve

    @property
    def is_open(self) -> bool:
        return (
            self.handshake_complete
            and not self.close_sent
            and not self.disconnected
            and self.conn.state is State.OPEN
            and not self.transport.is_closing()
        )

    def write(self, frame: bytes) -> None:
        """Write a whole, unmasked frame. It never waits; look at `blocked_since` first if there will be more."""
        if self.is_open:
            metrics.live_sent.inc()
            self.transport.write(frame)

    def close(self, code: int, reason: str = "") -> None:
        """Say goodbye; a peer that doesn't answer within five seconds is dropped."""
        if not self.is_open:
            return
        metrics.live_closed.labels(str(code)).inc()
        self.stop_keepalive()
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(_CLOSE_SECONDS, self.transport.abort)

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        await self._application(scope, receive, send)
        if self.afterwards is not None:
            del scope, receive, send
            self.scope = cast("Any", {"type": "websocket"})
            del self.request, self.response
            await self.afterwards()

    def abort(self) -> None:
        """Drop the connection, and what was not yet taken of it."""
        self.transport.abort()

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=_HIGH_WATER)
        raw: socket.socket | None = transport.get_extra_info("socket")
        if raw is not None and raw.family != socket.AF_UNIX:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if self.handshake_initiated and hasattr(self, "scope"):
            extensions = cast("dict[str, Any]", self.scope["extensions"])
            extensions[EXTENSION] = self

    def shutdown(self) -> None:
        if self.on_shutdown is None or not self.is_open:
            super().shutdown()
        else:
            self.on_shutdown()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.blocked_since = self.loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.blocked_since = None
        if self.on_writable is not None:
            self.on_writable()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        metrics.live_closed.labels("silent").inc()
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.on_writable = None
        super().connection_lost(exc)

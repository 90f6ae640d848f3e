"""Live connections as tests hear them: everything but the network is the application's."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from websockets.frames import Opcode

from musubi.core import context
from musubi.core.realtime.frames import Hello, Person
from musubi.core.realtime.socket import Connection, Socket
from tests.support import Actor

Frame = dict[str, Any]


class Wiretap:
    """A connection whose other end is this test."""

    def __init__(self) -> None:
        self.blocked_since: float | None = None
        self.on_writable: Callable[[], None] | None = None
        self.writable = asyncio.Event()
        self.writable.set()
        self.frames: list[Frame] = []
        self.closed: tuple[int, str] | None = None
        """Code and reason."""

    @property
    def is_open(self) -> bool:
        return self.closed is None

    def write(self, frame: bytes) -> None:
        if self.is_open:
            self.frames.append(json.loads(_text_of(frame)))

    def close(self, code: int, reason: str = "") -> None:
        if self.is_open:
            self.closed = code, reason

    def abort(self) -> None:
        self.close(1006)


class Listener:
    """Someone's device."""

    def __init__(self, app: FastAPI, socket: Socket, wiretap: Wiretap) -> None:
        self._app = app
        self._wiretap = wiretap
        self.socket = socket

    @property
    def closed(self) -> tuple[int, str] | None:
        """The code with which it was closed, and why."""
        return self._wiretap.closed

    def heard(self) -> list[Frame]:
        """What was written to it since it was last asked."""
        frames = self._wiretap.frames.copy()
        self._wiretap.frames.clear()
        return frames

    def types(self) -> list[str]:
        """The same, but only what kind of frames they were."""
        return [frame["type"] for frame in self.heard()]

    async def send(self, **frame: Any) -> None:
        """Send a frame, and wait until it is dealt with."""
        before = context.actor_id.set(self.socket.principal.user_id)
        try:
            await self._app.state.dispatch(self.socket, json.dumps(frame))
        finally:
            context.actor_id.reset(before)


async def listen(app: FastAPI, actor: Actor) -> Listener:
    """A live connection of someone, with the access token they have."""
    sessions = app.state.accounts.sessions
    principal, expires_at = await sessions.principal_of_token(app.state.database, actor.access_token)
    wiretap = Wiretap()
    connection: Connection = wiretap
    socket = Socket(connection, uuid4().hex, principal, expires_at)
    app.state.hub.add(socket)
    user = Person(id=principal.user_id, username=principal.username, full_name=principal.full_name)
    socket.greet(Hello(conn_id=socket.conn_id, user=user, heartbeat_s=25, expires_in=3600))
    wiretap.frames.clear()
    return Listener(app, socket, wiretap)


def _text_of(frame: bytes) -> bytes:
    """What a whole, unmasked WebSocket frame carries (RFC 6455, 5.2)."""
    assert frame[0] == 0x80 | Opcode.TEXT, "one text message, in one frame"
    length, start = frame[1], 2
    if length == 126:
        length, start = int.from_bytes(frame[2:4]), 4
    elif length == 127:
        length, start = int.from_bytes(frame[2:10]), 10
    assert len(frame) == start + length
    return frame[start:]

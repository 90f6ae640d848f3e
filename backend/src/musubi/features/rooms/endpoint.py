"""`/ws`: where live connections begin."""

import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI
from starlette.websockets import WebSocket

from musubi.core import context
from musubi.core.clock import utcnow
from musubi.core.database import is_unavailable
from musubi.core.errors import AppError, Forbidden, Unauthorized
from musubi.core.realtime.budget import Budgets
from musubi.core.realtime.dispatch import Dispatcher, refusal_of_bytes, refusal_of_haste
from musubi.core.realtime.frames import Auth, Authenticated, Hello
from musubi.core.realtime.hub import Overloaded
from musubi.core.realtime.protocol import EXTENSION, LiveProtocol
from musubi.core.realtime.socket import CloseCode, Socket
from musubi.features.accounts.sessions import Sessions
from musubi.features.rooms.admission import admit, check_limit, comes_from_here
from musubi.features.rooms.live import LiveRooms
from musubi.features.rooms.messages import person_of
from musubi.settings import Settings

log = structlog.get_logger("musubi.realtime")

HEARTBEAT_SECONDS = 25
"""Shorter than the minute after which proxies and mobile networks forget a connection that is silent."""


async def connect(websocket: WebSocket) -> None:
    """Let a client in and greet it; then it is served until it ends."""
    app: FastAPI = websocket.app
    if not comes_from_here(websocket):
        # Before it is accepted, closing is a 403: a page of another site learns nothing.
        await websocket.close()
        return
    connection: LiveProtocol | None = websocket.scope["extensions"].get(EXTENSION)
    if connection is None:
        raise RuntimeError("live connections need musubi's own server: start it with `musubi serve`")
    await websocket.accept()
    try:
        socket = await _open(app, connection, websocket)
    except Overloaded as refused:
        connection.close(refused.code, refused.code.name.lower())
        return
    except Unauthorized:
        connection.close(CloseCode.BAD_TOKEN, "bad token")
        return
    except Exception as error:
        if not is_unavailable(error):
            raise
        connection.close(CloseCode.OVERLOAD, "try again later")
        return
    try:
        is_welcome = await _greet(app, socket, websocket.path_params.get("room"))
    except BaseException:
        _forget(app, socket)
        raise
    if is_welcome:
        connection.on_shutdown = app.state.hub.send_away
        connection.afterwards = partial(_serve, app, socket, connection)
    else:
        _forget(app, socket)


def _forget(app: FastAPI, socket: Socket) -> None:
    app.state.hub.remove(socket)
    log.info("connection closed", conn_id=socket.conn_id)


async def _open(app: FastAPI, connection: LiveProtocol, websocket: WebSocket) -> Socket:
    """Who is there? Raises Unauthorized, Overloaded, and what asking the database raises."""
    settings: Settings = app.state.settings
    await check_limit(app)
    principal, expires_at = await admit(app, websocket.query_params.get("token", ""))
    context.actor_id.set(principal.user_id)
    socket = Socket(
        connection,
        secrets.token_hex(8),
        principal,
        expires_at,
        budgets=Budgets(limited=settings.limits_requests),
    )
    # For every line of this connection, as long as it lasts.
    structlog.contextvars.bind_contextvars(conn_id=socket.conn_id)
    await app.state.outbox.listen()
    app.state.hub.add(socket)
    # Asked again, now that it would hear of the session's end: it may have come to one while we were asking.
    try:
        await _admit_anew(app, socket, principal.session_id)
    except BaseException:
        app.state.hub.remove(socket)
        raise
    log.info("connection opened", conn_id=socket.conn_id, user_id=principal.user_id)
    return socket


async def _greet(app: FastAPI, socket: Socket, room: str | None) -> bool:
    """Say hello, from the room of the address if there is one; False when there is no being in it."""
    rooms: LiveRooms = app.state.rooms
    hello = Hello(
        conn_id=socket.conn_id,
        user=person_of(socket.principal),
        heartbeat_s=HEARTBEAT_SECONDS,
        expires_in=seconds_left(socket),
    )
    if room is None:
        socket.greet(hello)
        return True
    try:
        await rooms.go_home(
            socket,
            room,
            lambda stream: hello.model_copy(update={"room": room, "epoch": stream.epoch, "seq": stream.head}),
        )
    except Forbidden:
        socket.close(CloseCode.FORBIDDEN, "forbidden")
    except AppError:
        socket.close(CloseCode.NO_SUCH_ROOM, "no such room")
    except Exception as error:
        if not is_unavailable(error):
            raise
        socket.close(CloseCode.OVERLOAD, "try again later")
    else:
        return True
    return False


async def _serve(app: FastAPI, socket: Socket, connection: LiveProtocol) -> None:
    """Do what the client says, one thing after the other, until it is gone."""
    try:
        await _listen(app.state.dispatch, socket, connection)
    finally:
        _forget(app, socket)


async def _listen(dispatch: Dispatcher, socket: Socket, connection: LiveProtocol) -> None:
    while True:
        message: Mapping[str, Any] = await connection.receive()
        if message["type"] == "websocket.disconnect":
            return
        if not socket.budgets.frames.take():
            socket.send(refusal_of_haste())
            socket.close(CloseCode.TOO_FAST, "too fast")
            return
        # Whoever doesn't take our answers is asked for nothing more.
        await socket.until_writable()
        text = message.get("text")
        if text is None:
            socket.send(refusal_of_bytes())
        else:
            await dispatch(socket, text)


async def authenticate(app: FastAPI, socket: Socket, frame: Auth) -> None:
    """Let a connection live on with a new token. Raises Unauthorized."""
    principal, expires_at = await admit(app, frame.token)
    if principal.user_id != socket.principal.user_id:
        raise Unauthorized
    await _admit_anew(app, socket, principal.session_id)
    socket.expires_at = expires_at
    socket.send(Authenticated(user=person_of(principal), expires_in=seconds_left(socket)))


async def _admit_anew(app: FastAPI, socket: Socket, session_id: int) -> None:
    """Let a connection of this session hear what its user may hear now. Raises Unauthorized when it has ended."""
    sessions: Sessions = app.state.accounts.sessions
    if await sessions.principal_of_session(app.state.database, session_id) != socket.principal:
        # Asked once more, alone: what was read before a change of access must not be what counts after it.
        async with app.state.admissions:
            app.state.hub.admit(socket, await sessions.principal_of_session(app.state.database, session_id))


def seconds_left(socket: Socket) -> int:
    """Until its token expires."""
    return max(int((socket.expires_at - utcnow()).total_seconds()), 0)

"""What the frames about rooms do."""

from typing import Any

from fastapi import FastAPI

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.errors import BadRequest, Forbidden, RateLimited
from musubi.core.feature import FrameHandler
from musubi.core.i18n import Text
from musubi.core.realtime.frames import Auth, ClientFrame
from musubi.core.realtime.socket import Socket
from musubi.features.rooms import attendance, messages
from musubi.features.rooms.endpoint import authenticate
from musubi.features.rooms.frames import (
    Ack,
    Delete,
    Done,
    Edit,
    React,
    Read,
    RoomChanged,
    SendMessage,
    SendTyping,
    Subscribe,
    Typing,
    Unsubscribe,
    Unsubscribed,
)
from musubi.features.rooms.live import LiveRooms
from musubi.features.rooms.messages import person_of

_NO_ROOM = Text("Say in which room", "ルームを指定してください")
_NOT_HEARD = Text("Subscribe to this room first", "先にこのルームに参加してください")


def _rooms(app: FastAPI) -> LiveRooms:
    return app.state.rooms  # type: ignore[no-any-return]


def _database(app: FastAPI) -> Database:
    return app.state.database  # type: ignore[no-any-return]


def _room_of(app: FastAPI, socket: Socket, named: str | None) -> str:
    """The room that a frame is about. Raises BadRequest."""
    room = named or _rooms(app).home_of(socket)
    if room is None:
        raise BadRequest(_NO_ROOM)
    return room


async def subscribe(app: FastAPI, socket: Socket, frame: Subscribe) -> None:
    await _rooms(app).enter(socket, frame.room, since=frame.since, epoch=frame.epoch)


async def unsubscribe(app: FastAPI, socket: Socket, frame: Unsubscribe) -> None:
    _rooms(app).streams.unsubscribe(socket, frame.room)
    socket.send(Unsubscribed(room=frame.room, reason="asked"))


async def send_message(app: FastAPI, socket: Socket, frame: SendMessage) -> None:
    room = _room_of(app, socket, frame.room)
    if not frame.content and not frame.files:
        return
    if not socket.budgets.messages.take():
        raise RateLimited
    async with _database(app).transaction() as session:
        sent = await messages.send(app, session, socket.principal, room, frame.content, frame.cid, frame.files)
    said = sent.frame
    socket.send(Ack(cid=frame.cid, room=said.room, seq=said.seq, id=said.id, duplicate=sent.duplicate))
    if not sent.duplicate:
        _rooms(app).streams.committed(sent.room_id, said.seq, said)


async def type_(app: FastAPI, socket: Socket, frame: SendTyping) -> None:
    room = _room_of(app, socket, frame.room)
    stream = _rooms(app).streams.heard_by(socket).get(room)
    if stream is None:
        raise Forbidden(_NOT_HEARD)
    if frame.is_typing and not socket.budgets.typing.take():
        # It is said again in a moment, and is worth no answer.
        return
    user = person_of(socket.principal)
    said = Typing(user=user, is_typing=frame.is_typing, room=room, timestamp=utcnow())
    _rooms(app).streams.tell(stream.room_id, said, but_user=user.id)


async def edit(app: FastAPI, socket: Socket, frame: Edit) -> None:
    async with _database(app).transaction() as session:
        entry = await messages.edit(app, session, socket.principal, frame.id, frame.content)
    _changed(app, socket, frame.cid, entry)


async def delete(app: FastAPI, socket: Socket, frame: Delete) -> None:
    async with _database(app).transaction() as session:
        entry = await messages.delete(app, session, socket.principal, frame.id)
    _changed(app, socket, frame.cid, entry)


async def react(app: FastAPI, socket: Socket, frame: React) -> None:
    async with _database(app).transaction() as session:
        entry = await messages.react(app, session, socket.principal, frame.id, frame.emoji, on=frame.on)
    _changed(app, socket, frame.cid, entry)


async def read(app: FastAPI, socket: Socket, frame: Read) -> None:
    async with _database(app).transaction() as session:
        await attendance.mark_read(app, session, socket.principal, frame.room, frame.seq)
    if frame.cid is not None:
        socket.send(Done(cid=frame.cid))


def _changed(app: FastAPI, socket: Socket, cid: str | None, entry: messages.LogEntry | None) -> None:
    """Answer, and tell the room; None: it already was like that."""
    if cid is not None:
        socket.send(Done(cid=cid))
    if entry is not None:
        _rooms(app).streams.committed(entry.room_id, entry.seq, entry.frame)


async def room_changed(app: FastAPI, payload: dict[str, Any]) -> None:
    """Every process: a room was made, changed or deleted, or someone was let in or shown out."""
    rooms = _rooms(app)
    if payload["deleted"]:
        rooms.streams.close_room(payload["room_id"])
    elif payload["removed_user_ids"]:
        rooms.streams.close_room(payload["room_id"], only_user_ids=payload["removed_user_ids"])
    app.state.hub.deliver(RoomChanged(room=payload["room"]).wire(), payload["audience"])


FRAMES: dict[type[ClientFrame], FrameHandler] = {
    Auth: authenticate,
    Subscribe: subscribe,
    Unsubscribe: unsubscribe,
    SendMessage: send_message,
    SendTyping: type_,
    Edit: edit,
    Delete: delete,
    React: react,
    Read: read,
}
"""What is done with each frame."""

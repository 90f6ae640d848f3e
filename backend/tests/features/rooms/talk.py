"""Rooms in tests: what goes over a live connection is done by calling what the connection calls."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from fastapi import FastAPI
from sqlalchemy import insert, select

from musubi.core import context
from musubi.core.clock import utcnow
from musubi.core.outbox.models import OutboxMessage
from musubi.core.permissions import Principal, Role
from musubi.core.realtime.frames import ServerFrame
from musubi.features.files.blobs import new_blob
from musubi.features.files.models import File
from musubi.features.rooms import attendance, messages
from musubi.features.rooms.attendance import RoomRow
from musubi.features.rooms.changes import ROOM_TOPIC
from musubi.features.rooms.frames import ReadMarked
from musubi.features.rooms.log import read_log
from musubi.features.rooms.messages import LogEntry, Sent
from tests.sql import database_of
from tests.support import Actor

_numbers = count(1)


def new_cid() -> str:
    return f"cid-{next(_numbers)}"


def principal_of(actor: Actor) -> Principal:
    """The actor, as the application knows them once it has seen their token."""
    user = actor.user
    return Principal(
        user_id=actor.id,
        username=user["username"],
        role=Role(user["role"]),
        is_superuser=user["is_superuser"],
        session_id=1,
        full_name=user["full_name"],
    )


@dataclass
class Talker:
    """Someone with a live connection."""

    app: FastAPI
    actor: Actor
    principal: Principal = field(init=False)

    def __post_init__(self) -> None:
        self.principal = principal_of(self.actor)

    @property
    def id(self) -> int:
        return self.actor.id

    async def enter(self, room: str) -> RoomRow:
        async with database_of(self.app).transaction() as session:
            return await attendance.enter(self.app, session, self.principal, room)

    async def send(
        self, room: str, content: str = "Good morning", cid: str | None = None, *, files: Sequence[str] = ()
    ) -> Sent:
        async with database_of(self.app).transaction() as session:
            return await messages.send(self.app, session, self.principal, room, content, cid or new_cid(), files)

    async def say(self, room: str, content: str = "Good morning", *, files: Sequence[str] = ()) -> int:
        """Send a message; its id."""
        return (await self.send(room, content, files=files)).frame.id

    async def keep(self, filename: str = "tea.png", content_type: str = "image/png", **fields: Any) -> str:
        """Have a file, as if it had been uploaded; its stored name. No bytes of it are kept."""
        stored_name = f"{next(_numbers):032x}.{filename.rpartition('.')[2]}"
        row = {
            "stored_name": stored_name,
            "owner_id": self.id,
            "is_ready": True,
            "filename": filename,
            "content_type": content_type,
            "size": 1234,
            "sha256": "0" * 64,
            "blob": new_blob(),
            "search_text": filename,
            "created_at": utcnow(),
        }
        async with database_of(self.app).transaction() as session:
            await session.execute(insert(File), row | fields)
        return stored_name

    async def edit(self, message_id: int, content: str) -> LogEntry | None:
        async with database_of(self.app).transaction() as session:
            return await messages.edit(self.app, session, self.principal, message_id, content)

    async def delete(self, message_id: int) -> LogEntry | None:
        context.actor_id.set(self.id)
        async with database_of(self.app).transaction() as session:
            return await messages.delete(self.app, session, self.principal, message_id)

    async def react(self, message_id: int, emoji: str = "👍", *, on: bool = True) -> LogEntry | None:
        async with database_of(self.app).transaction() as session:
            return await messages.react(self.app, session, self.principal, message_id, emoji, on=on)

    async def read(self, room: str, seq: int) -> ReadMarked:
        async with database_of(self.app).transaction() as session:
            return await attendance.mark_read(self.app, session, self.principal, room, seq)

    async def room(self, name: str) -> dict[str, Any]:
        """The room as `GET` shows it."""
        reply = await self.actor.get(f"/rooms/{name}")
        assert reply.status_code == 200, reply.text
        shown: dict[str, Any] = reply.json()
        return shown

    async def history(self, room: str, **query: Any) -> dict[str, Any]:
        """The page that `GET` gives of a room's history."""
        reply = await self.actor.get(f"/rooms/{room}/messages", params=query)
        assert reply.status_code == 200, reply.text
        page: dict[str, Any] = reply.json()
        return page


async def make_room(actor: Actor, name: str = "general", **fields: Any) -> dict[str, Any]:
    """Make a room and return it."""
    reply = await actor.post("/rooms", json={"name": name, **fields})
    assert reply.status_code == 201, reply.text
    room: dict[str, Any] = reply.json()
    return room


async def whole_log(app: FastAPI, room_id: int) -> list[ServerFrame]:
    """Everything in a room's log, which must have no gaps."""
    entries = await read_log(database_of(app), room_id, 0, 10_000)
    assert [seq for seq, _ in entries] == list(range(1, len(entries) + 1))
    return [frame for _, frame in entries]


async def told(app: FastAPI, topic: str = ROOM_TOPIC) -> list[dict[str, Any]]:
    """What every process has been told about rooms so far, oldest first."""
    statement = select(OutboxMessage.payload).where(OutboxMessage.topic == topic).order_by(OutboxMessage.id)
    async with database_of(app).reading() as reader:
        return list((await reader.execute(statement)).scalars())

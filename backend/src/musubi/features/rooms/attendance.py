"""Being in a room: coming in over the live connection, and how far one has read."""

from dataclasses import dataclass

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.database import Database
from musubi.core.errors import Forbidden, NotFound
from musubi.core.i18n import Text
from musubi.core.permissions import Principal
from musubi.core.realtime.announce import announce
from musubi.core.realtime.hub import user_channel
from musubi.core.types import AnyRow
from musubi.features import audit
from musubi.features.notifications import read_about
from musubi.features.rooms import members, repository
from musubi.features.rooms.changes import tell_of_member, tell_of_room
from musubi.features.rooms.frames import ReadMarked
from musubi.features.rooms.mentions import MENTION
from musubi.features.rooms.service import NOT_A_MEMBER, ROOM_NOT_FOUND

_NOT_IN = Text("You are not in this room", "このルームに参加していません")


@dataclass(frozen=True, slots=True)
class RoomRow:
    """What one has to know of a room to hear it."""

    id: int
    name: str
    epoch: str
    seq: int
    is_private: bool


async def find_joined(database: Database, principal: Principal, name: str) -> RoomRow | None:
    """A room that `principal` is in; of any other, whether it is there or not, nothing is said: see `enter`."""
    row = await repository.get_joined_room(database, principal.user_id, name)
    return None if row is None else _as_row(row)


async def enter(
    app: FastAPI, session: AsyncSession, principal: Principal, name: str, *, may_be_new: bool = True
) -> RoomRow:
    """A room that `principal` is in from now on, if it is public; one that isn't there comes into being, and is
    theirs, if it `may_be_new`. Raises Forbidden for a private room that they are not in, NotFound.

    `name` has the form of a room's name.
    """
    user_id = principal.user_id
    room_id = None
    if may_be_new and await repository.get_bare_room(session, name) is None:
        room_id = await repository.add_room(session, user_id, name)
    # Held, so that it doesn't turn private while a stranger comes in.
    room = await repository.hold_room(session, name)
    if room is None:
        # Deleted, maybe just now.
        raise NotFound(ROOM_NOT_FOUND)
    if room.is_private:
        if not await members.is_member(session, room.id, user_id):
            raise Forbidden(NOT_A_MEMBER)
        return _as_row(room)
    if room_id is not None:
        details = {"name": name, "is_private": False, "member_ids": []}
        await audit.record(
            session, "room.created", object_type="room", object_id=room_id, details=details, actor_id=user_id
        )
        await tell_of_room(app, session, room_id, name, is_public=True)
    if await members.add_member(session, room.id, user_id, read_seq=room.seq) and room_id is None:
        await tell_of_member(app, session, room.id, name, user_id, is_public=True)
    return _as_row(room)


async def mark_read(app: FastAPI, session: AsyncSession, principal: Principal, name: str, seq: int) -> ReadMarked:
    """Note that `principal` has read a room up to `seq`, and tell their devices; it only goes forward, and not beyond
    what there is. Raises NotFound, Forbidden when they aren't in the room."""
    room = await _joined(session, principal, name)
    seq = min(seq, room.seq)
    if await members.mark_read(session, room.id, principal.user_id, seq):
        # Whoever has read a message needs no bell to lead there.
        await read_about(app, session, user_id=principal.user_id, kind=MENTION, same={"room": name}, up_to={"seq": seq})
        room = await _joined(session, principal, name)
        await announce(app, session, _marked(room), audience=[user_channel(principal.user_id)])
    return _marked(room)


async def _joined(session: AsyncSession, principal: Principal, name: str) -> AnyRow:
    room = await repository.find_written_room(session, principal.user_id, name)
    if room is None:
        raise NotFound(ROOM_NOT_FOUND)
    if not room.is_member:
        raise Forbidden(_NOT_IN)
    return room


def _marked(room: AnyRow) -> ReadMarked:
    return ReadMarked(room=room.name, seq=room.read_seq, unread=room.unread)


def _as_row(row: AnyRow) -> RoomRow:
    return RoomRow(row.id, row.name, row.epoch, row.seq, row.is_private)

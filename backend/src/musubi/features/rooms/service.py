"""What people do with rooms, and who may."""

from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.database import Database
from musubi.core.errors import Conflict, Forbidden, Invalid, NotFound
from musubi.core.i18n import Text
from musubi.core.pagination import Page, Paging
from musubi.core.permissions import Permission, Principal
from musubi.core.types import AnyRow
from musubi.features import audit
from musubi.features.accounts.events import UserDeleted
from musubi.features.rooms import members, repository
from musubi.features.rooms.changes import tell_of_member, tell_of_room
from musubi.features.rooms.schemas import MemberAdd, RoomCreate, RoomQuery, RoomUpdate

ROOM_NOT_FOUND = Text("Room not found", "ルームが見つかりません")
NOT_A_MEMBER = Text("Only members may read this room", "このルームはメンバー専用です")
_NAME_TAKEN = Text("There is a room of this name", "この名前のルームはすでにあります")
_NO_SUCH_PERSON = Text("There is no such person", "該当するユーザーがいません")
_ALREADY_IN = Text("They are already in this room", "すでにこのルームのメンバーです")
_NOT_IN = Text("They are not in this room", "このルームのメンバーではありません")

Fields = dict[str, Any]


def as_read(row: AnyRow) -> Fields:
    """What `RoomRead` describes, of a row that the repository gave."""
    room = dict(row._mapping)
    del room["id"]
    room.pop("liveliness", None)
    return room


async def list_rooms(database: Database, principal: Principal, query: RoomQuery) -> tuple[list[Fields], Page]:
    """A page of the rooms that `principal` may read."""
    page = await repository.list_rooms(database, principal.user_id, query)
    return [as_read(row) for row in page.rows], page


async def read_room(database: Database, principal: Principal, name: str) -> Fields:
    """What there is to know of a room. Raises NotFound, Forbidden."""
    return as_read(await _known_room(database, principal, name))


async def list_members(
    database: Database, principal: Principal, name: str, paging: Paging
) -> tuple[list[Fields], Page]:
    """A page of who is in a room. Raises NotFound, Forbidden."""
    room = await _known_room(database, principal, name)
    page = await members.list_members(database, room.id, paging)
    fields = "id", "username", "full_name", "profile_image", "joined_at", "is_owner"
    return [{field: getattr(row, field) for field in fields} for row in page.rows], page


async def readable_room(database: Database, principal: Principal, name: str) -> AnyRow:
    """A room whose messages `principal` may read: a public one, or one they are in. Raises NotFound, Forbidden."""
    room = await repository.get_room(database, principal.user_id, name)
    if room is None:
        raise NotFound(ROOM_NOT_FOUND)
    if room.is_private and not room.is_member:
        raise Forbidden(NOT_A_MEMBER)
    return room


async def create_room(app: FastAPI, session: AsyncSession, principal: Principal, form: RoomCreate) -> Fields:
    """Make a room that belongs to `principal`, and let in whom they invite.

    Raises Conflict when the name is taken, Invalid when someone isn't there to be invited.
    """
    invited = set(form.member_ids) - {principal.user_id}
    if len(await members.active_people(session, invited)) != len(invited):
        raise Invalid(fields={"member_ids": _NO_SUCH_PERSON})
    user_id = principal.user_id
    room_id = await repository.add_room(session, user_id, form.name, topic=form.topic, is_private=form.is_private)
    if room_id is None:
        raise Conflict(_NAME_TAKEN, fields={"name": _NAME_TAKEN})
    await members.add_first_members(session, room_id, [user_id, *sorted(invited)])
    details = {"name": form.name, "is_private": form.is_private, "member_ids": sorted(invited)}
    await _record(session, "room.created", room_id, details)
    await tell_of_room(app, session, room_id, form.name, is_public=not form.is_private)
    return await _written(session, principal, form.name)


async def update_room(app: FastAPI, session: AsyncSession, principal: Principal, name: str, form: RoomUpdate) -> Fields:
    """Change what was sent. Raises NotFound, Forbidden."""
    room = await _manageable_room(session, principal, name)
    changed = {field for field in form.model_fields_set if getattr(room, field) != getattr(form, field)}
    if changed:
        values = {field: getattr(form if field in changed else room, field) for field in ("topic", "is_private")}
        await repository.save_room(session, room.id, principal.user_id, name=name, **values)
        await _record(session, "room.updated", room.id, {"name": name, **{each: values[each] for each in changed}})
        # To those who can't see it any more it has changed, too.
        was_or_is_public = not (room.is_private and values["is_private"])
        await tell_of_room(app, session, room.id, name, is_public=was_or_is_public)
    return await _written(session, principal, name)


async def delete_room(app: FastAPI, session: AsyncSession, principal: Principal, name: str) -> None:
    """Delete a room and all that was said in it. Raises NotFound, Forbidden."""
    room = await _manageable_room(session, principal, name)
    await tell_of_room(app, session, room.id, name, is_public=not room.is_private, deleted=True)
    await repository.delete_room(session, room.id)
    await _record(session, "room.deleted", room.id, {"name": name})


async def add_member(app: FastAPI, session: AsyncSession, principal: Principal, name: str, form: MemberAdd) -> Fields:
    """Let someone into a room. Raises NotFound, Forbidden, Invalid, Conflict."""
    room = await _manageable_room(session, principal, name)
    people = await members.active_people(session, [form.user_id])
    if not people:
        raise Invalid(fields={"user_id": _NO_SUCH_PERSON})
    joined_at = await members.add_member(session, room.id, form.user_id, read_seq=room.seq)
    if joined_at is None:
        raise Conflict(_ALREADY_IN, fields={"user_id": _ALREADY_IN})
    await _record(session, "room.member_added", room.id, {"name": name, "user_id": form.user_id})
    await tell_of_member(app, session, room.id, name, form.user_id, is_public=not room.is_private)
    return {**people[0]._mapping, "joined_at": joined_at, "is_owner": form.user_id == room.created_by}


async def remove_member(app: FastAPI, session: AsyncSession, principal: Principal, name: str, user_id: int) -> None:
    """Show someone out of a room, or leave it. Raises NotFound, Forbidden."""
    room = await (
        _held_room(session, name) if user_id == principal.user_id else _manageable_room(session, principal, name)
    )
    if not await members.remove_member(session, room.id, user_id):
        raise NotFound(_NOT_IN)
    await _record(session, "room.member_removed", room.id, {"name": name, "user_id": user_id})
    await tell_of_member(app, session, room.id, name, user_id, is_public=not room.is_private, removed=True)


async def hand_over(app: FastAPI, session: AsyncSession, event: UserDeleted) -> None:
    """Give a deleted user's rooms to the heir, who may then read them, or to nobody. What the user said stays."""
    await members.remove_everywhere(session, event.user_id)
    for room in await repository.change_owner(session, event.user_id, event.heir_id):
        if event.heir_id is not None:
            await members.add_member(session, room.id, event.heir_id, read_seq=room.seq)
        await tell_of_room(app, session, room.id, room.name, is_public=not room.is_private)


def may_manage(principal: Principal, room: AnyRow) -> bool:
    """Whether `principal` may change the room and who is in it: its owner, and moderators."""
    return room.created_by == principal.user_id or principal.can(Permission.ROOMS_MODERATE)


async def _known_room(database: Database, principal: Principal, name: str) -> AnyRow:
    """A room that `principal` may know of: one they may read, or manage, which doesn't let them read it."""
    room = await repository.get_room(database, principal.user_id, name)
    if room is None:
        raise NotFound(ROOM_NOT_FOUND)
    if room.is_private and not room.is_member and not may_manage(principal, room):
        raise Forbidden(NOT_A_MEMBER)
    return room


async def _held_room(session: AsyncSession, name: str) -> AnyRow:
    room = await repository.hold_room(session, name)
    if room is None:
        raise NotFound(ROOM_NOT_FOUND)
    return room


async def _manageable_room(session: AsyncSession, principal: Principal, name: str) -> AnyRow:
    """A room that `principal` may change, held until the transaction ends."""
    room = await _held_room(session, name)
    if not may_manage(principal, room):
        raise Forbidden
    return room


async def _written(session: AsyncSession, principal: Principal, name: str) -> Fields:
    return as_read(await repository.get_written_room(session, principal.user_id, name))


async def _record(session: AsyncSession, action: str, room_id: int, details: Fields) -> None:
    await audit.record(session, action, object_type="room", object_id=room_id, details=details)

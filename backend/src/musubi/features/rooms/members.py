"""The SQL of who is in a room."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import cast

from sqlalchemy import Table, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.pagination import Listing, Page, Paging, both_ways, paginate
from musubi.core.queries import Query
from musubi.core.types import AnyRow
from musubi.features.accounts.models import User
from musubi.features.rooms.inserts import InsertIfNew
from musubi.features.rooms.models import Room, RoomMember

_MEMBERS = cast("Table", RoomMember.__table__)
_MEMBER = _MEMBERS.c
_OF_ROOM = RoomMember.room_id == bindparam("room_id")
_BY_NAME = both_ways("username", User.username_key, str)["username"]
_LIST = Listing(
    select(
        User.id,
        User.username,
        User.username_key,
        User.full_name,
        User.profile_image,
        RoomMember.joined_at,
        func.coalesce(User.id == Room.created_by, False).label("is_owner"),
    )
    .join(RoomMember, RoomMember.user_id == User.id)
    .join(Room, Room.id == RoomMember.room_id)
    .where(_OF_ROOM),
    User.id,
)
_COUNT = Query(select(func.count().label("total")).select_from(RoomMember).where(_OF_ROOM))
_MARK_READ = (
    update(_MEMBERS)
    .where(
        _MEMBER.room_id == bindparam("in_room"),
        _MEMBER.user_id == bindparam("member"),
        _MEMBER.read_seq < bindparam("up_to"),
    )
    .values(read_seq=bindparam("up_to"))
    .returning(_MEMBER.read_seq)
)
_ADD = InsertIfNew(_MEMBERS, unique=(_MEMBER.room_id, _MEMBER.user_id), returning=(_MEMBER.joined_at,))


async def list_members(database: Database, room_id: int, paging: Paging) -> Page:
    """A page of who is in a room, by name."""
    values = {"room_id": room_id}

    async def count() -> int:
        row = await _COUNT.first(database, values)
        return 0 if row is None else int(row.total)

    return await paginate(database, _LIST, values, ordering=_BY_NAME, paging=paging, count=count)


async def is_member(session: AsyncSession, room_id: int, user_id: int) -> bool:
    statement = select(_MEMBER.user_id).where(_MEMBER.room_id == room_id, _MEMBER.user_id == user_id)
    return (await session.execute(statement)).first() is not None


async def ids_of_members(session: AsyncSession, room_id: int) -> list[int]:
    statement = select(_MEMBER.user_id).where(_MEMBER.room_id == room_id).order_by(_MEMBER.user_id)
    return list((await session.execute(statement)).scalars())


async def active_people(session: AsyncSession, user_ids: Collection[int]) -> list[AnyRow]:
    """Those of these users who have an account that works, with what others see of them."""
    columns = User.id, User.username, User.full_name, User.profile_image
    statement = select(*columns).where(User.id.in_(user_ids), User.is_active, User.deleted_at.is_(None))
    return list((await session.execute(statement)).all())


async def add_member(session: AsyncSession, room_id: int, user_id: int, *, read_seq: int) -> datetime | None:
    """Let someone in, for whom everything up to `read_seq` counts as read; since when they are in. None when they
    already were."""
    values = {"room_id": room_id, "user_id": user_id, "read_seq": read_seq, "joined_at": utcnow()}
    row = await _ADD.run(session, values)
    return None if row is None else row.joined_at


async def add_first_members(session: AsyncSession, room_id: int, user_ids: Iterable[int]) -> None:
    """Let people into a room that was just made."""
    joined_at = utcnow()
    rows = [{"room_id": room_id, "user_id": each, "read_seq": 0, "joined_at": joined_at} for each in user_ids]
    await session.execute(insert(_MEMBERS), rows)


async def mark_read(session: AsyncSession, room_id: int, user_id: int, seq: int) -> bool:
    """Note that a member has read up to `seq`; False when they were there already, or further."""
    values = {"in_room": room_id, "member": user_id, "up_to": seq}
    return (await session.execute(_MARK_READ, values)).first() is not None


async def remove_member(session: AsyncSession, room_id: int, user_id: int) -> bool:
    """Show someone out; False when they weren't in."""
    statement = delete(_MEMBERS).where(_MEMBER.room_id == room_id, _MEMBER.user_id == user_id)
    removed = await session.execute(statement.returning(_MEMBER.user_id))
    return removed.first() is not None


async def remove_everywhere(session: AsyncSession, user_id: int) -> None:
    """Show someone out of every room."""
    await session.execute(delete(_MEMBERS).where(_MEMBER.user_id == user_id))

"""The SQL of rooms. Every read takes the reader, so that no query can forget who is asking."""

import secrets
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from musubi.adapters.search import FIELD_SEPARATOR, text_search
from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.models import UtcDateTime
from musubi.core.pagination import Listing, Ordering, Page, paginate
from musubi.core.queries import Query
from musubi.core.text import fold
from musubi.core.types import AnyRow, AnySelect
from musubi.features.rooms.inserts import InsertIfNew
from musubi.features.rooms.models import Message, Room, RoomMember
from musubi.features.rooms.schemas import RoomQuery

MAX_UNREAD = 100
"""Further than this unread messages are not counted."""

_ROOMS, _MEMBERS = cast("Table", Room.__table__), cast("Table", RoomMember.__table__)
_ROOM, _MEMBER = _ROOMS.c, _MEMBERS.c
_READER = bindparam("reader_id", type_=BigInteger())
_IS_MEMBER = _MEMBER.user_id.is_not(None)
IS_READABLE: ColumnElement[bool] = or_(_ROOM.is_private.is_(False), _IS_MEMBER)
"""Whether the reader may read a room that stands beside their own membership, as in `rooms_of_reader`."""


def rooms_of_reader(*columns: ColumnElement[Any] | InstrumentedAttribute[Any]) -> AnySelect:
    """These columns of rooms; beside each room stands the membership of `reader_id`, if there is one."""
    own = and_(_MEMBER.room_id == _ROOM.id, _MEMBER.user_id == _READER)
    return select(*columns).select_from(_ROOMS.outerjoin(_MEMBERS, own))


def is_open_to(user_id: ColumnElement[int] | int) -> ColumnElement[bool]:
    """Whether a user may read what is said in a room: a public one, or one they are in."""
    is_in = exists().where(_MEMBER.room_id == _ROOM.id, _MEMBER.user_id == user_id)
    return or_(_ROOM.is_private.is_(False), is_in)


_UNREAD = (
    select(Message.id)
    .where(
        Message.room_id == _ROOM.id,
        Message.seq > _MEMBER.read_seq,
        Message.user_id != _READER,
        Message.deleted_at.is_(None),
    )
    # In order, or PostgreSQL expects to come across a hundred soon and reads the whole table where there are none.
    .order_by(Message.seq)
    .limit(MAX_UNREAD)
    .correlate(_ROOMS, _MEMBERS)
    .subquery()
)
UNREAD = select(func.count()).select_from(_UNREAD).scalar_subquery()
"""How many messages the reader of `rooms_of_reader` hasn't read."""

_SELECT = rooms_of_reader(
    _ROOM.id,
    *(
        getattr(_ROOM, name)
        for name in (
            "name", "topic", "is_private", "created_at", "created_by", "epoch", "seq", "message_count",
            "last_message_at",
        )
    ),
    _IS_MEMBER.label("is_member"),
    func.coalesce(_MEMBER.read_seq, 0).label("read_seq"),
    UNREAD.label("unread"),
)  # fmt: skip
_SELECT_ONE = _SELECT.where(_ROOM.name == bindparam("name"))
_ONE = Query(_SELECT_ONE)
_JOINED = Query(
    rooms_of_reader(_ROOM.id, _ROOM.name, _ROOM.epoch, _ROOM.seq, _ROOM.is_private).where(
        _ROOM.name == bindparam("name"), _IS_MEMBER
    )
)

# Those one is in come first, the one in which something was said last in front; then the others, the newest in front.
_LIVELINESS = case(
    (_IS_MEMBER, func.coalesce(_ROOM.last_message_at, _ROOM.created_at)),
    else_=literal(datetime(1970, 1, 1, tzinfo=UTC), UtcDateTime()),
)
_LIVELIEST_FIRST = Ordering("liveliness", _LIVELINESS, datetime, lambda row: row.liveliness, descending=True)
_LIST = _SELECT.add_columns(_LIVELINESS.label("liveliness"))
_COUNT = rooms_of_reader(func.count().label("total"))
# By what is asked of `joined`.
_CONDITIONS: dict[bool | None, ColumnElement[bool]] = {
    None: IS_READABLE,
    True: _IS_MEMBER,
    False: and_(_ROOM.is_private.is_(False), _MEMBER.user_id.is_(None)),
}
_LISTINGS = {joined: Listing(_LIST.where(limit), Room.id) for joined, limit in _CONDITIONS.items()}
_COUNTS = {joined: Query(_COUNT.where(limit)) for joined, limit in _CONDITIONS.items()}

_BARE_BY_NAME = select(
    _ROOM.id, _ROOM.name, _ROOM.topic, _ROOM.is_private, _ROOM.created_by, _ROOM.epoch, _ROOM.seq
).where(_ROOM.name == bindparam("name"))
_HELD_BY_NAME = _BARE_BY_NAME.with_for_update()
_ADD_ROOM = InsertIfNew(_ROOMS, unique=(_ROOM.name,), returning=(_ROOM.id,))


async def get_room(database: Database, reader_id: int, name: str) -> AnyRow | None:
    """The room as it is for the reader, whether they may read it or not: `is_private` and `is_member` tell."""
    return await _ONE.first(database, {"reader_id": reader_id, "name": name})


async def get_joined_room(database: Database, reader_id: int, name: str) -> AnyRow | None:
    """The bare room, if the reader is in it."""
    return await _JOINED.first(database, {"reader_id": reader_id, "name": name})


async def find_written_room(session: AsyncSession, reader_id: int, name: str) -> AnyRow | None:
    """The room as it is for the reader, with what this transaction made of it."""
    return (await session.execute(_SELECT_ONE, {"reader_id": reader_id, "name": name})).first()


async def get_written_room(session: AsyncSession, reader_id: int, name: str) -> AnyRow:
    """The same of a room that is there."""
    return (await session.execute(_SELECT_ONE, {"reader_id": reader_id, "name": name})).one()


async def get_bare_room(session: AsyncSession, name: str) -> AnyRow | None:
    """The bare room, whoever asks."""
    return (await session.execute(_BARE_BY_NAME, {"name": name})).first()


async def hold_room(session: AsyncSession, name: str) -> AnyRow | None:
    """The bare room; whatever else is done to it, or said in it, waits until we are through."""
    return (await session.execute(_HELD_BY_NAME, {"name": name})).first()


async def list_rooms(database: Database, reader_id: int, query: RoomQuery) -> Page:
    """A page of the rooms that the reader may read."""
    listing, counting = _LISTINGS[query.joined], _COUNTS[query.joined]
    if query.search:
        found = text_search(database.engine.dialect).position(_ROOM.search_text, _searched(query.search)) > 0
        limits = _CONDITIONS[query.joined], found
        listing = Listing(_LIST.where(*limits), Room.id, reused=False)
        counting = Query(_COUNT.where(*limits), reused=False)
    values = {"reader_id": reader_id}

    async def count() -> int:
        row = await counting.first(database, values)
        return 0 if row is None else int(row.total)

    return await paginate(database, listing, values, ordering=_LIVELIEST_FIRST, paging=query, count=count)


async def add_room(
    session: AsyncSession, owner_id: int, name: str, *, topic: str = "", is_private: bool = False
) -> int | None:
    """Make a room and return its id; None when the name is taken."""
    now = utcnow()
    values = {
        "name": name,
        "topic": topic,
        "is_private": is_private,
        "epoch": secrets.token_hex(8),
        "seq": 0,
        "message_count": 0,
        "search_text": _searchable(name, topic),
        "created_at": now,
        "updated_at": now,
        "created_by": owner_id,
        "updated_by": owner_id,
    }
    row = await _ADD_ROOM.run(session, values)
    return None if row is None else int(row.id)


async def save_room(
    session: AsyncSession, room_id: int, editor_id: int, *, name: str, topic: str, is_private: bool
) -> None:
    """Write a changed room."""
    values = {"topic": topic, "is_private": is_private, "search_text": _searchable(name, topic)}
    statement = update(_ROOMS).where(_ROOM.id == room_id)
    await session.execute(statement.values(**values, updated_at=utcnow(), updated_by=editor_id))


async def delete_room(session: AsyncSession, room_id: int) -> None:
    """Delete a room with all that was said in it."""
    await session.execute(delete(_ROOMS).where(_ROOM.id == room_id))


async def change_owner(session: AsyncSession, owner_id: int, heir_id: int | None) -> list[AnyRow]:
    """Give every room of one user to another, or to nobody; the rooms, by age."""
    statement = update(_ROOMS).where(_ROOM.created_by == owner_id).values(created_by=heir_id, updated_at=utcnow())
    changed = await session.execute(statement.returning(_ROOM.id, _ROOM.name, _ROOM.is_private, _ROOM.seq))
    return sorted(changed.all(), key=lambda room: room.id)


def _searchable(name: str, topic: str) -> str:
    return name + FIELD_SEPARATOR + _searched(topic)


def _searched(text: str) -> str:
    """A text or a term as they are compared. A separator in one of them is a space, so that only ours separate."""
    return fold(text).replace(FIELD_SEPARATOR, " ")

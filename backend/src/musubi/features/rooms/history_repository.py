"""The SQL of reading what was said. A search holds only what the reader may read; for a room's history the service has
asked before."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute

from musubi.adapters.search import text_search
from musubi.core.database import Database
from musubi.core.pagination import Listing, Page, both_ways, paginate
from musubi.core.queries import Query
from musubi.core.text import fold
from musubi.core.types import MAX_ID, AnyRow, AnySelect
from musubi.features.accounts.models import User
from musubi.features.rooms.message_files import HAS_FILES
from musubi.features.rooms.models import Message, Reaction, Room
from musubi.features.rooms.repository import IS_READABLE, rooms_of_reader
from musubi.features.rooms.schemas import MessageQuery

_MESSAGE = cast("Table", Message.__table__).c
_FIELDS: tuple[ColumnElement[Any] | InstrumentedAttribute[Any], ...] = (
    Message.id, Room.name.label("room"), Message.seq, Message.content, Message.cid, Message.user_id, User.username,
    User.full_name, Message.created_at, Message.edited_at, Message.deleted_at, HAS_FILES.label("has_files"),
)  # fmt: skip

_IN_ROOM = Message.room_id == bindparam("room_id")
_HISTORY = (
    select(*_FIELDS)
    .join(User, User.id == Message.user_id)
    .join(Room, Room.id == Message.room_id)
    .where(_IN_ROOM, Message.seq > bindparam("after"), Message.seq < bindparam("before"))
    .limit(bindparam("limit"))
)
_OLDEST_FIRST, _NEWEST_FIRST = Query(_HISTORY.order_by(Message.seq)), Query(_HISTORY.order_by(Message.seq.desc()))
# Of all messages of the room: each of the two is the end of an index.
_ENDS = Query(
    select(
        select(func.min(Message.seq)).where(_IN_ROOM).scalar_subquery().label("first"),
        select(func.max(Message.seq)).where(_IN_ROOM).scalar_subquery().label("last"),
    )
)
_REACTIONS = (
    select(Reaction.message_id, Reaction.emoji, Reaction.user_id)
    .order_by(Reaction.message_id, Reaction.created_at, Reaction.user_id)
)  # fmt: skip
_REACTIONS_BETWEEN = Query(
    _REACTIONS.join(Message, Message.id == Reaction.message_id).where(
        _IN_ROOM, Message.seq.between(bindparam("first"), bindparam("last"))
    )
)

_SEARCH_ORDER = both_ways("id", Message.id, int)["-id"]


async def ends_of_history(database: Database, room_id: int) -> tuple[int, int]:
    """The numbers of a room's first and last message; (0, 0) when there is none."""
    row = await _ENDS.first(database, {"room_id": room_id})
    return (0, 0) if row is None or row.first is None else (row.first, row.last)


async def first_after(database: Database, room_id: int, after: int, before: int | None, limit: int) -> list[AnyRow]:
    """The first messages after a number of the room's log, and before another; oldest first."""
    values = {"room_id": room_id, "after": after, "before": MAX_ID if before is None else before, "limit": limit}
    return await _OLDEST_FIRST.all(database, values)


async def last_before(database: Database, room_id: int, before: int | None, limit: int) -> list[AnyRow]:
    """The last messages, or the last before a number of the room's log; oldest first."""
    values = {"room_id": room_id, "after": 0, "before": MAX_ID if before is None else before, "limit": limit}
    return (await _NEWEST_FIRST.all(database, values))[::-1]


async def reactions_between(database: Database, room_id: int, first: int, last: int) -> list[AnyRow]:
    """The reactions to the messages with these numbers and those in between, in the order in which they came."""
    return await _REACTIONS_BETWEEN.all(database, {"room_id": room_id, "first": first, "last": last})


async def reactions_to(database: Database, message_ids: Sequence[int]) -> list[AnyRow]:
    """The reactions to these messages, in the order in which they came."""
    async with database.reading() as reader:
        return list((await reader.execute(_REACTIONS.where(Reaction.message_id.in_(message_ids)))).all())


async def search_messages(database: Database, reader_id: int, query: MessageQuery) -> Page:
    """A page of the messages that contain the term, in rooms that the reader may read; newest first."""
    found = text_search(database.engine.dialect).contains(_MESSAGE.search_text, _MESSAGE.id, fold(query.search))
    limits = [found, Message.deleted_at.is_(None), Message.room_id.in_(_readable_rooms(query.room))]
    statement = select(*_FIELDS).join(User, User.id == Message.user_id).join(Room, Room.id == Message.room_id)
    counting = Query(select(func.count().label("total")).select_from(Message).where(*limits), reused=False)
    values = {"reader_id": reader_id}

    async def count() -> int:
        row = await counting.first(database, values)
        return 0 if row is None else int(row.total)

    listing = Listing(statement.where(*limits), Message.id, reused=False)
    return await paginate(database, listing, values, ordering=_SEARCH_ORDER, paging=query, count=count)


def _readable_rooms(name: str | None) -> AnySelect:
    statement = rooms_of_reader(Room.id).where(IS_READABLE)
    return statement if name is None else statement.where(Room.name == name)

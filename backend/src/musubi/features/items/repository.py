"""The SQL of items. Every read takes the principal, so that no query can forget who is asking."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
    Table,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.adapters.search import FIELD_SEPARATOR, text_search
from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.models import stamp_new
from musubi.core.pagination import Listing, Ordering, Page, both_ways, paginate
from musubi.core.permissions import Permission, Principal
from musubi.core.queries import Query
from musubi.core.text import fold
from musubi.core.types import AnyRow, AnySelect
from musubi.features.accounts.models import User
from musubi.features.items.models import Item, ItemStatus, ItemTag
from musubi.features.items.schemas import ItemQuery

_ITEMS, _TAGS = cast("Table", Item.__table__), cast("Table", ItemTag.__table__)
_COLUMNS = _ITEMS.c
_OWNER_COLUMNS = (
    User.username.label("owner_username"),
    User.full_name.label("owner_full_name"),
    User.profile_image.label("owner_profile_image"),
)
ITEM_FIELDS = (
    "id", "title", "description", "status", "tags", "owner_id", "version",
    "created_at", "updated_at", "created_by", "updated_by",
)  # fmt: skip
"""What an item's row begins with."""
_SELECT_ITEM = select(*(getattr(Item, name) for name in ITEM_FIELDS), *_OWNER_COLUMNS).join(
    User, User.id == Item.owner_id
)
_SELECT_ONE = _SELECT_ITEM.where(Item.id == bindparam("item_id"))
_ONE = Query(_SELECT_ONE)
_INSERT_ITEM = insert(_ITEMS).returning(_COLUMNS.id)
_INSERT_TAGS = insert(_TAGS)

_ORDERINGS: dict[str, Ordering] = {
    **both_ways("created_at", Item.created_at, datetime),
    **both_ways("updated_at", Item.updated_at, datetime),
    **both_ways("title", Item.title, str),
}


# What a list can be limited by, under the names of the values.
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "reader_id": or_(Item.status == ItemStatus.PUBLISHED, Item.owner_id == bindparam("reader_id")),
    "status": Item.status == bindparam("status"),
    "owner_id": Item.owner_id == bindparam("owner_id"),
    "tag": Item.id.in_(select(ItemTag.item_id).where(ItemTag.key == bindparam("tag"))),
}

Values = dict[str, Any]
Count = Callable[[AnySelect, Values], Awaitable[int]]
"""Runs a counting statement with these values, or knows the result."""


def _readable_by(principal: Principal) -> Values:
    """What limits a list to the items that `principal` may read: published ones and their own, or all of them."""
    return {} if principal.can(Permission.ITEMS_READ_ANY) else {"reader_id": principal.user_id}


async def get_item(database: Database, item_id: int) -> AnyRow | None:
    """The item with its owner's name, whoever asks: the service tells "not yours" from "not there"."""
    return await _ONE.first(database, {"item_id": item_id})


async def get_written_item(session: AsyncSession, item_id: int) -> AnyRow:
    """The same of an item that this transaction made or changed."""
    return (await session.execute(_SELECT_ONE, {"item_id": item_id})).one()


async def get_item_for_change(session: AsyncSession, item_id: int) -> Item | None:
    """The item itself; other changes of it wait until ours is committed."""
    return (await session.execute(select(Item).where(Item.id == item_id).with_for_update())).scalar()


async def list_items(database: Database, principal: Principal, query: ItemQuery, count: Count) -> Page:
    """A page of what `principal` may read."""
    values = _readable_by(principal)
    if query.status is not None:
        values["status"] = query.status
    if query.owner_id is not None:
        values["owner_id"] = query.owner_id
    if query.tag:
        values["tag"] = fold(query.tag)
    if query.search:
        listing, counting, ordering = _search(database.engine.dialect, frozenset(values), query)
    else:
        listing, counting = _list(frozenset(values))
        ordering = _ORDERINGS[query.sort]
    return await paginate(
        database, listing, values, ordering=ordering, paging=query, count=lambda: count(counting, values)
    )


@cache
def _list(conditions: frozenset[str]) -> tuple[Listing, AnySelect]:
    """The list of the items that meet the conditions, and what counts it: the same for everyone who asks for it."""
    statement, counting = _limited_by(conditions)
    return Listing(statement, Item.id), counting


def _search(dialect: Dialect, conditions: frozenset[str], query: ItemQuery) -> tuple[Listing, AnySelect, Ordering]:
    """The same for one search, which is itself part of the statement."""
    term = _searched(query.search or "")
    found = text_search(dialect).contains(_COLUMNS.search_text, _COLUMNS.id, term)
    statement, counting = (each.where(found) for each in _limited_by(conditions))
    ordering = _ORDERINGS.get(query.sort)
    if ordering is None:
        ordering = _by_relevance(dialect, term)
        statement = statement.add_columns(ordering.key.label("relevance"))
    return Listing(statement, Item.id, reused=False), counting, ordering


def _limited_by(conditions: Iterable[str]) -> tuple[AnySelect, AnySelect]:
    limits = [_CONDITIONS[name] for name in conditions]
    return _SELECT_ITEM.where(*limits), select(func.count()).select_from(Item).where(*limits)


def _by_relevance(dialect: Dialect, term: str) -> Ordering:
    """Titles that are the term, then those that begin with it, then those that hold it, then the rest; newest first."""
    text = _COLUMNS.search_text
    search = text_search(dialect)
    position = search.position(text, term)
    key = case(
        (search.position(text, term + FIELD_SEPARATOR) == 1, 3),
        (position == 1, 2),
        (position < search.position(text, FIELD_SEPARATOR), 1),
        else_=0,
    )
    # As wide as the number in a cursor may be, which is not signed: anyone can make one up.
    key_as_wide = type_coerce(key, BigInteger())
    return Ordering("relevance", key_as_wide, int, lambda row: row.relevance, descending=True)


async def count_tags(reader: AsyncConnection, principal: Principal, limit: int) -> list[AnyRow]:
    """The most used tags of what `principal` may read: label and count."""
    values = _readable_by(principal)
    uses = func.count().label("uses")
    statement = (
        select(func.min(ItemTag.label).label("label"), uses)
        .join(Item, Item.id == ItemTag.item_id)
        .where(*(_CONDITIONS[name] for name in values))
        .group_by(ItemTag.key)
        .order_by(uses.desc(), ItemTag.key)
        .limit(limit)
    )
    return list((await reader.execute(statement, values)).all())


async def count_by_status(reader: AsyncConnection, owner_id: int) -> dict[ItemStatus, int]:
    statement = select(Item.status, func.count()).where(Item.owner_id == owner_id).group_by(Item.status)
    counts = {ItemStatus(status): count for status, count in await reader.execute(statement)}
    return {status: counts.get(status, 0) for status in ItemStatus}


async def count_by_day(reader: AsyncConnection, owner_id: int, days: int, offset: timedelta) -> list[tuple[date, int]]:
    """How many items `owner_id` made on each of the last `days` days, oldest first. The days are those of a place
    whose clocks are `offset` ahead of UTC."""
    first = (utcnow() + offset).date() - timedelta(days=days - 1)
    minutes = int(offset.total_seconds()) // 60
    if reader.dialect.name == "sqlite":
        # To the second: SQLite rounds fractions, and the last of them in a day would belong to the next.
        day: ColumnElement[Any] = func.date(func.substr(Item.created_at, 1, 19), f"{minutes:+d} minutes")
    else:
        local = func.timezone("UTC", Item.created_at) + func.make_interval(0, 0, 0, 0, 0, minutes)
        day = func.to_char(local, "YYYY-MM-DD")
    statement = (
        select(day, func.count())
        .where(Item.owner_id == owner_id, Item.created_at >= datetime.combine(first, time(), UTC) - offset)
        .group_by(day)
    )
    counts: dict[str, int] = dict((await reader.execute(statement)).all())
    every_day = (first + timedelta(days=number) for number in range(days))
    return [(on, counts.get(on.isoformat(), 0)) for on in every_day]


def searchable(item: Item) -> str:
    """What a search looks through. The title comes first: relevance depends on it."""
    return FIELD_SEPARATOR.join(_searched(part) for part in (item.title, item.description, *item.tags))


def _searched(text: str) -> str:
    """A text or a term as they are compared. A separator in one of them is a space, so that only ours separate."""
    return fold(text).replace(FIELD_SEPARATOR, " ")


async def add_item(session: AsyncSession, item: Item) -> None:
    """Insert a new item. It is not added to the session, whose unit of work takes longer than the row itself."""
    stamp_new(item)
    item.search_text = searchable(item)
    values = {column.key: getattr(item, column.key) for column in _COLUMNS if not column.primary_key}
    item.id = (await session.execute(_INSERT_ITEM, values)).scalar_one()
    await _write_tags(session, item.id, item.tags)


async def save_item(session: AsyncSession, item: Item, *, tags_changed: bool) -> None:
    """Write a changed item."""
    item.search_text = searchable(item)
    item.version += 1
    await session.flush()
    if tags_changed:
        await session.execute(delete(ItemTag).where(ItemTag.item_id == item.id))
        await _write_tags(session, item.id, item.tags)


async def _write_tags(session: AsyncSession, item_id: int, tags: Iterable[str]) -> None:
    rows = [{"item_id": item_id, "key": fold(tag), "label": tag} for tag in tags]
    if rows:
        await session.execute(_INSERT_TAGS, rows)


async def delete_item(session: AsyncSession, item: Item) -> None:
    await session.delete(item)
    await session.flush()


async def change_owner(session: AsyncSession, owner_id: int, heir_id: int) -> bool:
    """Give everything of one user to another. Whether there was anything."""
    changed = await session.execute(
        update(Item)
        .where(Item.owner_id == owner_id)
        .values(owner_id=heir_id, version=Item.version + 1, updated_at=utcnow())
        .returning(Item.id)
        .execution_options(synchronize_session=False)
    )
    return bool(changed.all())


async def ids_of_owner(session: AsyncSession, owner_id: int) -> list[int]:
    """The items of one user, which nobody else can change until this transaction ends."""
    statement = select(Item.id).where(Item.owner_id == owner_id).order_by(Item.id).with_for_update()
    return list(await session.scalars(statement))


async def delete_all(session: AsyncSession, owner_id: int) -> None:
    """Delete every item of one user."""
    await session.execute(delete(Item).where(Item.owner_id == owner_id).execution_options(synchronize_session=False))

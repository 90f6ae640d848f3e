"""The SQL of items. Every read takes the principal, so that no query can forget who is asking."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Table,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.adapters.search import FIELD_SEPARATOR, text_search
from musubi.core.clock import utcnow
from musubi.core.pagination import Ordering, Page, both_ways, paginate
from musubi.core.permissions import Permission, Principal
from musubi.core.text import fold
from musubi.core.types import AnyRow, AnySelect
from musubi.features.accounts.models import User
from musubi.features.items.models import Item, ItemStatus, ItemTag
from musubi.features.items.schemas import ItemQuery

_COLUMNS = cast("Table", Item.__table__).c
_OWNER_COLUMNS = (
    User.username.label("owner_username"),
    User.full_name.label("owner_full_name"),
    User.profile_image.label("owner_profile_image"),
)
_SELECT_ITEM = select(
    Item.id, Item.title, Item.description, Item.status, Item.tags, Item.owner_id, Item.version,
    Item.created_at, Item.updated_at, Item.created_by, Item.updated_by, *_OWNER_COLUMNS,
).join(User, User.id == Item.owner_id)  # fmt: skip
_SELECT_ONE = _SELECT_ITEM.where(Item.id == bindparam("item_id"))

_ORDERINGS: dict[str, Ordering] = {
    **both_ways("created_at", Item.created_at, datetime),
    **both_ways("updated_at", Item.updated_at, datetime),
    **both_ways("title", Item.title, str),
}


def readable_by(principal: Principal) -> ColumnElement[bool]:
    """The items that `principal` may read: published ones and their own, or all of them."""
    if principal.can(Permission.ITEMS_READ_ANY):
        return true()
    return or_(Item.status == ItemStatus.PUBLISHED, Item.owner_id == principal.user_id)


async def get_item(connection: AsyncConnection | AsyncSession, item_id: int) -> AnyRow | None:
    """The item with its owner's name, whoever asks: the service tells "not yours" from "not there"."""
    return (await connection.execute(_SELECT_ONE, {"item_id": item_id})).first()


async def get_item_for_change(session: AsyncSession, item_id: int) -> Item | None:
    """The item itself; other changes of it wait until ours is committed."""
    return (await session.execute(select(Item).where(Item.id == item_id).with_for_update())).scalar()


async def list_items(
    reader: AsyncConnection,
    principal: Principal,
    query: ItemQuery,
    count: Callable[[AnySelect], Awaitable[int]],
) -> Page:
    """A page of what `principal` may read. `count` is given the statement that counts the whole list."""
    conditions = _conditions(reader, principal, query)
    statement = _SELECT_ITEM.where(*conditions)
    ordering = _ORDERINGS.get(query.sort)
    if ordering is None:
        ordering = _by_relevance(reader, _searched(query.search or ""))
        statement = statement.add_columns(ordering.key.label("relevance"))
    counting = select(func.count()).select_from(Item).where(*conditions)
    return await paginate(
        reader,
        statement,
        row_id=Item.id,
        ordering=ordering,
        paging=query,
        count=lambda: count(counting),
    )


def _conditions(reader: AsyncConnection, principal: Principal, query: ItemQuery) -> list[ColumnElement[bool]]:
    conditions = [readable_by(principal)]
    if query.status is not None:
        conditions.append(Item.status == query.status)
    if query.owner_id is not None:
        conditions.append(Item.owner_id == query.owner_id)
    if query.tag:
        conditions.append(Item.id.in_(select(ItemTag.item_id).where(ItemTag.key == fold(query.tag))))
    if query.search and (term := _searched(query.search)):
        conditions.append(text_search(reader.dialect).contains(_COLUMNS.search_text, _COLUMNS.id, term))
    return conditions


def _by_relevance(reader: AsyncConnection, term: str) -> Ordering:
    """Titles that are the term, then those that begin with it, then those that hold it, then the rest; newest first."""
    text = _COLUMNS.search_text
    search = text_search(reader.dialect)
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
    uses = func.count().label("uses")
    statement = (
        select(func.min(ItemTag.label).label("label"), uses)
        .join(Item, Item.id == ItemTag.item_id)
        .where(readable_by(principal))
        .group_by(ItemTag.key)
        .order_by(uses.desc(), ItemTag.key)
        .limit(limit)
    )
    return list((await reader.execute(statement)).all())


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
    """Insert a new item."""
    item.search_text = searchable(item)
    session.add(item)
    await session.flush()
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
        await session.execute(insert(ItemTag), rows)


async def delete_item(session: AsyncSession, item: Item) -> None:
    await session.delete(item)
    await session.flush()


async def change_owner(session: AsyncSession, owner_id: int, heir_id: int) -> None:
    """Give everything of one user to another."""
    await session.execute(
        update(Item)
        .where(Item.owner_id == owner_id)
        .values(owner_id=heir_id, version=Item.version + 1, updated_at=utcnow())
        .execution_options(synchronize_session=False)
    )

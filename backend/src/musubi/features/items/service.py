"""What people do with items, and who may."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.core.database import Database
from musubi.core.errors import Forbidden, Invalid, NotFound
from musubi.core.http.conditional import check_not_stale, entity_tag
from musubi.core.i18n import Text
from musubi.core.pagination import Page
from musubi.core.permissions import Permission, Principal
from musubi.core.types import AnyRow
from musubi.features import audit
from musubi.features.accounts.events import UserDeleted
from musubi.features.items import live, repository
from musubi.features.items.counts import ItemCounts
from musubi.features.items.events import ItemDeleted, ItemsHandedOver
from musubi.features.items.models import Item, ItemStatus
from musubi.features.items.schemas import (
    DayCount,
    ItemCreate,
    ItemQuery,
    ItemStats,
    ItemUpdate,
)

_NOT_FOUND = Text("Item not found", "アイテムが見つかりません")
_NO_SEARCH = Text("Sorting by relevance needs a search", "関連度順には検索語が必要です")
STATS_DAYS = 30


Fields = dict[str, Any]


def as_read(row: AnyRow) -> Fields:
    """What `ItemRead` describes, of a row that the repository gave."""
    return _as_read(row, row.owner_username, row.owner_full_name, row.owner_profile_image)


def _as_read(values: Iterable[Any], username: str, full_name: str | None, profile_image: str | None) -> Fields:
    item = dict(zip(repository.ITEM_FIELDS, values, strict=False))
    item["owner"] = {
        "id": item["owner_id"],
        "username": username,
        "full_name": full_name,
        "profile_image": profile_image,
    }
    return item


def tag_of(item: Fields) -> str:
    """The ETag of an item, which covers what it shows of its owner."""
    owner = item["owner"]
    return entity_tag(item["version"], *owner.values())


async def list_items(
    database: Database, counts: ItemCounts, principal: Principal, query: ItemQuery
) -> tuple[list[Fields], Page]:
    """A page of the items that `principal` may read."""
    if query.sort == "relevance" and not query.search:
        raise Invalid(fields={"sort": _NO_SEARCH})
    page = await repository.list_items(database, principal, query, counts.counter(database, principal, query))
    return [as_read(row) for row in page.rows], page


async def read_item(database: Database, principal: Principal, item_id: int) -> Fields:
    """Raises NotFound; Forbidden for someone else's draft or archived item."""
    row = await repository.get_item(database, item_id)
    if row is None:
        raise NotFound(_NOT_FOUND)
    readable = (
        row.status == ItemStatus.PUBLISHED
        or row.owner_id == principal.user_id
        or principal.can(Permission.ITEMS_READ_ANY)
    )
    if not readable:
        raise Forbidden
    return as_read(row)


async def create_item(app: FastAPI, session: AsyncSession, principal: Principal, form: ItemCreate) -> Fields:
    row = Item(**form.model_dump(), owner_id=principal.user_id, version=1)
    await repository.add_item(session, row)
    counts_of(app).outdate_after(session)
    # The owner is who is asking, so there is nothing left to read.
    values = (getattr(row, name) for name in repository.ITEM_FIELDS)
    item = _as_read(values, principal.username, principal.full_name, principal.profile_image)
    await live.announce_created(app, session, item)
    return item


async def update_item(
    app: FastAPI,
    session: AsyncSession,
    principal: Principal,
    item_id: int,
    form: ItemUpdate,
    *,
    if_match: str | None = None,
) -> Fields:
    """Change what was sent, if the item still is a version that `if_match` names.

    Raises NotFound, Forbidden, PreconditionFailed.
    """
    row = await _changeable(session, principal, item_id)
    check_not_stale(if_match, row.version)
    before = ItemStatus(row.status)
    changed = {name for name in form.model_fields_set if getattr(row, name) != getattr(form, name)}
    for name in changed:
        setattr(row, name, getattr(form, name))
    if changed:
        await repository.save_item(session, row, tags_changed="tags" in changed)
        await _note_if_others(session, principal, row, changed)
        counts_of(app).outdate_after(session)
    item = as_read(await repository.get_written_item(session, item_id))
    if changed:
        await live.announce_updated(app, session, item, before=before)
    return item


async def delete_item(
    app: FastAPI,
    session: AsyncSession,
    principal: Principal,
    item_id: int,
    *,
    if_match: str | None = None,
) -> None:
    """Raises NotFound, Forbidden, PreconditionFailed."""
    item = await _changeable(session, principal, item_id)
    check_not_stale(if_match, item.version)
    await app.state.events.publish(session, ItemDeleted(item_id))
    await repository.delete_item(session, item)
    details = {"owner_id": item.owner_id}
    await audit.record(session, "item.deleted", object_type="item", object_id=item_id, details=details)
    counts_of(app).outdate_after(session)
    await live.announce_deleted(app, session, item)


async def _note_if_others(session: AsyncSession, principal: Principal, item: Item, fields: set[str]) -> None:
    """Note in the audit log who changed an item that isn't theirs; what they made of it is in the item."""
    if item.owner_id != principal.user_id:
        details = {"owner_id": item.owner_id, "fields": sorted(fields)}
        await audit.record(session, "item.updated", object_type="item", object_id=item.id, details=details)


async def _changeable(session: AsyncSession, principal: Principal, item_id: int) -> Item:
    item = await repository.get_item_for_change(session, item_id)
    if item is None:
        raise NotFound(_NOT_FOUND)
    if item.owner_id != principal.user_id and not principal.can(Permission.ITEMS_WRITE_ANY):
        raise Forbidden
    return item


async def check_changeable(session: AsyncSession, principal: Principal, item_id: int) -> None:
    """Hold an item that `principal` may change until the transaction ends. Raises NotFound, Forbidden."""
    await _changeable(session, principal, item_id)


async def stats(reader: AsyncConnection, principal: Principal, offset: timedelta) -> ItemStats:
    """The caller's own items in numbers; `offset` is how far the caller's clock is ahead of UTC."""
    days = await repository.count_by_day(reader, principal.user_id, STATS_DAYS, offset)
    return ItemStats(
        by_status=await repository.count_by_status(reader, principal.user_id),
        daily=[DayCount(date=on, count=count) for on, count in days],
    )


async def add_many(
    app: FastAPI, session: AsyncSession, owner_id: int, items: Iterable[tuple[ItemCreate, datetime, datetime]]
) -> list[int]:
    """Make items of `owner_id` that were elsewhere before, each with when it was made and changed; their ids.

    Nobody hears of them until `announce_many`.
    """
    ids = []
    for form, created_at, updated_at in items:
        row = Item(
            **form.model_dump(),
            owner_id=owner_id,
            version=1,
            created_at=created_at,
            updated_at=max(updated_at, created_at),
        )
        await repository.add_item(session, row)
        ids.append(row.id)
    counts_of(app).outdate_after(session)
    return ids


async def announce_many(app: FastAPI, session: AsyncSession) -> None:
    """Tell everyone that many items changed at once."""
    counts_of(app).outdate_after(session)
    await live.announce_many(app, session)


async def follow_user(app: FastAPI, session: AsyncSession, event: UserDeleted) -> None:
    """Give a deleted user's items to the heir, if there is one; or delete them, if that is what the user wants."""
    if event.erases_items:
        await _delete_all(app, session, event.user_id)
    elif event.heir_id is not None and await repository.change_owner(session, event.user_id, event.heir_id):
        await app.state.events.publish(session, ItemsHandedOver(event.user_id, event.heir_id))
        await announce_many(app, session)


async def _delete_all(app: FastAPI, session: AsyncSession, owner_id: int) -> None:
    item_ids = await repository.ids_of_owner(session, owner_id)
    for item_id in item_ids:
        await app.state.events.publish(session, ItemDeleted(item_id))
    if item_ids:
        await repository.delete_all(session, owner_id)
        await announce_many(app, session)


def counts_of(app: FastAPI) -> ItemCounts:
    """The application's counts of items."""
    return app.state.item_counts  # type: ignore[no-any-return]

"""The SQL of notifications. Whose they are is part of every question."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.pagination import Listing, Page, both_ways, paginate
from musubi.core.queries import Query
from musubi.core.types import AnyRow, AnySelect
from musubi.features.accounts.models import User
from musubi.features.notifications.models import Notification
from musubi.features.notifications.schemas import NotificationQuery

_NEWEST_FIRST = both_ways("id", Notification.id, int)["-id"]
_SELECT = select(
    Notification.id,
    Notification.kind,
    Notification.data,
    Notification.created_at,
    Notification.read_at,
    User.id.label("actor_id"),
    User.username.label("actor_username"),
    User.full_name.label("actor_full_name"),
    User.profile_image.label("actor_profile_image"),
).outerjoin(User, User.id == Notification.actor_id)

_IS_UNREAD = Notification.read_at.is_(None)
_OWN = Notification.user_id == bindparam("user_id")
# By what is asked of `unread`.
_CONDITIONS: dict[bool | None, tuple[ColumnElement[bool], ...]] = {
    None: (_OWN,),
    True: (_OWN, _IS_UNREAD),
    False: (_OWN, Notification.read_at.is_not(None)),
}
_LISTINGS = {unread: Listing(_SELECT.where(*limits), Notification.id) for unread, limits in _CONDITIONS.items()}
_COUNTING: dict[bool | None, AnySelect] = {
    unread: select(func.count().label("total")).select_from(Notification).where(*limits)
    for unread, limits in _CONDITIONS.items()
}
_COUNTS = {unread: Query(statement) for unread, statement in _COUNTING.items()}


async def list_notifications(database: Database, user_id: int, query: NotificationQuery) -> Page:
    """A page of someone's notifications, newest first."""

    async def count() -> int:
        return await count_notifications(database, user_id, unread=query.unread)

    listing = _LISTINGS[query.unread]
    return await paginate(database, listing, {"user_id": user_id}, ordering=_NEWEST_FIRST, paging=query, count=count)


async def count_notifications(database: Database, user_id: int, *, unread: bool | None) -> int:
    """How many someone has: unread ones, read ones, or with None all."""
    row = await _COUNTS[unread].first(database, {"user_id": user_id})
    return 0 if row is None else int(row.total)


async def count_left(session: AsyncSession, user_id: int) -> int:
    """How many are unread after what this transaction changed."""
    return int((await session.execute(_COUNTING[True], {"user_id": user_id})).scalar_one())


async def add_notification(
    session: AsyncSession, *, user_id: int, kind: str, actor_id: int | None, data: dict[str, Any]
) -> AnyRow:
    """Insert one; it comes back as lists have it."""
    values = {"user_id": user_id, "kind": kind, "actor_id": actor_id, "data": data, "created_at": utcnow()}
    inserted = await session.execute(insert(Notification).returning(Notification.id), values)
    return (await session.execute(_SELECT.where(Notification.id == inserted.scalar_one()))).one()


async def is_there(session: AsyncSession, user_id: int, notification_id: int) -> bool:
    """Whether someone has this one."""
    statement = select(Notification.id).where(Notification.id == notification_id, Notification.user_id == user_id)
    return (await session.execute(statement)).first() is not None


async def mark_read(session: AsyncSession, user_id: int, *, only: int | None = None, up_to: int | None = None) -> bool:
    """Note that someone has read one notification, all up to an id, or all. Whether there was an unread one."""
    conditions = []
    if only is not None:
        conditions.append(Notification.id == only)
    if up_to is not None:
        conditions.append(Notification.id <= up_to)
    return await _mark_read(session, user_id, *conditions)


async def mark_read_about(
    session: AsyncSession, user_id: int, kind: str, same: Mapping[str, str], up_to: Mapping[str, int]
) -> bool:
    """The same for those of a kind whose data has the `same` texts, and numbers `up_to` these."""
    texts = (Notification.data[name].as_string() == text for name, text in same.items())
    numbers = (Notification.data[name].as_integer() <= number for name, number in up_to.items())
    return await _mark_read(session, user_id, Notification.kind == kind, *texts, *numbers)


async def _mark_read(session: AsyncSession, user_id: int, *conditions: ColumnElement[bool]) -> bool:
    statement = (
        update(Notification)
        .where(Notification.user_id == user_id, _IS_UNREAD, *conditions)
        .values(read_at=utcnow())
        .returning(Notification.id)
    )
    marked = await session.execute(statement.execution_options(synchronize_session=False))
    return bool(marked.all())


async def forget_notifications(session: AsyncSession, user_id: int) -> None:
    """Delete all that someone has."""
    statement = delete(Notification).where(Notification.user_id == user_id)
    await session.execute(statement.execution_options(synchronize_session=False))

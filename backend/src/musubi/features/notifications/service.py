"""Putting something into someone's inbox, and reading it."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.database import Database
from musubi.core.errors import NotFound
from musubi.core.i18n import Text
from musubi.core.pagination import Page
from musubi.core.permissions import Principal
from musubi.core.types import AnyRow
from musubi.features.accounts.events import UserDeleted
from musubi.features.accounts.schemas import UserBrief
from musubi.features.notifications import repository
from musubi.features.notifications.live import inbox_changed
from musubi.features.notifications.schemas import NotificationQuery, NotificationRead, ReadResult

_NOT_FOUND = Text("Notification not found", "通知が見つかりません")


async def notify(
    app: FastAPI, session: AsyncSession, *, user_id: int, kind: str, actor_id: int | None, data: dict[str, Any]
) -> None:
    """Tell someone of what `actor_id` did, in this transaction: an entry in their inbox, and a word to their devices.

    `data` is what JSON can hold, and what is needed to show the entry; who may see it is for the caller to know.
    """
    row = await repository.add_notification(session, user_id=user_id, kind=kind, actor_id=actor_id, data=data)
    await inbox_changed(app, session, user_id, _as_read(row))


async def list_notifications(
    database: Database, principal: Principal, query: NotificationQuery
) -> tuple[list[NotificationRead], Page]:
    """A page of one's own notifications, newest first."""
    page = await repository.list_notifications(database, principal.user_id, query)
    return [_as_read(row) for row in page.rows], page


async def read_one(app: FastAPI, session: AsyncSession, principal: Principal, notification_id: int) -> ReadResult:
    """Note that one of one's notifications is read. Raises NotFound when it isn't one's own."""
    if await repository.mark_read(session, principal.user_id, only=notification_id):
        await inbox_changed(app, session, principal.user_id)
    elif not await repository.is_there(session, principal.user_id, notification_id):
        raise NotFound(_NOT_FOUND)
    return await _left(session, principal)


async def read_all(app: FastAPI, session: AsyncSession, principal: Principal, up_to: int | None) -> ReadResult:
    """Note that all of one's notifications are read, or those up to `up_to`."""
    if await repository.mark_read(session, principal.user_id, up_to=up_to):
        await inbox_changed(app, session, principal.user_id)
    return await _left(session, principal)


async def read_about(
    app: FastAPI, session: AsyncSession, *, user_id: int, kind: str, same: Mapping[str, str], up_to: Mapping[str, int]
) -> None:
    """Note that someone has seen what they were told of: entries of `kind` whose data has the `same` texts, and numbers
    `up_to` these."""
    if await repository.mark_read_about(session, user_id, kind, same, up_to):
        await inbox_changed(app, session, user_id)


async def forget(_: FastAPI, session: AsyncSession, event: UserDeleted) -> None:
    """Empty the inbox of an account that is being deleted."""
    await repository.forget_notifications(session, event.user_id)


async def _left(session: AsyncSession, principal: Principal) -> ReadResult:
    return ReadResult(unread=await repository.count_left(session, principal.user_id))


def _as_read(row: AnyRow) -> NotificationRead:
    actor = None
    if row.actor_id is not None:
        actor = UserBrief(
            id=row.actor_id,
            username=row.actor_username,
            full_name=row.actor_full_name,
            profile_image=row.actor_profile_image,
        )
    return NotificationRead(
        id=row.id, kind=row.kind, actor=actor, data=row.data, created_at=row.created_at, read_at=row.read_at
    )

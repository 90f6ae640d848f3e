"""`/notifications`: one's inbox over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Request, Response

from musubi.core.database import SessionDep, database_of
from musubi.core.errors import NotFound
from musubi.core.http.route import Route
from musubi.core.openapi import errors
from musubi.core.pagination import Collection, collection
from musubi.core.permissions import SignedIn
from musubi.core.types import Id
from musubi.features.notifications import service
from musubi.features.notifications.schemas import NotificationQuery, NotificationRead, ReadResult, ReadUpTo

router = APIRouter(prefix="/notifications", tags=["notifications"], route_class=Route)


@router.get("")
async def list_notifications(
    principal: SignedIn, request: Request, response: Response, query: Annotated[NotificationQuery, Query()]
) -> Collection[NotificationRead]:
    """One's notifications, newest first. With `unread=true`, `meta.total` is how many are unread."""
    notifications, page = await service.list_notifications(database_of(request), principal, query)
    return collection(response, notifications, page.meta)


@router.post("/read")
async def read_all_notifications(
    principal: SignedIn, request: Request, session: SessionDep, form: Annotated[ReadUpTo | None, Body()] = None
) -> ReadResult:
    """Note that all are read, or all that were there when `up_to` was the newest."""
    return await service.read_all(request.app, session, principal, form.up_to if form else None)


@router.post("/{notification_id}/read", responses=errors(NotFound))
async def read_notification(
    principal: SignedIn, notification_id: Annotated[Id, Path()], request: Request, session: SessionDep
) -> ReadResult:
    """Note that one is read."""
    return await service.read_one(request.app, session, principal, notification_id)

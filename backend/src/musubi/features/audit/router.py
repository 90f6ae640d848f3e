"""`/audit`: the log as administrators read it."""

from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Collection as Ids
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from musubi.core.database import Database, database_of
from musubi.core.feature import Feature
from musubi.core.http.route import Route
from musubi.core.pagination import Collection, collection
from musubi.core.permissions import Permission, Principal, require
from musubi.core.types import AnyRow
from musubi.features.audit import repository
from musubi.features.audit.schemas import AuditAction, AuditEntryRead, AuditQuery

router = APIRouter(prefix="/audit", tags=["audit"], route_class=Route)

AuditReader = Annotated[Principal, Depends(require(Permission.AUDIT_READ))]

UserNames = Callable[[Database, Ids[int]], Awaitable[Mapping[int, str]]]
"""Finds out what users are called, by id; who is deleted has no name. The accounts feature, which stands above this
one, provides it as `app.state.names_of_users`."""


@router.get("")
async def list_audit_entries(
    _: AuditReader, request: Request, response: Response, query: Annotated[AuditQuery, Query()]
) -> Collection[AuditEntryRead]:
    """What was done, newest first."""
    database = database_of(request)
    page = await repository.list_entries(database, query)
    names_of: UserNames = request.app.state.names_of_users
    names = await names_of(database, {user_id for row in page.rows for user_id in _users_in(row)})
    return collection(response, [_as_read(row, names) for row in page.rows], page.meta)


@router.get("/actions")
async def list_audit_actions(_: AuditReader, request: Request, response: Response) -> Collection[AuditAction]:
    """Every kind of entry that there can be, in the order of the alphabet."""
    features: tuple[Feature, ...] = request.app.state.features
    actions = sorted(action for feature in features for action in feature.actions)
    return collection(response, [AuditAction(action=action) for action in actions])


def _users_in(row: AnyRow) -> list[int]:
    ids = [row.actor_id, row.object_id if row.object_type == "user" else None]
    return [user_id for user_id in ids if user_id is not None]


def _as_read(row: AnyRow, names: Mapping[int, str]) -> AuditEntryRead:
    return AuditEntryRead(
        **row._mapping,
        actor_name=names.get(row.actor_id),
        object_name=names.get(row.object_id) if row.object_type == "user" else None,
    )

"""`/users`: accounts as administrators see them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import StringConstraints

from musubi.core.database import ReaderDep, SessionDep, database_of
from musubi.core.errors import Conflict, Forbidden, NotFound
from musubi.core.http.route import Route
from musubi.core.idempotency import IdempotentSessionDep
from musubi.core.openapi import errors
from musubi.core.pagination import Collection, Paging, collection
from musubi.core.permissions import Permission, Principal, Role, require
from musubi.core.text import STORABLE
from musubi.core.types import Id
from musubi.features.accounts import administration, repository
from musubi.features.accounts.proof import check_recent_proof
from musubi.features.accounts.schemas import UserCreate, UserRead, UserUpdate
from musubi.features.accounts.service import accounts_of

router = APIRouter(prefix="/users", tags=["accounts"], route_class=Route)

UserReader = Annotated[Principal, Depends(require(Permission.USERS_READ))]
UserWriter = Annotated[Principal, Depends(require(Permission.USERS_WRITE))]
UserId = Annotated[Id, Path()]


class UserQuery(Paging):
    """Which accounts to list."""

    search: Annotated[str, StringConstraints(max_length=100), STORABLE] | None = None
    role: Role | None = None
    is_active: bool | None = None


@router.get("")
async def list_users(
    _: UserReader, request: Request, response: Response, query: Annotated[UserQuery, Query()]
) -> Collection[UserRead]:
    """All accounts, newest first."""
    database = database_of(request)
    page = await repository.list_users(database, query, search=query.search, role=query.role, is_active=query.is_active)
    return collection(response, [UserRead.model_validate(row, from_attributes=True) for row in page.rows], page.meta)


@router.post("", status_code=201, responses=errors(Conflict))
async def create_user(
    principal: UserWriter,
    request: Request,
    response: Response,
    session: IdempotentSessionDep,
    form: UserCreate,
) -> UserRead:
    """Make an account for someone."""
    user = await administration.create_user(session, accounts_of(request), principal, form)
    response.headers["Location"] = f"/api/v1/users/{user.id}"
    return UserRead.model_validate(user)


@router.get("/{user_id}", responses=errors(NotFound))
async def get_user(_: UserReader, user_id: UserId, reader: ReaderDep) -> UserRead:
    """One account."""
    row = await repository.get_user_row(reader, user_id)
    if row is None:
        raise NotFound(administration.USER_NOT_FOUND)
    return UserRead.model_validate(row, from_attributes=True)


@router.patch("/{user_id}", responses=errors(NotFound, Conflict))
async def update_user(
    principal: UserWriter, user_id: UserId, request: Request, session: SessionDep, form: UserUpdate
) -> UserRead:
    """Change an account: only what is sent. Disabling it ends its sessions. A new address needs a recent proof."""
    if "email" in form.model_fields_set:
        # Whoever gets the mail of an account can set its password.
        await check_recent_proof(request, principal)
    accounts = accounts_of(request)
    return UserRead.model_validate(await administration.update_user(session, accounts, principal, user_id, form))


@router.delete("/{user_id}", status_code=204, responses=errors(NotFound, Conflict, Forbidden))
async def delete_user(
    principal: UserWriter,
    user_id: UserId,
    request: Request,
    session: SessionDep,
    transfer_items_to: Id | None = None,
) -> None:
    """Make an account nameless and unusable. Its items go to another user, or stay with "deleted user"."""
    await administration.delete_user(session, accounts_of(request), principal, user_id, heir_id=transfer_items_to)

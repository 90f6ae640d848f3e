"""`/auth/sessions`: where someone is signed in, and ending it; for oneself, and for administrators."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from musubi.core.database import ReaderDep, SessionDep
from musubi.core.errors import Forbidden, NotFound
from musubi.core.http.envelope import Done
from musubi.core.http.route import Route
from musubi.core.i18n import Text
from musubi.core.openapi import errors
from musubi.core.pagination import Collection, collection
from musubi.core.permissions import Principal, SignedIn
from musubi.core.types import AnyRow, Id, Timestamp
from musubi.features import audit
from musubi.features.accounts import administration, repository, transport
from musubi.features.accounts.device import describe
from musubi.features.accounts.service import accounts_of
from musubi.features.accounts.users_router import UserId, UserReader, UserWriter

router = APIRouter(tags=["accounts"], route_class=Route)

_NOT_FOUND = Text("This session has ended already", "このセッションはすでに終了しています")
_OTHERS_ENDED = Text("Signed out everywhere else", "ほかのすべての端末からログアウトしました")
_ALL_ENDED = Text("Signed out everywhere", "すべての端末からログアウトしました")


class DeviceRead(BaseModel):
    """What a browser says of itself; an API client says nothing that we know."""

    model_config = ConfigDict(from_attributes=True)

    browser: Annotated[str | None, Field(examples=["Firefox"])]
    system: Annotated[str | None, Field(examples=["Windows"])]


class SessionRead(BaseModel):
    """A sign-in that is alive."""

    id: Id
    current: Annotated[bool, Field(description="Whether it is the one that asks")]
    device: DeviceRead
    user_agent: str | None
    address: Annotated[str | None, Field(description="Where it was begun from")]
    created_at: Timestamp
    last_used_at: Annotated[Timestamp, Field(description="True to a few minutes")]
    expires_at: Timestamp


@router.get("/auth/sessions")
async def list_sessions(principal: SignedIn, reader: ReaderDep, response: Response) -> Collection[SessionRead]:
    """Where one is signed in, the session used last in front."""
    return _collection(response, await repository.list_sessions(reader, principal.user_id), principal)


@router.delete("/auth/sessions/{session_id}", status_code=204, responses=errors(NotFound))
async def end_session(
    principal: SignedIn, session_id: Annotated[Id, Path()], request: Request, response: Response, session: SessionDep
) -> None:
    """Sign out one of one's sessions."""
    if not await accounts_of(request).sessions.end(session, session_id, of_user=principal.user_id):
        raise NotFound(_NOT_FOUND)
    await audit.record(session, "session.ended", object_type="session", object_id=session_id)
    if session_id == principal.session_id:
        transport.leave(request, response)


@router.delete("/auth/sessions")
async def end_sessions(
    principal: SignedIn,
    request: Request,
    response: Response,
    session: SessionDep,
    include_current: Annotated[bool, Query(description="End the session that asks, too")] = False,
) -> Done:
    """Sign out everywhere else, or everywhere."""
    keep = None if include_current else principal.session_id
    count = await accounts_of(request).sessions.end_all(session, principal.user_id, keep=keep)
    if count:
        details = {"count": count, "included_current": include_current}
        await audit.record(session, "sessions.ended", object_type="user", object_id=principal.user_id, details=details)
    if include_current:
        transport.leave(request, response)
    return Done.now((_ALL_ENDED if include_current else _OTHERS_ENDED).render())


@router.get("/users/{user_id}/sessions", responses=errors(NotFound))
async def list_user_sessions(
    principal: UserReader, user_id: UserId, reader: ReaderDep, response: Response
) -> Collection[SessionRead]:
    """Where someone is signed in."""
    if await repository.get_user_row(reader, user_id) is None:
        raise NotFound(administration.USER_NOT_FOUND)
    return _collection(response, await repository.list_sessions(reader, user_id), principal)


@router.delete("/users/{user_id}/sessions", responses=errors(NotFound, Forbidden))
async def end_user_sessions(principal: UserWriter, user_id: UserId, request: Request, session: SessionDep) -> Done:
    """Sign someone out everywhere. Superusers only by superusers."""
    await administration.end_sessions(session, accounts_of(request), principal, user_id)
    return Done.now(_ALL_ENDED.render())


def _collection(response: Response, rows: list[AnyRow], principal: Principal) -> Collection[SessionRead]:
    sessions = [
        SessionRead(
            **row._mapping,
            current=row.id == principal.session_id,
            device=DeviceRead.model_validate(describe(row.user_agent)),
        )
        for row in rows
    ]
    return collection(response, sessions)

"""`/auth`, `/users/me` and `/setup`: everyone's own account, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Form, Query, Request, Response

from musubi.core.database import ReaderDep, SessionDep, database_of
from musubi.core.errors import BadRequest, Conflict, Forbidden, Unauthorized
from musubi.core.http.envelope import Done
from musubi.core.http.route import Route
from musubi.core.i18n import Text
from musubi.core.openapi import errors
from musubi.core.permissions import Principal, SignedIn, public
from musubi.core.types import Id
from musubi.features import audit
from musubi.features.accounts import administration, limits, repository, service
from musubi.features.accounts.proof import RecentlyProved
from musubi.features.accounts.schemas import (
    Credentials,
    FirstSuperuser,
    Me,
    PasswordChange,
    ProfileUpdate,
    RefreshRequest,
    Register,
    SetupState,
    TokenReply,
    UserRead,
)
from musubi.features.accounts.service import accounts_of
from musubi.features.accounts.sessions import Client
from musubi.features.accounts.token_reply import token_reply
from musubi.features.accounts.transport import (
    leave,
    refresh_cookie,
    refuse_token_in_query,
)
from musubi.features.accounts.two_factor_schemas import MfaChallenge

router = APIRouter(tags=["accounts"], route_class=Route)

_SIGNED_OUT = Text("Successfully logged out", "ログアウトしました")
_PASSWORD_CHANGED = Text("Password changed", "パスワードを変更しました")


@router.post(
    "/auth/register",
    status_code=201,
    dependencies=[Depends(public), Depends(limits.REGISTER)],
    responses=errors(Conflict, Forbidden),
)
async def register(request: Request, response: Response, session: SessionDep, form: Register) -> TokenReply:
    """Make an account and sign in."""
    return token_reply(request, response, await accounts_of(request).register(session, form, Client.of(request)))


@router.post("/auth/login", dependencies=[Depends(public)], responses=errors(Unauthorized))
async def login(
    request: Request,
    response: Response,
    session: SessionDep,
    attempts: limits.SignInAttempts,
    form: Annotated[Credentials, Form()],
) -> TokenReply | MfaChallenge:
    """Sign in with a name or an e-mail address and a password. An account with a second factor is asked for that."""
    async with attempts.at(limits.account_key(form.username), failure=Unauthorized):
        entered = await accounts_of(request).sign_in(
            database_of(request), session, form.username, form.password, Client.of(request)
        )
    return entered if isinstance(entered, MfaChallenge) else token_reply(request, response, entered)


@router.post(
    "/auth/refresh",
    dependencies=[Depends(public), Depends(limits.REFRESH)],
    responses=errors(Unauthorized, Forbidden),
)
async def refresh(
    request: Request,
    response: Response,
    session: SessionDep,
    form: Annotated[RefreshRequest | None, Body()] = None,
) -> TokenReply:
    """Exchange a refresh token, from the body or the cookie, for new tokens."""
    refuse_token_in_query(request)
    token = form.refresh_token if form else refresh_cookie(request)
    if not token:
        raise Unauthorized
    signed_in = await accounts_of(request).sessions.refresh(session, token)
    return token_reply(request, response, signed_in, came_as_cookie=form is None)


@router.post("/auth/logout", dependencies=[Depends(public)], responses=errors(Unauthorized, Forbidden))
async def logout(request: Request, response: Response, session: SessionDep) -> Done:
    """End this session everywhere. It is named by the access token or, for a browser, by its cookie."""
    refuse_token_in_query(request)
    sessions = accounts_of(request).sessions
    if "authorization" in request.headers:
        try:
            principal = await sessions.authenticate(request)
        except Unauthorized:
            # An access token may have run out in a tab that slept; the cookie still says which session it was.
            user_id = await _end_by_cookie(request, session)
        else:
            await sessions.end(session, principal.session_id)
            user_id = principal.user_id
    else:
        user_id = await _end_by_cookie(request, session)
    await audit.record(session, "user.signed_out", object_type="user", object_id=user_id, actor_id=user_id)
    leave(request, response)
    return Done.now(_SIGNED_OUT.render())


async def _end_by_cookie(request: Request, session: SessionDep) -> int:
    token = refresh_cookie(request)
    user_id = None if token is None else await accounts_of(request).sessions.end_by_refresh_token(session, token)
    if user_id is None:
        raise Unauthorized
    return user_id


async def _me(reader: ReaderDep, principal: Principal) -> Me:
    row = await repository.get_user_row(reader, principal.user_id)
    if row is None:
        raise Unauthorized
    account = UserRead.model_validate(row, from_attributes=True)
    return Me(**account.model_dump(), permissions=sorted(principal.permissions))


@router.get("/auth/me")
async def get_session_user(principal: SignedIn, reader: ReaderDep) -> Me:
    """Who is signed in."""
    return await _me(reader, principal)


@router.get("/users/me")
async def get_me(principal: SignedIn, reader: ReaderDep) -> Me:
    """One's own account."""
    return await _me(reader, principal)


@router.patch("/users/me")
async def update_me(principal: SignedIn, request: Request, session: SessionDep, form: ProfileUpdate) -> Me:
    """Change one's own profile: only what is sent."""
    return Me.of(await service.update_profile(session, accounts_of(request), principal, form), principal)


@router.delete("/users/me", status_code=204, responses=errors(Conflict, Forbidden))
async def delete_me(
    principal: RecentlyProved,
    request: Request,
    response: Response,
    session: SessionDep,
    transfer_items_to: Annotated[Id | None, Query(description="Who gets one's items and rooms")] = None,
) -> None:
    """Delete one's own account, for good. It needs a recent proof.

    One's items and files go with it, unless they are handed to somebody; what one said in rooms stays, without a name.
    """
    await administration.delete_own_account(session, accounts_of(request), principal, heir_id=transfer_items_to)
    leave(request, response)


@router.post("/users/me/password", responses=errors(BadRequest))
async def change_password(
    request: Request,
    principal: SignedIn,
    session: SessionDep,
    attempts: limits.ProofAttempts,
    form: PasswordChange,
) -> Done:
    """Set a new password; every other session ends."""
    async with attempts.at(str(principal.user_id), failure=BadRequest):
        await accounts_of(request).change_password(database_of(request), session, principal, form)
    return Done.now(_PASSWORD_CHANGED.render())


@router.get("/setup", dependencies=[Depends(public)])
async def get_setup_state(reader: ReaderDep) -> SetupState:
    """Whether this installation still waits for its first superuser."""
    return SetupState(needed=not await repository.superuser_exists(reader))


@router.post("/setup", status_code=201, dependencies=[Depends(public)], responses=errors(Conflict, Forbidden))
async def set_up(
    request: Request,
    response: Response,
    session: SessionDep,
    attempts: limits.SetupAttempts,
    form: FirstSuperuser,
) -> TokenReply:
    """Make the first superuser, with the token of the one-time link that the first start prints."""
    async with attempts.at("", failure=Forbidden):
        signed_in = await accounts_of(request).set_up(session, form, Client.of(request))
    return token_reply(request, response, signed_in)

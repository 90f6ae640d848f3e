"""`/auth/passkeys`: signing in with one, and keeping one's own."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from musubi.core.database import SessionDep
from musubi.core.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthorized
from musubi.core.http.route import Route
from musubi.core.openapi import errors
from musubi.core.permissions import SignedIn, public
from musubi.core.types import Id
from musubi.features.accounts import limits
from musubi.features.accounts.one_time import Purpose
from musubi.features.accounts.proof import RecentlyProved
from musubi.features.accounts.schemas import TokenReply
from musubi.features.accounts.second_factors import management, sign_in
from musubi.features.accounts.service import accounts_of
from musubi.features.accounts.sessions import Client
from musubi.features.accounts.token_reply import token_reply
from musubi.features.accounts.two_factor_schemas import (
    NewPasskey,
    PasskeyLogin,
    PasskeyOptions,
    PasskeyRead,
    PasskeyUpdate,
)

router = APIRouter(prefix="/auth/passkeys", tags=["accounts"], route_class=Route)

PasskeyId = Annotated[Id, Path()]


@router.post("/options", dependencies=[Depends(public), Depends(limits.SIGN_IN_START)], responses=errors(Conflict))
async def get_passkey_login_options(request: Request, session: SessionDep) -> PasskeyOptions:
    """What a browser needs to sign someone in by a passkey, whoever it is."""
    token, options = await accounts_of(request).second_factors.passkeys.ask(session, Purpose.PASSKEY_SIGN_IN)
    return PasskeyOptions(token=token, options=options)


@router.post("/login", dependencies=[Depends(public)], responses=errors(BadRequest, Unauthorized))
async def login_with_passkey(
    request: Request, response: Response, session: SessionDep, form: PasskeyLogin
) -> TokenReply:
    """Sign in by a passkey alone. It was unlocked by a finger, a face or a PIN, so it counts as two factors."""
    signed_in = await sign_in.sign_in_with_passkey(session, accounts_of(request), form, Client.of(request))
    return token_reply(request, response, signed_in)


@router.post("/registration-options", responses=errors(Conflict, Forbidden))
async def get_passkey_registration_options(
    principal: RecentlyProved, request: Request, session: SessionDep
) -> PasskeyOptions:
    """What a browser needs to make a passkey. An account can have 20."""
    token, options = await management.begin_passkey(session, accounts_of(request), principal)
    return PasskeyOptions(token=token, options=options)


@router.post("", status_code=201, responses=errors(BadRequest, Conflict))
async def add_passkey(principal: SignedIn, request: Request, session: SessionDep, form: NewPasskey) -> PasskeyRead:
    """Keep the passkey that was made. From then on signing in with the password asks for a second factor."""
    return PasskeyRead.model_validate(await management.add_passkey(session, accounts_of(request), principal, form))


@router.patch("/{passkey_id}", responses=errors(NotFound))
async def rename_passkey(
    principal: SignedIn, passkey_id: PasskeyId, session: SessionDep, form: PasskeyUpdate
) -> PasskeyRead:
    """Call a passkey something else."""
    return PasskeyRead.model_validate(await management.rename_passkey(session, principal, passkey_id, form.name))


@router.delete("/{passkey_id}", status_code=204, responses=errors(NotFound, Conflict, Forbidden))
async def remove_passkey(
    principal: RecentlyProved, passkey_id: PasskeyId, request: Request, session: SessionDep
) -> None:
    """Remove a passkey; not the last way into the account. Recovery codes go with the last second factor."""
    await management.remove_passkey(session, accounts_of(request), principal, passkey_id)

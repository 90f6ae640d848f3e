"""Second factors over HTTP: at sign-in, in one's own settings, and for administrators; and proving again who one is."""

from fastapi import APIRouter, Depends, Request, Response

from musubi.core.database import ReaderDep, SessionDep, database_of
from musubi.core.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthorized
from musubi.core.http.envelope import Done
from musubi.core.http.route import Route
from musubi.core.i18n import Text
from musubi.core.openapi import errors
from musubi.core.permissions import SignedIn, public
from musubi.features.accounts import administration, identities, limits, proof
from musubi.features.accounts.oidc import oidc_of
from musubi.features.accounts.one_time import Purpose
from musubi.features.accounts.proof import RecentlyProved
from musubi.features.accounts.schemas import TokenReply
from musubi.features.accounts.second_factors import management, passkeys, sign_in
from musubi.features.accounts.second_factors.status import factors_of
from musubi.features.accounts.service import accounts_of
from musubi.features.accounts.sessions import Client
from musubi.features.accounts.token_reply import token_reply
from musubi.features.accounts.two_factor_schemas import (
    LinkedIdentity,
    MfaAnswer,
    MfaPasskeyOptions,
    MfaToken,
    PasskeyOptions,
    PasskeyRead,
    Proof,
    RecoveryCodes,
    TotpCode,
    TotpSetup,
    TwoFactorState,
    TwoFactorSummary,
)
from musubi.features.accounts.users_router import UserId, UserReader, UserWriter

router = APIRouter(tags=["accounts"], route_class=Route)

_PROVED = Text("Confirmed", "確認しました")
_RESET = Text(
    "Second factors removed, and signed out everywhere", "二要素認証を解除し、すべての端末からログアウトしました"
)


@router.post("/auth/login/mfa", dependencies=[Depends(public)], responses=errors(Unauthorized))
async def login_with_second_factor(
    request: Request, response: Response, session: SessionDep, attempts: limits.SecondFactorAttempts, form: MfaAnswer
) -> TokenReply:
    """Finish a sign-in that asked for a second factor. A wrong answer may be corrected, up to five in all; the reason
    in a 401 tells whether that is still possible: `wrong_answer`, or `sign_in_expired`."""
    halfway = await sign_in.begin_answer(database_of(request), form.mfa_token)
    async with attempts.at(str(halfway.user_id), failure=Unauthorized):
        signed_in = await sign_in.answer(session, accounts_of(request), halfway, form, Client.of(request))
    return token_reply(request, response, signed_in)


@router.post(
    "/auth/login/mfa/passkey-options", dependencies=[Depends(public)], responses=errors(Unauthorized, Conflict)
)
async def get_second_factor_passkey_options(request: Request, session: SessionDep, form: MfaToken) -> MfaPasskeyOptions:
    """What a browser needs to answer with a passkey; the latest options count."""
    options = await sign_in.ask_for_passkey(session, accounts_of(request), form.mfa_token)
    return MfaPasskeyOptions(options=options)


@router.post("/auth/reauthenticate", responses=errors(BadRequest, Forbidden))
async def reauthenticate(
    principal: SignedIn, request: Request, session: SessionDep, attempts: limits.ProofAttempts, form: Proof
) -> Done:
    """Prove again who one is, before something that asks for it. An account with a second factor proves it by that."""
    async with attempts.at(str(principal.user_id), failure=BadRequest):
        await proof.prove(database_of(request), session, accounts_of(request), principal, form)
    return Done.now(_PROVED.render())


@router.post("/auth/reauthenticate/passkey-options", responses=errors(Conflict))
async def get_reauthentication_passkey_options(
    principal: SignedIn, request: Request, session: SessionDep
) -> PasskeyOptions:
    """What a browser needs to prove it with a passkey."""
    token, options = await accounts_of(request).second_factors.passkeys.ask(
        session, Purpose.PASSKEY_PROOF, user_id=principal.user_id
    )
    return PasskeyOptions(token=token, options=options)


@router.get("/auth/two-factor")
async def get_two_factor(principal: SignedIn, request: Request, reader: ReaderDep) -> TwoFactorState:
    """What one can sign in with."""
    factors = await factors_of(reader, principal.user_id)
    if factors is None:
        raise Unauthorized
    own = await passkeys.list_of(reader, principal.user_id)
    connected = await identities.list_identities(reader, oidc_of(request).providers, principal.user_id)
    return TwoFactorState(
        totp=factors.totp is not None,
        recovery_codes_left=factors.recovery_codes_left,
        passkeys=[PasskeyRead.model_validate(row) for row in own],
        identities=[LinkedIdentity.model_validate(each) for each in connected],
        has_password=factors.has_password,
    )


@router.post("/auth/totp", responses=errors(Conflict, Forbidden))
async def set_up_totp(principal: RecentlyProved, request: Request, session: SessionDep) -> TotpSetup:
    """Begin setting up an authenticator app. It counts once its first code is confirmed."""
    new = await management.begin_totp(session, accounts_of(request), principal)
    return TotpSetup(secret=new.secret, uri=new.uri, qr=new.picture())


@router.post("/auth/totp/confirm", responses=errors(BadRequest, Conflict, Forbidden))
async def confirm_totp(
    principal: RecentlyProved, request: Request, session: SessionDep, form: TotpCode
) -> RecoveryCodes:
    """Confirm the authenticator app with its first code. From then on signing in asks for one."""
    codes = await management.confirm_totp(session, accounts_of(request), principal, form.code)
    return RecoveryCodes(recovery_codes=codes)


@router.delete("/auth/totp", status_code=204, responses=errors(NotFound, Forbidden))
async def remove_totp(principal: RecentlyProved, request: Request, session: SessionDep) -> None:
    """Remove the authenticator app. Recovery codes go with the last second factor."""
    await management.remove_totp(session, accounts_of(request), principal)


@router.post("/auth/recovery-codes", responses=errors(Conflict, Forbidden))
async def make_recovery_codes(principal: RecentlyProved, request: Request, session: SessionDep) -> RecoveryCodes:
    """Ten new recovery codes; those before are worthless."""
    codes = await management.make_recovery_codes(session, accounts_of(request), principal)
    return RecoveryCodes(recovery_codes=codes)


@router.get("/users/{user_id}/two-factor", responses=errors(NotFound))
async def get_user_two_factor(_: UserReader, user_id: UserId, reader: ReaderDep) -> TwoFactorSummary:
    """What someone can sign in with."""
    factors = await factors_of(reader, user_id)
    if factors is None:
        raise NotFound(administration.USER_NOT_FOUND)
    return TwoFactorSummary(
        totp=factors.totp is not None,
        recovery_codes_left=factors.recovery_codes_left,
        passkeys=factors.passkeys,
        identities=factors.identities,
    )


@router.delete("/users/{user_id}/two-factor", responses=errors(NotFound, Forbidden))
async def reset_user_two_factor(principal: UserWriter, user_id: UserId, request: Request, session: SessionDep) -> Done:
    """Remove the second factors of someone who lost them, and sign them out. Superusers only by superusers."""
    await management.reset(session, accounts_of(request), principal, user_id)
    return Done.now(_RESET.render())

"""Proving again who one is, before what a stolen session must not be enough for."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.core.clock import utcnow
from musubi.core.database import Database, database_of
from musubi.core.errors import BadRequest, Forbidden, Invalid, Unauthorized
from musubi.core.i18n import Text
from musubi.core.permissions import Principal, SignedIn
from musubi.features import audit
from musubi.features.accounts import repository
from musubi.features.accounts.one_time import Purpose
from musubi.features.accounts.second_factors import passkeys
from musubi.features.accounts.second_factors.status import ProofMethod, SecondFactorMethod, factors_of
from musubi.features.accounts.service import Accounts, accounts_of
from musubi.features.accounts.two_factor_schemas import Proof

_PROVE = Text("Confirm that it is you", "ご本人であることを確認してください")
_SIGN_IN_AGAIN = Text("Sign in again to do this", "この操作をするには、もう一度ログインしてください")
_REQUIRED = Text("This field is required", "入力してください")
_NOT_ENOUGH = Text("This account needs another proof", "このアカウントでは別の方法で確認してください")
_WRONG = {
    ProofMethod.PASSWORD: Text("The password is not correct", "パスワードが違います"),
    ProofMethod.TOTP: Text("This code is not right", "コードが違います"),
    ProofMethod.RECOVERY: Text("This code is not right", "コードが違います"),
    ProofMethod.PASSKEY: Text("This passkey could not be verified", "パスキーを確認できませんでした"),
}
_FIELD = {ProofMethod.PASSWORD: "password", ProofMethod.PASSKEY: "assertion"}


async def check_recent_proof(request: Request, principal: SignedIn) -> Principal:
    """The caller of a route that asks for a proof; of some that do so for a part of what they take. Raises Forbidden
    unless their session has one."""
    lifetime = timedelta(minutes=request.app.state.settings.proof_minutes)
    async with database_of(request).reading() as reader:
        proved_at = await repository.proved_at(reader, principal.session_id)
        if proved_at is not None and utcnow() - proved_at < lifetime:
            return principal
        factors = await factors_of(reader, principal.user_id)
    methods = accounts_of(request).second_factors.proofs(factors) if factors else []
    raise Forbidden(
        _PROVE if methods else _SIGN_IN_AGAIN,
        details={"reason": "reauthentication_required", "methods": methods},
    )


RecentlyProved = Annotated[Principal, Depends(check_recent_proof)]
"""The caller, whose session proved who they are within the last minutes: at sign-in, or by `prove`. Raises Forbidden
with `{"reason": "reauthentication_required", "methods": [...]}`."""


async def prove(
    database: Database, session: AsyncSession, accounts: Accounts, principal: Principal, form: Proof
) -> None:
    """Note that the caller's session has proved who they are. Raises BadRequest when they could not, Forbidden when
    `form.method` is not enough for this account, Invalid when something is missing."""
    if form.method is ProofMethod.PASSWORD:
        await _prove_by_password(database, session, accounts, principal, form.password)
    else:
        await _prove_by_factor(session, accounts, principal, form)
    await accounts.sessions.prove(session, principal.session_id)
    await audit.record(
        session,
        "session.proved",
        object_type="session",
        object_id=principal.session_id,
        details={"method": form.method},
    )


async def _prove_by_password(
    database: Database, session: AsyncSession, accounts: Accounts, principal: Principal, password: str | None
) -> None:
    if password is None:
        raise Invalid(fields={"password": _REQUIRED})
    async with database.reading() as reader:
        await _check_password_is_enough(reader, accounts, principal)
        kept = await repository.password_hash_of(reader, principal.user_id)
    if not await accounts.hasher.verify(password, kept):
        raise _wrong(session, principal, ProofMethod.PASSWORD)
    # Locked, and looked at now: a second factor that was added while we were hashing counts.
    user = await repository.get_user(session, principal.user_id, for_update=True)
    if user is None or user.password_hash != kept:
        raise _wrong(session, principal, ProofMethod.PASSWORD)
    await _check_password_is_enough(session, accounts, principal)


async def _check_password_is_enough(
    reader: AsyncConnection | AsyncSession, accounts: Accounts, principal: Principal
) -> None:
    factors = await factors_of(reader, principal.user_id)
    methods = accounts.second_factors.proofs(factors) if factors else []
    if ProofMethod.PASSWORD not in methods:
        raise Forbidden(
            _NOT_ENOUGH if methods else _SIGN_IN_AGAIN,
            details={"reason": "reauthentication_required", "methods": methods},
        )


async def _prove_by_factor(session: AsyncSession, accounts: Accounts, principal: Principal, form: Proof) -> None:
    user = await repository.get_user(session, principal.user_id, for_update=True)
    if user is None:
        raise Unauthorized
    challenge = None
    if form.method is ProofMethod.PASSKEY:
        if form.token is None:
            raise Invalid(fields={"token": _REQUIRED})
        asked = await passkeys.take(session, Purpose.PASSKEY_PROOF, form.token)
        if asked is not None and asked.user_id == principal.user_id:
            challenge = asked.data["challenge"]
    right = await accounts.second_factors.check(
        session,
        user,
        SecondFactorMethod(form.method),
        code=form.code,
        assertion=form.assertion,
        challenge=challenge,
    )
    if not right:
        raise _wrong(session, principal, form.method)


def _wrong(session: AsyncSession, principal: Principal, method: ProofMethod) -> BadRequest:
    audit.record_despite_error(
        session,
        "session.proof_failed",
        object_type="session",
        object_id=principal.session_id,
        details={"method": method},
    )
    return BadRequest(_WRONG[method], fields={_FIELD.get(method, "code"): _WRONG[method]})

"""Signing in with more, or something else, than a password."""

from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core import metrics
from musubi.core.database import Database
from musubi.core.errors import BadRequest, Unauthorized
from musubi.core.i18n import Text
from musubi.features import audit
from musubi.features.accounts import one_time, repository
from musubi.features.accounts.models import OneTimeToken, User
from musubi.features.accounts.one_time import Purpose
from musubi.features.accounts.second_factors import passkeys
from musubi.features.accounts.second_factors.service import as_json
from musubi.features.accounts.service import INACTIVE, Accounts
from musubi.features.accounts.sessions import Client, SignedInSession
from musubi.features.accounts.two_factor_schemas import MfaAnswer, PasskeyLogin

_MOST_ANSWERS = 5
_EXPIRED = Text("This sign-in took too long; begin again", "時間切れです。最初からログインし直してください")
_WRONG_CODE = Text("This code is not right", "コードが違います")
_WRONG_PASSKEY = Text("This passkey could not be verified", "パスキーを確認できませんでした")


async def begin_answer(database: Database, mfa_token: str) -> OneTimeToken:
    """The sign-in that is halfway, with one more answer counted. Raises Unauthorized when there is none.

    It is counted, and committed, before anyone looks at the answer: of many wrong ones at once no more than five are
    looked at.
    """
    async with database.transaction() as session:
        halfway = await one_time.attempt(session, Purpose.SECOND_FACTOR, mfa_token, at_most=_MOST_ANSWERS)
    if halfway is None:
        raise expired()
    return halfway


async def answer(
    session: AsyncSession, accounts: Accounts, halfway: OneTimeToken, form: MfaAnswer, client: Client
) -> SignedInSession:
    """Finish a sign-in by its second factor. Raises Unauthorized."""
    # First the user, as everywhere: a ban or a new password that is just being written ends this sign-in, too.
    user = await _lock(session, halfway.user_id)
    if (
        user is None
        or not user.is_active
        or await one_time.take(session, Purpose.SECOND_FACTOR, form.mfa_token) is None
    ):
        raise expired()
    right = await accounts.second_factors.check(
        session,
        user,
        form.method,
        code=form.code,
        assertion=form.assertion,
        challenge=halfway.data.get("challenge"),
    )
    if not right:
        metrics.sign_ins.labels("second_factor", "failed").inc()
        audit.record_despite_error(
            session,
            "user.second_factor_failed",
            object_type="user",
            object_id=user.id,
            details={"method": form.method},
        )
        raise Unauthorized(_WRONG_PASSKEY if form.assertion else _WRONG_CODE, details={"reason": "wrong_answer"})
    return await accounts.enter(session, user, client, method=f"{halfway.data['method']}+{form.method}")


async def ask_for_passkey(session: AsyncSession, accounts: Accounts, mfa_token: str) -> dict[str, object]:
    """The options for answering with a passkey. Raises Unauthorized, and Conflict where there can be none."""
    party = accounts.second_factors.passkeys.party
    party.check_available()
    halfway = await one_time.peek(session, Purpose.SECOND_FACTOR, mfa_token)
    if halfway is None or halfway.user_id is None or halfway.failures >= _MOST_ANSWERS:
        raise expired()
    challenge = party.assertion(await passkeys.list_of(session, halfway.user_id))
    # A new dictionary, or the change would not be noticed.
    halfway.data = {**halfway.data, "challenge": challenge.challenge}
    return challenge.options


async def sign_in_with_passkey(
    session: AsyncSession, accounts: Accounts, form: PasskeyLogin, client: Client
) -> SignedInSession:
    """Sign in by a passkey alone: it was unlocked by its owner, so it is two factors. Raises Unauthorized, and
    BadRequest for a disabled account."""
    asked = await passkeys.take(session, Purpose.PASSKEY_SIGN_IN, form.token)
    if asked is None:
        raise expired()
    user = await _lock(session, await passkeys.owner_of(session, form.assertion.id))
    right = user is not None and await accounts.second_factors.passkeys.check(
        session, user, as_json(form.assertion), asked.data["challenge"], names_user=True
    )
    if user is None or not right:
        metrics.sign_ins.labels("passkey", "failed").inc()
        audit.record_despite_error(
            session,
            "user.sign_in_failed",
            object_type="user",
            object_id=user.id if user else None,
            details={"method": "passkey"},
        )
        raise Unauthorized(_WRONG_PASSKEY, details={"reason": "wrong_answer"})
    if not user.is_active:
        metrics.sign_ins.labels("passkey", "refused").inc()
        raise BadRequest(INACTIVE)
    return await accounts.enter(session, user, client, method="passkey")


def expired() -> Unauthorized:
    """The sign-in has to begin again."""
    return Unauthorized(_EXPIRED, details={"reason": "sign_in_expired"})


async def _lock(session: AsyncSession, user_id: int | None) -> User | None:
    return None if user_id is None else await repository.get_user(session, user_id, for_update=True)

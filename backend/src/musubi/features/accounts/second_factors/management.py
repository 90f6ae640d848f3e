"""Adding second factors to an account and taking them away; by its owner, or by an administrator for someone who lost
them."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthorized
from musubi.core.i18n import Text
from musubi.core.permissions import Principal
from musubi.features import audit
from musubi.features.accounts import administration, one_time, repository
from musubi.features.accounts.models import Passkey, User
from musubi.features.accounts.second_factors import passkeys, recovery_codes
from musubi.features.accounts.second_factors.service import as_json
from musubi.features.accounts.second_factors.status import Factors, factors_of
from musubi.features.accounts.second_factors.totp import NewSecret
from musubi.features.accounts.service import Accounts
from musubi.features.accounts.two_factor_schemas import NewPasskey

_TOTP_IS_ON = Text("An authenticator app is set up already", "認証アプリはすでに設定されています")
_NO_TOTP = Text("No authenticator app is set up", "認証アプリは設定されていません")
_NOTHING_TO_CONFIRM = Text("Begin setting up an authenticator app first", "先に認証アプリの設定を始めてください")
_WRONG_CODE = Text("This code is not right", "コードが違います")
_NO_FACTOR = Text("Set up an authenticator app or a passkey first", "先に認証アプリかパスキーを設定してください")
_LAST_WAY_IN = Text(
    "Nothing else would open your account: set a password or connect another account first",
    "ほかにログインする方法がなくなります。先にパスワードを設定するか、ほかのアカウントを連携してください",
)
_NOT_ONES_OWN = Text(
    "Your own second factors are changed in your settings", "自分の二要素認証は設定ページで変更してください"
)


async def begin_totp(session: AsyncSession, accounts: Accounts, principal: Principal) -> NewSecret:
    """A secret for an authenticator app, waiting for its first code. Raises Conflict when there is an app already."""
    user = await _lock(session, principal)
    totp = accounts.second_factors.totp
    if await totp.is_pending(session, user.id) is False:
        raise Conflict(_TOTP_IS_ON)
    return await totp.begin(session, user.id, user.username)


async def confirm_totp(session: AsyncSession, accounts: Accounts, principal: Principal, code: str) -> list[str]:
    """Make the authenticator app a factor; a new set of recovery codes. Raises Conflict, BadRequest."""
    user = await _lock(session, principal)
    totp = accounts.second_factors.totp
    is_pending = await totp.is_pending(session, user.id)
    if not is_pending:
        raise Conflict(_NOTHING_TO_CONFIRM if is_pending is None else _TOTP_IS_ON)
    if not await totp.confirm(session, user.id, code):
        raise BadRequest(_WRONG_CODE, fields={"code": _WRONG_CODE})
    await _note(session, user, "totp.enabled")
    await accounts.mails.second_factor_changed(session, user, "totp_added")
    await accounts.sessions.doubt(session, user.id, keep=principal.session_id)
    return await _new_codes(session, user)


async def remove_totp(session: AsyncSession, accounts: Accounts, principal: Principal) -> None:
    """Raises NotFound."""
    user = await _lock(session, principal)
    was_pending = await accounts.second_factors.totp.is_pending(session, user.id)
    if not await accounts.second_factors.totp.remove(session, user.id):
        raise NotFound(_NO_TOTP)
    if not was_pending:
        await _note(session, user, "totp.disabled")
        await accounts.mails.second_factor_changed(session, user, "totp_removed")
        await _after_removal(session, user)


async def make_recovery_codes(session: AsyncSession, accounts: Accounts, principal: Principal) -> list[str]:
    """A new set in place of the one before. Raises Conflict where there is nothing that it could replace."""
    user = await _lock(session, principal)
    if not (await _factors(session, user)).has_second_factor:
        raise Conflict(_NO_FACTOR)
    await accounts.mails.second_factor_changed(session, user, "codes_made")
    return await _new_codes(session, user)


async def begin_passkey(session: AsyncSession, accounts: Accounts, principal: Principal) -> tuple[str, dict[str, Any]]:
    """The token and the options for a new passkey. Raises Conflict."""
    return await accounts.second_factors.passkeys.begin_registration(session, await _lock(session, principal))


async def add_passkey(session: AsyncSession, accounts: Accounts, principal: Principal, form: NewPasskey) -> Passkey:
    """Raises BadRequest, Conflict."""
    user = await _lock(session, principal)
    passkey = await accounts.second_factors.passkeys.register(
        session, user, token=form.token, name=form.name, credential=as_json(form.credential)
    )
    await audit.record(session, "passkey.added", object_type="passkey", object_id=passkey.id)
    await accounts.mails.second_factor_changed(session, user, "passkey_added")
    await accounts.sessions.doubt(session, user.id, keep=principal.session_id)
    return passkey


async def rename_passkey(session: AsyncSession, principal: Principal, passkey_id: int, name: str) -> Passkey:
    """Raises NotFound."""
    user = await _lock(session, principal)
    passkey = await passkeys.rename(session, user.id, passkey_id, name)
    await audit.record(session, "passkey.renamed", object_type="passkey", object_id=passkey_id)
    return passkey


async def remove_passkey(session: AsyncSession, accounts: Accounts, principal: Principal, passkey_id: int) -> None:
    """Raises NotFound, and Conflict when nothing else would open the account."""
    user = await _lock(session, principal)
    await passkeys.remove(session, user.id, passkey_id)
    factors = await _factors(session, user)
    if not (factors.passkeys or factors.has_password or factors.identities):
        raise Conflict(_LAST_WAY_IN)
    await audit.record(session, "passkey.removed", object_type="passkey", object_id=passkey_id)
    await accounts.mails.second_factor_changed(session, user, "passkey_removed")
    await _after_removal(session, user)


async def reset(session: AsyncSession, accounts: Accounts, principal: Principal, user_id: int) -> None:
    """As an administrator, take all second factors from someone who lost them, and end their sessions. Raises
    NotFound, Forbidden."""
    if user_id == principal.user_id:
        # There one has to prove who one is.
        raise Forbidden(_NOT_ONES_OWN)
    await take_away(session, accounts, await administration.changeable(session, principal, user_id))


async def take_away(session: AsyncSession, accounts: Accounts, user: User) -> None:
    """Take all second factors from `user`, whose row the caller holds, and end their sessions."""
    await repository.forget_second_factors(session, user.id)
    await one_time.void(session, user.id)
    await accounts.sessions.end_all(session, user.id)
    await _note(session, user, "two_factor.reset")
    await accounts.mails.second_factor_changed(session, user, "reset")


async def _new_codes(session: AsyncSession, user: User) -> list[str]:
    codes = await recovery_codes.replace(session, user.id)
    await _note(session, user, "recovery_codes.made")
    return codes


async def _after_removal(session: AsyncSession, user: User) -> None:
    # Whoever waits for their second factor would be asked for one that is gone.
    await one_time.void(session, user.id, one_time.Purpose.SECOND_FACTOR)
    if not (await _factors(session, user)).has_second_factor:
        # Codes that replace nothing would open nothing, and look as if they did.
        await recovery_codes.forget(session, user.id)


async def _factors(session: AsyncSession, user: User) -> Factors:
    factors = await factors_of(session, user.id)
    if factors is None:
        raise Unauthorized
    return factors


async def _lock(session: AsyncSession, principal: Principal) -> User:
    """The caller's row, so that changes to one account come one after another."""
    user = await repository.get_user(session, principal.user_id, for_update=True)
    if user is None:
        raise Unauthorized
    return user


async def _note(session: AsyncSession, user: User, action: str) -> None:
    await audit.record(session, action, object_type="user", object_id=user.id)

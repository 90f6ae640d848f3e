"""What people do with what was mailed to them: confirm an address, set a forgotten password anew."""

from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.database import Database
from musubi.core.errors import BadRequest, Conflict, Unauthorized
from musubi.core.i18n import Text
from musubi.core.jobs import Discard, JobKind
from musubi.core.keyring import KeyRing, Unreadable
from musubi.core.permissions import Principal
from musubi.features import audit
from musubi.features.accounts import mailed_repository, one_time, repository
from musubi.features.accounts.events import ProfileChanged
from musubi.features.accounts.models import User
from musubi.features.accounts.one_time import Purpose
from musubi.features.accounts.service import Accounts

_LINK = Text(
    "This link is not valid any more: it was used, or it is too old",
    "このリンクは使えません（使用済みか、期限切れです）",
)
_VERIFIED_ALREADY = Text("This address is confirmed already", "このメールアドレスは確認済みです")
_ADDRESS_SEAL = "forgotten password"


async def verify_email(session: AsyncSession, accounts: Accounts, token: str) -> None:
    """Note that the holder of `token` gets the mail of their account. Raises BadRequest for a link that is no good."""
    user = await _redeem(session, Purpose.VERIFY_EMAIL, token)
    await one_time.void(session, user.id, Purpose.VERIFY_EMAIL)
    user.email_verified = True
    await accounts.events.publish(session, ProfileChanged(user.id))
    await audit.record(session, "email.verified", object_type="user", object_id=user.id, actor_id=user.id)


async def ask_for_verification(session: AsyncSession, accounts: Accounts, principal: Principal) -> None:
    """Mail the link to confirm one's address again. Raises Conflict when it is confirmed."""
    user = await repository.get_user(session, principal.user_id, for_update=True)
    if user is None:
        raise Unauthorized
    if user.email_verified:
        raise Conflict(_VERIFIED_ALREADY)
    await accounts.mails.verify_email(session, user)


async def ask_for_reset(session: AsyncSession, accounts: Accounts, keys: KeyRing, address: str) -> None:
    """Have a link mailed to whoever has this address.

    Only a job finds out whether anyone does, so the reply can't tell, and takes the same time.
    """
    await accounts.jobs.enqueue(session, MAIL_RESET, {"sealed_address": keys.seal(_ADDRESS_SEAL, address.encode())})


async def _mail_reset(app: FastAPI, payload: dict[str, Any]) -> None:
    accounts: Accounts = app.state.accounts
    keys: KeyRing = app.state.keys
    try:
        address = keys.open(_ADDRESS_SEAL, payload["sealed_address"]).decode()
    except Unreadable:
        raise Discard("It was sealed with a secret that is no longer set") from None
    async with app.state.database.transaction() as session:
        user = await repository.get_user_by_email(session, address)
        if user is not None and user.is_active:
            await accounts.mails.reset_password(session, user)


async def reset_password(
    database: Database, session: AsyncSession, accounts: Accounts, token: str, new_password: str
) -> None:
    """Set a new password with a mailed token, and end every session. The second factor stays.

    Raises BadRequest for a link that is no good, and Invalid for a bad password, which doesn't use the link up.
    """
    async with database.reading() as reader:
        asked = await one_time.look_up(reader, Purpose.RESET_PASSWORD, token)
        row = None if asked is None else await repository.get_user_row(reader, asked.user_id)
    if row is None:
        raise BadRequest(_LINK)
    accounts.password_rule.check(new_password, username=row.username, email=row.email, field="new_password")
    new_hash = await accounts.hasher.hash(new_password)
    user = await _redeem(session, Purpose.RESET_PASSWORD, token)
    user.password_hash = new_hash
    removed = False
    if not user.email_verified:
        # Until now nobody had shown that this address is theirs. Whoever made the account with it may have left
        # themselves another door.
        removed = await mailed_repository.remove_ways_in(session, user.id)
        user.email_verified = True
    await one_time.void(session, user.id)
    await accounts.sessions.end_all(session, user.id)
    details = {"other_ways_in_removed": removed}
    await audit.record(
        session, "password.reset", object_type="user", object_id=user.id, actor_id=user.id, details=details
    )
    await accounts.mails.password_changed(session, user, removed=removed)


async def _redeem(session: AsyncSession, purpose: Purpose, token: str) -> User:
    """Use the token up. Whose it was, held until the transaction ends. Raises BadRequest when it is nobody's, no longer
    theirs, or they are disabled."""
    # First the user, as everywhere: two that hold a row each and wait for the other's would both fail.
    found = await one_time.peek(session, purpose, token)
    user = None
    if found is not None and found.user_id is not None:
        user = await repository.get_user(session, found.user_id, for_update=True)
    taken = await one_time.take(session, purpose, token)
    if taken is None or user is None or not user.is_active or user.email_key != taken.data["address"]:
        raise BadRequest(_LINK)
    return user


MAIL_RESET = JobKind("accounts.mail_reset", _mail_reset)

"""Passkeys: WebAuthn credentials of accounts. Callers hold the user's row."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.core.clock import utcnow
from musubi.core.database import outlive_rollback
from musubi.core.errors import BadRequest, Conflict, NotFound
from musubi.core.i18n import Text
from musubi.core.types import AnyRow
from musubi.features import audit
from musubi.features.accounts import one_time
from musubi.features.accounts.models import OneTimeToken, Passkey, User
from musubi.features.accounts.one_time import Purpose
from musubi.features.accounts.second_factors.relying_party import Challenge, NotVerified, RelyingParty, user_handle

MOST = 20
"""How many one account may have."""
CHALLENGE_LIFETIME = timedelta(minutes=5)

NOT_FOUND = Text("Passkey not found", "パスキーが見つかりません")
_TOO_MANY = Text("An account can have 20 passkeys at the most", "パスキーは1アカウントにつき20個までです")
_KNOWN = Text("This passkey is already registered", "このパスキーはすでに登録されています")
_NOT_VERIFIED = Text("This passkey could not be verified", "パスキーを確認できませんでした")
_EXPIRED = Text("This took too long; try again", "時間切れです。もう一度お試しください")


class Passkeys:
    """The passkeys of all accounts."""

    def __init__(self, party: RelyingParty) -> None:
        self.party = party

    async def begin_registration(self, session: AsyncSession, user: User) -> tuple[str, dict[str, Any]]:
        """The token of a challenge, and the options with it. Raises Conflict when there can be no (more) passkeys."""
        self.party.check_available()
        existing = await list_of(session, user.id)
        if len(existing) >= MOST:
            raise Conflict(_TOO_MANY)
        challenge = self.party.registration(user, existing)
        return await _issue(session, Purpose.PASSKEY_REGISTRATION, challenge, user.id), challenge.options

    async def register(
        self, session: AsyncSession, user: User, *, token: str, name: str, credential: dict[str, Any]
    ) -> Passkey:
        """Keep the credential that was made for the challenge of `token`. Raises BadRequest, Conflict."""
        self.party.check_available()
        asked = await take(session, Purpose.PASSKEY_REGISTRATION, token)
        if asked is None or asked.user_id != user.id:
            raise BadRequest(_EXPIRED)
        try:
            key = self.party.verify_registration(credential, asked.data["challenge"])
        except NotVerified as error:
            raise BadRequest(_NOT_VERIFIED) from error
        if len(await list_of(session, user.id)) >= MOST:
            raise Conflict(_TOO_MANY)
        passkey = Passkey(
            user_id=user.id,
            name=name,
            credential_id=key.credential_id,
            public_key=key.public_key,
            sign_count=key.sign_count,
            transports=credential["response"]["transports"],
        )
        session.add(passkey)
        try:
            await session.flush()
        except IntegrityError as error:
            raise Conflict(_KNOWN) from error
        return passkey

    async def ask(
        self, session: AsyncSession, purpose: Purpose, *, user_id: int | None = None
    ) -> tuple[str, dict[str, Any]]:
        """The token of a challenge, and the options with it: for the passkeys of `user_id`, or for anybody's."""
        self.party.check_available()
        challenge = self.party.assertion(await list_of(session, user_id) if user_id is not None else ())
        return await _issue(session, purpose, challenge, user_id), challenge.options

    async def check(
        self, session: AsyncSession, user: User, assertion: dict[str, Any], challenge: str, *, names_user: bool = False
    ) -> bool:
        """Whether a passkey of `user` has signed this challenge just now. `names_user`: it has to say whose it is,
        because nobody else did."""
        row = await _find(session, assertion["id"])
        if row is None or row.user_id != user.id or not _is_handle_of(user, assertion, required=names_user):
            return False
        try:
            count = self.party.verify_assertion(assertion, challenge, row.public_key)
        except NotVerified:
            return False
        if await _count_up(session, row.id, count):
            return True
        # Signed with the right key, but with a counter that was seen before: there may be a copy of the key.
        audit.record_despite_error(
            session, "passkey.counter_went_back", object_type="passkey", object_id=row.id, actor_id=user.id
        )
        return False


async def owner_of(session: AsyncSession, credential_id: str) -> int | None:
    """Whose passkey this is."""
    row = await _find(session, credential_id)
    return None if row is None else int(row.user_id)


async def list_of(reader: AsyncSession | AsyncConnection, user_id: int) -> Sequence[Any]:
    """An account's passkeys, the oldest first."""
    columns = (Passkey.id, Passkey.name, Passkey.created_at, Passkey.last_used_at)
    statement = select(*columns, Passkey.credential_id, Passkey.transports).where(Passkey.user_id == user_id)
    return (await reader.execute(statement.order_by(Passkey.id))).all()


async def rename(session: AsyncSession, user_id: int, passkey_id: int, name: str) -> Passkey:
    """Raises NotFound."""
    statement = select(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == user_id)
    passkey = (await session.execute(statement)).scalar()
    if passkey is None:
        raise NotFound(NOT_FOUND)
    passkey.name = name
    await session.flush()
    return passkey


async def remove(session: AsyncSession, user_id: int, passkey_id: int) -> None:
    """Raises NotFound."""
    statement = delete(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == user_id).returning(Passkey.id)
    removed = await session.execute(statement.execution_options(synchronize_session=False))
    if removed.scalar() is None:
        raise NotFound(NOT_FOUND)


async def take(session: AsyncSession, purpose: Purpose, token: str) -> OneTimeToken | None:
    """The challenge of `token`, which is used up even if the answer to it turns out to be wrong."""

    async def use_up(survivor: AsyncSession) -> None:
        await one_time.take(survivor, purpose, token)

    outlive_rollback(session, use_up)
    return await one_time.take(session, purpose, token)


async def _issue(session: AsyncSession, purpose: Purpose, challenge: Challenge, user_id: int | None) -> str:
    data = {"challenge": challenge.challenge}
    return await one_time.issue(session, purpose, lifetime=CHALLENGE_LIFETIME, user_id=user_id, data=data)


async def _find(session: AsyncSession, credential_id: str) -> AnyRow | None:
    columns = (Passkey.id, Passkey.user_id, Passkey.public_key)
    return (await session.execute(select(*columns).where(Passkey.credential_id == credential_id))).first()


async def _count_up(session: AsyncSession, passkey_id: int, count: int) -> bool:
    """Note a use. False when the counter didn't go up, unless the authenticator has none and always says 0."""
    goes_up = (Passkey.sign_count < count) | ((Passkey.sign_count == 0) & (count == 0))
    statement = update(Passkey).where(Passkey.id == passkey_id, goes_up)
    noted = await session.execute(
        statement.values(sign_count=count, last_used_at=utcnow())
        .returning(Passkey.id)
        .execution_options(synchronize_session=False)
    )
    return noted.scalar() is not None


def _is_handle_of(user: User, assertion: dict[str, Any], *, required: bool) -> bool:
    said = assertion["response"].get("userHandle")
    if said is None:
        return not required
    try:
        handle = base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(handle, user_handle(user))

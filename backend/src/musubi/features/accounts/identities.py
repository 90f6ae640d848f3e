"""Accounts elsewhere that open accounts here: finding, connecting and disconnecting them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.adapters.oidc import Person
from musubi.core.errors import Conflict, NotFound, Unauthorized
from musubi.core.i18n import Text
from musubi.core.permissions import Principal
from musubi.core.types import AnyRow
from musubi.features import audit
from musubi.features.accounts import repository
from musubi.features.accounts.mails import AccountMails
from musubi.features.accounts.models import Identity, Passkey, User

if TYPE_CHECKING:
    from musubi.adapters.oidc.client import OpenIdClient

    Providers = Mapping[str, OpenIdClient]

_NOT_FOUND = Text("This account is not connected", "このアカウントは連携されていません")
_LAST_WAY_IN = Text(
    "Set a password or add a passkey first: nothing else would open your account",
    "先にパスワードを設定するかパスキーを追加してください（ほかにログインする方法がなくなります）",
)


async def list_identities(
    reader: AsyncConnection | AsyncSession, providers: "Providers", user_id: int
) -> list[dict[str, object]]:
    """What is connected to an account, oldest first: `id, provider, title, email, created_at`."""
    statement = select(Identity.id, Identity.provider, Identity.issuer, Identity.email, Identity.created_at)
    rows = (await reader.execute(statement.where(Identity.user_id == user_id).order_by(Identity.id))).all()
    return [
        {
            "id": row.id,
            "provider": row.provider,
            "title": _title(providers, row),
            "email": row.email,
            "created_at": row.created_at,
        }
        for row in rows
    ]


def _title(providers: "Providers", row: AnyRow) -> str:
    titles = [client.provider.title for client in providers.values() if client.provider.issuer == row.issuer]
    # One that is not in the settings any more has only the name it had there.
    return titles[0] if titles else row.provider


async def find_owner(session: AsyncSession, person: Person) -> User | None:
    """Whose account `person` opens, held until the transaction ends."""
    statement = select(Identity).where(Identity.issuer == person.issuer, Identity.subject == person.subject)
    user_id = await session.scalar(statement.with_only_columns(Identity.user_id))
    if user_id is None:
        return None
    user = await repository.get_user(session, user_id, for_update=True)
    # Looked at again: it may have been disconnected while we waited.
    identity = (await session.execute(statement.where(Identity.user_id == user_id))).scalar()
    if user is None or identity is None:
        return None
    if identity.email != _shown(person):
        identity.email = _shown(person)
    return user


async def is_connected_to(session: AsyncSession, user_id: int, issuer: str) -> bool:
    """Whether some account at this issuer opens the user's."""
    statement = select(Identity.id).where(Identity.user_id == user_id, Identity.issuer == issuer).limit(1)
    return (await session.execute(statement)).first() is not None


async def connect(session: AsyncSession, user: User, person: Person, *, provider: str) -> None:
    """Let `person` open the account from now on. Raises IntegrityError when they open another one."""
    identity = Identity(
        user_id=user.id,
        provider=provider,
        issuer=person.issuer,
        subject=person.subject,
        email=_shown(person),
        created_by=user.id,
        updated_by=user.id,
    )
    session.add(identity)
    await session.flush()
    await audit.record(
        session,
        "identity.linked",
        object_type="user",
        object_id=user.id,
        actor_id=user.id,
        details={"provider": provider},
    )


async def disconnect(
    session: AsyncSession, mails: AccountMails, principal: Principal, providers: "Providers", identity_id: int
) -> None:
    """Raises NotFound, and Conflict when nothing else would open the account."""
    # Held, so that of two ways in that are taken away at once one is still seen.
    user = await repository.get_user(session, principal.user_id, for_update=True)
    if user is None:
        raise Unauthorized
    connected = (await session.execute(select(Identity).where(Identity.user_id == user.id))).scalars().all()
    identity = next((each for each in connected if each.id == identity_id), None)
    if identity is None:
        raise NotFound(_NOT_FOUND)
    issuers = {client.provider.issuer for client in providers.values()}
    others = [each for each in connected if each is not identity and each.issuer in issuers]
    if user.password_hash is None and not others and not await _has_passkey(session, user.id):
        raise Conflict(_LAST_WAY_IN)
    await session.delete(identity)
    details = {"provider": identity.provider}
    await audit.record(session, "identity.unlinked", object_type="user", object_id=user.id, details=details)
    await mails.second_factor_changed(session, user, "identity_removed")


async def _has_passkey(session: AsyncSession, user_id: int) -> bool:
    return (await session.execute(select(Passkey.id).where(Passkey.user_id == user_id).limit(1))).first() is not None


def _shown(person: Person) -> str | None:
    return person.email if person.email is not None and len(person.email) <= 320 else None

"""The SQL of users."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.pagination import Listing, Page, Paging, both_ways, paginate
from musubi.core.permissions import Role
from musubi.core.text import fold
from musubi.core.types import AnyRow, AnySelect
from musubi.features.accounts.models import (
    AuthSession,
    Identity,
    OneTimeToken,
    Passkey,
    RecoveryCode,
    TotpSecret,
    User,
)

READ_COLUMNS = (
    User.id, User.username, User.email, User.full_name, User.bio, User.profile_image, User.role, User.is_active,
    User.is_superuser, User.email_verified, User.created_at, User.updated_at, User.created_by, User.updated_by,
)  # fmt: skip
"""A user as `UserRead` wants it: everything but the hash."""

MAX_SESSIONS = 100
"""How many sessions are shown of one user."""

_NEWEST_FIRST = both_ways("created_at", User.created_at, datetime)["-created_at"]
_BY_NAME = both_ways("username", User.username_key, str)["username"]


def not_deleted(statement: AnySelect) -> AnySelect:
    return statement.where(User.deleted_at.is_(None))


async def find_by_login(reader: AsyncConnection, login: str) -> AnyRow | None:
    """Id, hash and state of the account whose name or address is `login`. (A name has no `@`, so it can't be both.)"""
    key = fold(login.strip())
    column = User.email_key if "@" in key else User.username_key
    statement = select(User.id, User.password_hash, User.is_active).where(column == key)
    return (await reader.execute(not_deleted(statement))).first()


async def password_hash_of(reader: AsyncConnection, user_id: int) -> str | None:
    return await reader.scalar(select(User.password_hash).where(User.id == user_id))


async def proved_at(reader: AsyncConnection, session_id: int) -> datetime | None:
    """When whoever holds this session last proved who they are."""
    return await reader.scalar(select(AuthSession.authenticated_at).where(AuthSession.id == session_id))


async def get_user_row(reader: AsyncConnection, user_id: int) -> AnyRow | None:
    return (await reader.execute(not_deleted(select(*READ_COLUMNS)).where(User.id == user_id))).first()


async def get_user(session: AsyncSession, user_id: int, *, for_update: bool = False) -> User | None:
    """The account, to change it; other changes of the same account wait until ours is committed."""
    statement = not_deleted(select(User)).where(User.id == user_id)
    if for_update:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar()


async def get_user_by_email(session: AsyncSession, email: str) -> User | None:
    """The account that has this address, to change it."""
    statement = not_deleted(select(User)).where(User.email_key == fold(email)).with_for_update()
    return (await session.execute(statement)).scalar()


async def taken_fields(session: AsyncSession, *, username: str | None, email: str | None) -> list[str]:
    """Which of the two another account already has."""
    conditions: list[ColumnElement[bool]] = []
    if username is not None:
        conditions.append(User.username_key == fold(username))
    if email is not None:
        conditions.append(User.email_key == fold(email))
    found = (await session.execute(select(User.username_key, User.email_key).where(or_(*conditions)))).all()
    taken = []
    if username is not None and any(row.username_key == fold(username) for row in found):
        taken.append("username")
    if email is not None and any(row.email_key == fold(email) for row in found):
        taken.append("email")
    return taken


async def superuser_exists(connection: AsyncConnection | AsyncSession) -> bool:
    statement = not_deleted(select(User.id)).where(User.is_superuser).limit(1)
    return (await connection.execute(statement)).first() is not None


async def another_active_superuser(session: AsyncSession, user_id: int) -> bool:
    """Whether someone beside `user_id` is an active superuser."""
    statement = select(User.id).where(User.is_superuser, User.is_active, User.id != user_id).limit(1)
    return (await session.execute(not_deleted(statement))).first() is not None


async def list_users(
    database: Database, paging: Paging, *, search: str | None, role: Role | None, is_active: bool | None
) -> Page:
    """Accounts, newest first; `search` is a substring of name, address or full name."""
    condition: list[ColumnElement[bool]] = [User.deleted_at.is_(None)]
    if search:
        term = fold(search)
        condition.append(
            or_(
                User.username_key.contains(term, autoescape=True),
                User.email_key.contains(term, autoescape=True),
                User.full_name_key.contains(term, autoescape=True),
            )
        )
    if role is not None:
        condition.append(User.role == role)
    if is_active is not None:
        condition.append(User.is_active == is_active)

    async def count() -> int:
        async with database.reading() as reader:
            return await reader.scalar(select(func.count()).select_from(User).where(*condition)) or 0

    listing = Listing(select(*READ_COLUMNS).where(*condition), User.id, reused=False)
    return await paginate(database, listing, {}, ordering=_NEWEST_FIRST, paging=paging, count=count)


async def list_people(database: Database, paging: Paging, *, search: str | None) -> Page:
    """Active users by name, as everyone may see them; `search` is a substring of name or full name."""
    condition: list[ColumnElement[bool]] = [User.is_active.is_(True), User.deleted_at.is_(None)]
    if search:
        term = fold(search)
        condition.append(
            or_(User.username_key.contains(term, autoescape=True), User.full_name_key.contains(term, autoescape=True))
        )

    async def count() -> int:
        async with database.reading() as reader:
            return await reader.scalar(select(func.count()).select_from(User).where(*condition)) or 0

    columns = User.id, User.username, User.username_key, User.full_name, User.profile_image
    listing = Listing(select(*columns).where(*condition), User.id, reused=False)
    return await paginate(database, listing, {}, ordering=_BY_NAME, paging=paging, count=count)


async def names_of(database: Database, user_ids: Collection[int]) -> dict[int, str]:
    """What these users are called; who is deleted is left out."""
    if not user_ids:
        return {}
    statement = not_deleted(select(User.id, User.username)).where(User.id.in_(user_ids))
    async with database.reading() as reader:
        return {row.id: row.username for row in await reader.execute(statement)}


async def list_sessions(reader: AsyncConnection, user_id: int) -> list[AnyRow]:
    """The living sessions of a user, the one used last in front; `MAX_SESSIONS` at the most."""
    statement = (
        select(
            AuthSession.id, AuthSession.created_at, AuthSession.last_used_at, AuthSession.expires_at,
            AuthSession.address, AuthSession.user_agent,
        )
        .where(AuthSession.user_id == user_id, AuthSession.ended_at.is_(None), AuthSession.expires_at > utcnow())
        .order_by(AuthSession.last_used_at.desc(), AuthSession.id.desc())
        .limit(MAX_SESSIONS)
    )  # fmt: skip
    return list((await reader.execute(statement)).all())


async def forget_credentials(session: AsyncSession, user_id: int) -> None:
    """Delete everything but the password that an account can be opened with."""
    await _delete_of(session, user_id, OneTimeToken, Identity)
    await forget_second_factors(session, user_id)


async def forget_second_factors(session: AsyncSession, user_id: int) -> None:
    """Delete what is asked for beside the password, and what replaces that."""
    await _delete_of(session, user_id, TotpSecret, RecoveryCode, Passkey)


async def _delete_of(
    session: AsyncSession, user_id: int, *models: type[OneTimeToken | TotpSecret | RecoveryCode | Passkey | Identity]
) -> None:
    for model in models:
        statement = delete(model).where(model.user_id == user_id)
        await session.execute(statement.execution_options(synchronize_session=False))

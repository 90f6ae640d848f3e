"""What every request reads of its session, and the little that some of them write into it."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.queries import Query
from musubi.core.types import AnyRow
from musubi.features.accounts.models import AuthSession, User
from musubi.features.accounts.tokens import AccessClaims

_NOTED_EVERY = timedelta(minutes=5)
"""How far behind `last_used_at` may be. A write per request would make every read wait for the disk."""

_FIND = Query(
    select(
        AuthSession.user_id,
        AuthSession.generation,
        AuthSession.confirmed_at,
        AuthSession.last_used_at,
        AuthSession.ended_at,
        AuthSession.expires_at,
        User.username,
        User.full_name,
        User.profile_image,
        User.role,
        User.is_superuser,
        User.is_active,
    )
    .join(User, User.id == AuthSession.user_id)
    .where(AuthSession.id == bindparam("session_id"))
)
"""In front of every request: its session and its user."""


async def find_alive(database: Database, session_id: int) -> AnyRow | None:
    """A session and its user; None unless it goes on and the account may be used."""
    row = await _FIND.first(database, {"session_id": session_id})
    if row is None or row.ended_at is not None or row.expires_at <= utcnow() or not row.is_active:
        return None
    return row


async def confirm(database: Database, claims: AccessClaims) -> None:
    """Note the first use of a generation's tokens, from which on its predecessor's days are counted."""
    async with database.transaction() as session:
        await session.execute(
            update(AuthSession)
            .where(
                AuthSession.id == claims.session_id,
                AuthSession.generation == claims.generation,
                AuthSession.confirmed_at.is_(None),
            )
            .values(confirmed_at=utcnow())
            .execution_options(synchronize_session=False)
        )


def is_noted(last_used_at: datetime) -> bool:
    """Whether the last use on record is recent enough to leave it at that."""
    return utcnow() - last_used_at < _NOTED_EVERY


async def note(database: Database, session_id: int) -> None:
    """Note that a session is in use now; of many requests at once, one does."""
    now = utcnow()
    async with database.transaction() as session:
        await session.execute(
            update(AuthSession)
            .where(AuthSession.id == session_id, AuthSession.last_used_at <= now - _NOTED_EVERY)
            .values(last_used_at=now)
            .execution_options(synchronize_session=False)
        )

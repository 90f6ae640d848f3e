"""The SQL behind mailed tokens and notices."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import aliased

from musubi.core.types import AnyRow
from musubi.features.accounts.models import AuthSession, Identity, Passkey

# More places than anyone has.
_MAX_PLACES = 1000


async def remove_ways_in(session: AsyncSession, user_id: int) -> bool:
    """Delete what opens an account without its password. Whether there was anything."""
    removed = False
    for model in (Passkey, Identity):
        gone = delete(model).where(model.user_id == user_id).returning(model.id)
        result = await session.scalars(gone.execution_options(synchronize_session=False))
        removed = bool(result.all()) or removed
    return removed


async def is_known_place(session: AsyncSession, session_id: int) -> bool:
    """Whether the user of a session signed in with the very same browser from the very same address before, or never
    before at all."""
    this, earlier = AuthSession, aliased(AuthSession)
    before = (
        select(earlier.id)
        .join(this, (this.user_id == earlier.user_id) & (earlier.id < this.id))
        .where(this.id == session_id)
        .limit(1)
    )
    same = before.where(
        earlier.user_agent.is_not_distinct_from(this.user_agent), earlier.address.is_not_distinct_from(this.address)
    )
    return await session.scalar(same) is not None or await session.scalar(before) is None


async def get_sign_in(reader: AsyncConnection, session_id: int) -> AnyRow | None:
    """Where and when a session was begun."""
    columns = AuthSession.id, AuthSession.user_id, AuthSession.address, AuthSession.user_agent, AuthSession.created_at
    return (await reader.execute(select(*columns).where(AuthSession.id == session_id))).first()


async def places_before(reader: AsyncConnection, sign_in: AnyRow) -> list[AnyRow]:
    """Browsers and addresses that the same user signed in with before."""
    statement = (
        select(AuthSession.user_agent, AuthSession.address)
        .where(AuthSession.user_id == sign_in.user_id, AuthSession.id < sign_in.id)
        .distinct()
        .limit(_MAX_PLACES)
    )
    return list((await reader.execute(statement)).all())

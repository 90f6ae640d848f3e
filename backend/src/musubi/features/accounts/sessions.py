"""Sign-ins: beginning, refreshing and ending them, and knowing who sent a request."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import Request
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.clock import utcnow
from musubi.core.database import Database, database_of, outlive_rollback
from musubi.core.errors import Unauthorized
from musubi.core.events import Events
from musubi.core.permissions import Principal, Role
from musubi.core.types import AnyRow
from musubi.features import audit
from musubi.features.accounts import session_use
from musubi.features.accounts.events import SessionsEnded
from musubi.features.accounts.models import AuthSession, User
from musubi.features.accounts.tokens import (
    InvalidToken,
    RefreshClaims,
    TokenMaker,
    new_seed,
    read_refresh,
)

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request came from, as shown in the list of one's sessions."""

    address: str | None
    user_agent: str | None

    @classmethod
    def of(cls, request: Request) -> "Client":
        user_agent = request.headers.get("user-agent", "")[:300]
        # A trusted proxy may have forwarded something longer than any address.
        return cls(request.client.host[:45] if request.client else None, user_agent or None)


@dataclass(frozen=True, slots=True)
class SignedInSession:
    """A session right after sign-in or refresh, with its newest tokens."""

    user: User
    principal: Principal
    access_token: str
    refresh_token: str
    expires_at: datetime


class Sessions:
    """The rules of sessions, with the keys and lifetimes they follow."""

    def __init__(self, tokens: TokenMaker, events: Events, *, lifetime: timedelta, grace: timedelta) -> None:
        self.tokens = tokens
        self._events = events
        self._lifetime = lifetime
        self._grace = grace

    async def begin(self, session: AsyncSession, user: User, client: Client) -> SignedInSession:
        """Sign `user` in."""
        now = utcnow()
        row = AuthSession(
            user_id=user.id,
            seed=new_seed(),
            generation=0,
            # The first token has no predecessor that could still be welcome.
            confirmed_at=now,
            authenticated_at=now,
            last_used_at=now,
            expires_at=now + self._lifetime,
            address=client.address,
            user_agent=client.user_agent,
        )
        session.add(row)
        await session.flush()
        return self._issue(row, user)

    async def refresh(self, session: AsyncSession, token: str) -> SignedInSession:
        """Exchange a refresh token for its successor.

        The newest token steps the session on by one compare-and-set, so of many at once one makes the step. The one
        before gets the same successor until that was used, and for the grace period after: a lost reply, a second
        tab, a phone that went to sleep. Any other means that two parties hold this session, and ends it.

        Raises Unauthorized; the end of the session survives it.
        """
        claims = _read_refresh(token)
        found = await self._find(session, claims)
        if found is None:
            raise Unauthorized
        row, user = found
        if claims.generation == row.generation:
            if await self._step(session, row.id, claims.generation):
                await session.refresh(row)
                return self._issue(row, user)
            # Another request stepped first: to it, ours is the predecessor now.
            await session.refresh(row)
        if self._is_welcome_predecessor(row, claims.generation):
            return self._issue(row, user)

        # Taken now: the rollback in between leaves nothing of the row to read.
        user_id, session_id = row.user_id, row.id

        async def end_stolen(survivor: AsyncSession) -> None:
            await self.end(survivor, session_id)
            await audit.record(
                survivor, "session.reuse_detected", object_type="session", object_id=session_id, actor_id=user_id
            )

        outlive_rollback(session, end_stolen)
        raise Unauthorized

    async def end_by_refresh_token(self, session: AsyncSession, token: str) -> int | None:
        """End the session that a refresh token of any generation belongs to; its user's id, or None if the token isn't
        ours."""
        try:
            found = await self._find(session, _read_refresh(token))
        except Unauthorized:
            return None
        if found is None:
            return None
        row, user = found
        await self.end(session, row.id)
        return user.id

    async def end(self, session: AsyncSession, session_id: int, *, of_user: int | None = None) -> bool:
        """End one session, if it is `of_user`'s; its tokens stop working with the commit. Whether it was alive."""
        condition = AuthSession.id == session_id
        if of_user is not None:
            condition &= AuthSession.user_id == of_user
        return bool(await self._end(session, condition))

    async def end_all(self, session: AsyncSession, user_id: int, *, keep: int | None = None) -> int:
        """End every session of a user but `keep`. How many there were."""
        return await self._end(session, (AuthSession.user_id == user_id) & (AuthSession.id != (keep or 0)))

    async def forget_all(self, session: AsyncSession, user_id: int) -> None:
        """End every session of a user, and keep nothing of where they were signed in."""
        await self.end_all(session, user_id)
        await session.execute(
            update(AuthSession)
            .where(AuthSession.user_id == user_id)
            .values(address=None, user_agent=None)
            .execution_options(synchronize_session=False)
        )

    async def _end(self, session: AsyncSession, condition: ColumnElement[bool]) -> int:
        ended = await session.execute(
            update(AuthSession)
            .where(condition, AuthSession.ended_at.is_(None))
            .values(ended_at=utcnow())
            .returning(AuthSession.user_id, AuthSession.id)
            .execution_options(synchronize_session=False)
        )
        rows = ended.all()
        if rows:
            await self._events.publish(session, SessionsEnded(rows[0].user_id, tuple(row.id for row in rows)))
        return len(rows)

    async def prove(self, session: AsyncSession, session_id: int) -> None:
        """Note that whoever holds this session has just proved who they are."""
        await session.execute(
            update(AuthSession)
            .where(AuthSession.id == session_id)
            .values(authenticated_at=utcnow())
            .execution_options(synchronize_session=False)
        )

    async def doubt(self, session: AsyncSession, user_id: int, *, keep: int) -> None:
        """Let every session of a user but `keep` prove anew who holds it, before anything that asks for that."""
        await session.execute(
            update(AuthSession)
            .where(AuthSession.user_id == user_id, AuthSession.id != keep)
            .values(authenticated_at=_LONG_AGO)
            .execution_options(synchronize_session=False)
        )

    async def authenticate(self, request: Request) -> Principal:
        """Who sent this request. Raises Unauthorized unless its access token and its session are alive."""
        principal, _ = await self.principal_of_token(database_of(request), bearer_token(request))
        return principal

    async def principal_of_token(self, database: Database, token: str) -> tuple[Principal, datetime]:
        """Whose access token this is, and until when it is good. Raises Unauthorized unless it and its session are
        alive."""
        try:
            claims = self.tokens.read_access(token)
        except InvalidToken:
            raise Unauthorized from None
        row = await session_use.find_alive(database, claims.session_id)
        if row is None or row.user_id != claims.user_id:
            raise Unauthorized
        if row.confirmed_at is None and row.generation == claims.generation:
            await session_use.confirm(database, claims)
        if not session_use.is_noted(row.last_used_at):
            await session_use.note(database, claims.session_id)
        return _principal(row, claims.session_id), min(claims.expires_at, row.expires_at)

    async def principal_of_session(self, database: Database, session_id: int) -> Principal:
        """Whose session this is. Raises Unauthorized unless it is alive."""
        row = await session_use.find_alive(database, session_id)
        if row is None:
            raise Unauthorized
        return _principal(row, session_id)

    async def _find(self, session: AsyncSession, claims: RefreshClaims) -> tuple[AuthSession, User] | None:
        """The living session that this token was really issued in."""
        statement = select(AuthSession, User).join(User, User.id == AuthSession.user_id)
        found = (await session.execute(statement.where(AuthSession.id == claims.session_id))).first()
        if found is None:
            return None
        row, user = found
        alive = row.ended_at is None and row.expires_at > utcnow() and user.is_active
        return (row, user) if alive and self.tokens.verify_refresh(claims, row.seed) else None

    async def _step(self, session: AsyncSession, session_id: int, generation: int) -> bool:
        stepped = await session.execute(
            update(AuthSession)
            .where(
                AuthSession.id == session_id,
                AuthSession.generation == generation,
                AuthSession.ended_at.is_(None),
            )
            .values(generation=generation + 1, confirmed_at=None, last_used_at=utcnow())
            .returning(AuthSession.id)
            .execution_options(synchronize_session=False)
        )
        return stepped.scalar() is not None

    def _is_welcome_predecessor(self, row: AuthSession, generation: int) -> bool:
        if row.ended_at is not None or generation != row.generation - 1:
            return False
        return row.confirmed_at is None or utcnow() - row.confirmed_at <= self._grace

    def _issue(self, row: AuthSession, user: User) -> SignedInSession:
        principal = Principal(
            user.id, user.username, Role(user.role), user.is_superuser, row.id, user.full_name, user.profile_image
        )
        return SignedInSession(
            user,
            principal,
            self.tokens.access_token(user.id, row.id, row.generation),
            self.tokens.refresh_token(row.id, row.generation, row.seed),
            row.expires_at,
        )


def bearer_token(request: Request) -> str:
    """The access token that a request carries. Raises Unauthorized when it carries none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized
    return token.strip()


def _principal(row: AnyRow, session_id: int) -> Principal:
    return Principal(
        row.user_id, row.username, Role(row.role), row.is_superuser, session_id, row.full_name, row.profile_image
    )


def _read_refresh(token: str) -> RefreshClaims:
    try:
        return read_refresh(token)
    except InvalidToken:
        raise Unauthorized from None

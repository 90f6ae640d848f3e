"""`Idempotency-Key`: a create that is sent twice happens once.

After the IETF draft "The Idempotency-Key HTTP Header Field": the first request claims the key, its reply is kept in
the same transaction as what it created, and the same request gets that reply again for 24 hours. The claim is
committed by itself, so that a second request can see that the first is still being served. A request that fails gives
its key back; one that died with its process loses it after a minute.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

import anyio
from fastapi import Depends, Header, Request, Response
from sqlalchemy import ColumnElement, LargeBinary, String, UniqueConstraint, and_, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from musubi.core.clock import utcnow
from musubi.core.database import Database, database_of, outlive_rollback
from musubi.core.errors import Conflict, Invalid
from musubi.core.i18n import Text
from musubi.core.models import Base, BigId
from musubi.core.permissions import caller_of

KEPT_FOR: Final = timedelta(hours=24)
CLAIM_LEASE: Final = timedelta(minutes=1)

_IN_FLIGHT = Text("The first request with this key is still being served", "同じキーのリクエストを処理中です")
_OTHER_BODY = Text("This key was used for another request", "このキーは別のリクエストで使われています")

# What of a reply is worth repeating; everything else (ids, security headers) is made anew.
_KEPT_HEADERS = ("content-type", "location", "etag", "upload-expires")


class IdempotencyKey(Base):
    """A key that a user's request claimed, and the reply once there is one."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(64))
    claimed_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    headers: Mapped[str | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)


@dataclass(frozen=True, slots=True)
class Claim:
    """A request's hold on a key."""

    user_id: int
    key: str
    since: datetime

    def is_still_ours(self) -> ColumnElement[bool]:
        """Since when it is held tells it from a claim that followed it when this one had run out."""
        return and_(
            IdempotencyKey.user_id == self.user_id,
            IdempotencyKey.key == self.key,
            IdempotencyKey.claimed_at == self.since,
        )

    async def give_back(self, session: AsyncSession) -> None:
        """Free the key, unless there is a reply: of a commit that seemed to fail, but did not."""
        unanswered = IdempotencyKey.status.is_(None)
        await session.execute(delete(IdempotencyKey).where(self.is_still_ours(), unanswered))


class Replay(Exception):
    """Raised instead of serving a request that was served before; carries the first reply."""

    def __init__(self, response: Response) -> None:
        self.response = response


def fingerprint_of(*parts: bytes | str) -> str:
    """What tells requests with one key apart: method, path, and what else they say. None of the parts but the last may
    hold NUL."""
    return hashlib.sha256(b"\0".join(part.encode() if isinstance(part, str) else part for part in parts)).hexdigest()


async def _claim(request: Request, key: str, fingerprint: str) -> Claim:
    """Take the key for this request. Raises Replay, Invalid or Conflict when it was taken before."""
    principal = await caller_of(request)
    kept = await _find_or_claim(database_of(request), principal.user_id, key, fingerprint)
    if isinstance(kept, Claim):
        return kept
    if kept.fingerprint != fingerprint:
        raise Invalid(fields={"Idempotency-Key": _OTHER_BODY})
    if kept.status is None:
        raise Conflict(_IN_FLIGHT, headers={"Retry-After": "1"})
    headers = dict(line.split(": ", 1) for line in (kept.headers or "").splitlines())
    raise Replay(Response(kept.body, kept.status, {**headers, "Idempotent-Replayed": "true"}))


async def _find_or_claim(database: Database, user_id: int, key: str, fingerprint: str) -> IdempotencyKey | Claim:
    """What is known of the key, or the claim when it is now ours."""
    now = utcnow()
    mine = (IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
    try:
        async with database.transaction() as session:
            abandoned = IdempotencyKey.status.is_(None) & (IdempotencyKey.claimed_at < now - CLAIM_LEASE)
            expired = IdempotencyKey.claimed_at < now - KEPT_FOR
            await session.execute(delete(IdempotencyKey).where(*mine, abandoned | expired))
            known = await session.scalar(select(IdempotencyKey).where(*mine))
            if known is not None:
                return known
            session.add(IdempotencyKey(user_id=user_id, key=key, fingerprint=fingerprint, claimed_at=now))
            return Claim(user_id, key, now)
    except IntegrityError:
        # Two requests at once, and the other one was first.
        raise Conflict(_IN_FLIGHT, headers={"Retry-After": "1"}) from None


IdempotencyHeader = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)]


async def _idempotent_session(request: Request, key: IdempotencyHeader = None) -> AsyncIterator[AsyncSession]:
    # Before the session: a claim must be committed before a writing transaction is open, or SQLite would wait for us.
    claim = None
    if key is not None:
        claim = await _claim(request, key, fingerprint_of(request.method, request.url.path, await request.body()))
    async with database_of(request).transaction() as session:
        if claim is not None:
            outlive_rollback(session, claim.give_back)
            request.state.claimed = session, claim
        yield session


IdempotentSessionDep = Annotated[AsyncSession, Depends(_idempotent_session, scope="function")]
"""The session of a route that creates something for the signed-in user and honours `Idempotency-Key`."""


@asynccontextmanager
async def claimed(request: Request, key: str | None, *parts: str) -> AsyncIterator[Claim | None]:
    """A block that creates something, for a route that reads its body by itself and so knows only then what it is
    asked for: `parts` say that. None without a key.

    The block has to write its reply with `keep_in`, in the transaction of what it creates; when it raises, the key is
    given back. Raises Replay, Invalid or Conflict instead of beginning when the key was taken before.
    """
    if key is None:
        yield None
        return
    claim = await _claim(request, key, fingerprint_of(request.method, request.url.path, *parts))
    try:
        yield claim
    except BaseException:
        with anyio.CancelScope(shield=True):
            async with database_of(request).transaction() as session:
                await claim.give_back(session)
        raise


async def keep_reply(request: Request, response: Response) -> None:
    """Write the reply into the request's own transaction, if it claimed a key; raises as `keep_in`."""
    held: tuple[AsyncSession, Claim] | None = getattr(request.state, "claimed", None)
    if held is not None:
        await keep_in(*held, response)


async def keep_in(session: AsyncSession, claim: Claim, response: Response) -> None:
    """Write the reply to whoever made `claim` into this transaction.

    Raises Conflict when the claim has run out and the key is another request's, so that only that one creates.
    """
    headers = "\n".join(f"{name}: {response.headers[name]}" for name in _KEPT_HEADERS if name in response.headers)
    kept = await session.scalar(
        update(IdempotencyKey)
        .where(claim.is_still_ours())
        .values(status=response.status_code, headers=headers, body=response.body)
        .returning(IdempotencyKey.id)
    )
    if kept is None:
        raise Conflict(_IN_FLIGHT, headers={"Retry-After": "1"})

"""Tokens that are good for one thing, once, for a while: mailed links, challenges, sign-ins that are halfway.

The token is 256 random bits and only its SHA-256 is kept, so a copy of the database opens nothing. It is used up by
deleting its row and looking whether there was one: of many requests at once, one gets it.
"""

import hashlib
import secrets
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.core.clock import utcnow
from musubi.core.types import AnyRow
from musubi.features.accounts.models import OneTimeToken


class Purpose(StrEnum):
    """What a token is good for; one made for another purpose is none."""

    VERIFY_EMAIL = "verify-email"
    RESET_PASSWORD = "reset-password"  # noqa: S105
    SECOND_FACTOR = "second-factor"
    PASSKEY_SIGN_IN = "passkey-sign-in"
    PASSKEY_REGISTRATION = "passkey-registration"
    PASSKEY_PROOF = "passkey-proof"
    OIDC = "oidc"
    SOCKET = "socket"


async def issue(
    session: AsyncSession,
    purpose: Purpose,
    *,
    lifetime: timedelta,
    user_id: int | None = None,
    data: dict[str, Any] | None = None,
) -> str:
    """A new token; `data` comes back with it."""
    token = secrets.token_urlsafe(32)
    session.add(
        OneTimeToken(
            purpose=purpose,
            digest=_digest(token),
            user_id=user_id,
            data=data or {},
            expires_at=utcnow() + lifetime,
        )
    )
    await session.flush()
    return token


async def take(session: AsyncSession, purpose: Purpose, token: str) -> OneTimeToken | None:
    """Use a token up. None when it is unknown, used or expired."""
    statement = delete(OneTimeToken).where(*_alive(purpose, token)).returning(OneTimeToken)
    return (await session.execute(statement.execution_options(synchronize_session=False))).scalar()


async def peek(session: AsyncSession, purpose: Purpose, token: str) -> OneTimeToken | None:
    """Look at a token and leave it as it is. None when it is unknown, used or expired."""
    return (await session.execute(select(OneTimeToken).where(*_alive(purpose, token)))).scalar()


async def look_up(reader: AsyncConnection, purpose: Purpose, token: str) -> AnyRow | None:
    """What `peek` sees, without a transaction: `user_id` and `data`."""
    return (
        await reader.execute(select(OneTimeToken.user_id, OneTimeToken.data).where(*_alive(purpose, token)))
    ).first()


async def attempt(session: AsyncSession, purpose: Purpose, token: str, *, at_most: int) -> OneTimeToken | None:
    """Count an answer to a token that `at_most` may be given to. None when it is unknown, used or expired, or when that
    would be one too many.

    Commit it before looking at the answer: of many that come at once, no more than `at_most` are looked at.
    """
    statement = (
        update(OneTimeToken)
        .where(*_alive(purpose, token), OneTimeToken.failures < at_most)
        .values(failures=OneTimeToken.failures + 1)
        .returning(OneTimeToken)
    )
    return (await session.execute(statement.execution_options(synchronize_session=False))).scalar()


async def void(session: AsyncSession, user_id: int, *purposes: Purpose) -> None:
    """Make a user's tokens for these purposes worthless, or all of them when none is named."""
    condition: list[ColumnElement[bool]] = [OneTimeToken.user_id == user_id]
    if purposes:
        condition.append(OneTimeToken.purpose.in_(purposes))
    await session.execute(delete(OneTimeToken).where(*condition).execution_options(synchronize_session=False))


def _alive(purpose: Purpose, token: str) -> tuple[ColumnElement[bool], ...]:
    return OneTimeToken.digest == _digest(token), OneTimeToken.purpose == purpose, OneTimeToken.expires_at > utcnow()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

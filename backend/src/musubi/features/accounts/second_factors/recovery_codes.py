"""Codes on paper, each of which replaces the second factor once.

A code has 120 random bits, so its SHA-256, with the account's id in it, can be neither guessed nor looked up. It isn't
keyed: codes are what is left when the application's secret was lost.
"""

import hashlib
import secrets
import unicodedata

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.features.accounts.models import RecoveryCode

HOW_MANY = 10
# Crockford's base 32: nothing in it looks like something else.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LOOK_ALIKES = str.maketrans("oil", "011")
_GROUPS, _GROUP = 4, 6


async def replace(session: AsyncSession, user_id: int) -> list[str]:
    """A new set, as it is shown once; those before are worthless."""
    await forget(session, user_id)
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_GROUPS * _GROUP)) for _ in range(HOW_MANY)]
    session.add_all(RecoveryCode(user_id=user_id, digest=_digest(user_id, code)) for code in codes)
    await session.flush()
    return ["-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP)) for code in codes]


async def use(session: AsyncSession, user_id: int, typed: str) -> bool:
    """Whether `typed` is one that is left. It is used up by that: of many at once, one gets it."""
    used = delete(RecoveryCode).where(
        RecoveryCode.user_id == user_id, RecoveryCode.digest == _digest(user_id, _normal(typed))
    )
    result = await session.execute(used.returning(RecoveryCode.id).execution_options(synchronize_session=False))
    return result.scalar() is not None


async def forget(session: AsyncSession, user_id: int) -> None:
    """Delete all that are left."""
    statement = delete(RecoveryCode).where(RecoveryCode.user_id == user_id)
    await session.execute(statement.execution_options(synchronize_session=False))


def _normal(typed: str) -> str:
    """A code as it was made: without the dashes, and whatever it was read as."""
    plain = unicodedata.normalize("NFKC", typed).casefold().translate(_LOOK_ALIKES)
    return "".join(character for character in plain if character in _ALPHABET)


def _digest(user_id: int, code: str) -> str:
    return hashlib.sha256(f"{user_id} {code}".encode()).hexdigest()

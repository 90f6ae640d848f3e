"""Names for accounts whose owners didn't choose one."""

import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.text import fold, normalize
from musubi.features.accounts.models import User
from musubi.features.accounts.schemas import MAX_USERNAME, Username

_FALLBACK: Final = "user"
_SUFFIXES: Final = range(2, 10)
# Room for the longest that is put behind a name.
_MAX_STEM: Final = MAX_USERNAME - 9
_username: Final = TypeAdapter[str](Username)


async def free_username(session: AsyncSession, wishes: Iterable[str | None]) -> str:
    """A valid name that nobody has: the first of `wishes` that makes one, with a number if it is taken."""
    stem = next(filter(None, map(_stem, wishes)), _FALLBACK)
    candidates = [stem, *(f"{stem}-{number}" for number in _SUFFIXES)]
    statement = select(User.username_key).where(User.username_key.in_(map(fold, candidates)))
    taken = set((await session.execute(statement)).scalars())
    free = (candidate for candidate in candidates if fold(candidate) not in taken)
    # A stem that is so popular gets something that can't be taken.
    return next(free, f"{stem}-{secrets.token_hex(4)}")


def _stem(wish: str | None) -> str | None:
    """What is left of `wish` when all that a name can't have is gone; None when that is no name."""
    if wish is None:
        return None
    # Providers that know people by their address say that; what stands before the @ is enough.
    text = normalize(wish[: 4 * MAX_USERNAME].partition("@")[0]).replace(" ", ".")
    stem = "".join(_allowed(text))[:_MAX_STEM].strip("._-")
    try:
        return _username.validate_python(stem)
    except ValidationError:
        return None


def _allowed(text: str) -> Iterator[str]:
    for character in text:
        if character in "_.-" or unicodedata.category(character)[0] in "LMN":
            yield character

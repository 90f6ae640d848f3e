"""Passwords: the rule they follow, and hashing them without stopping everything else."""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from musubi.core.errors import Invalid, ServiceUnavailable
from musubi.core.i18n import Text
from musubi.core.text import fold

T = TypeVar("T")

MIN_LENGTH = 8
MAX_LENGTH = 100

RULE: dict[str, Any] = {"min": MIN_LENGTH, "max": MAX_LENGTH, "upper": True, "lower": True, "digit": True}
"""The rule as the contract tells it, so that the browser can check it while one types."""

_COMPOSITION = Text(
    "8 to 100 characters, with an upper-case letter, a lower-case letter and a digit",
    "8〜100文字で、英大文字・英小文字・数字をそれぞれ1文字以上含めてください",
)
_COMMON = Text("This password is one of the first that an attacker tries", "推測されやすいパスワードです")
_PERSONAL = Text("The password must not be your name or address", "ユーザー名やメールアドレスは使えません")


class PasswordRule:
    """What a new password must be."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        """`words`: what an attacker would try here first, such as the name of the organization."""
        self._words = frozenset(_letters(word) for word in words)

    def check(self, password: str, *, username: str, email: str, field: str = "password") -> None:
        """Raises Invalid for `field` unless `password` follows the rule for this person."""
        if (
            not MIN_LENGTH <= len(password) <= MAX_LENGTH
            or not any(character.isupper() for character in password)
            or not any(character.islower() for character in password)
            or not any(character.isdecimal() for character in password)
        ):
            raise Invalid(fields={field: _COMPOSITION})
        folded = fold(password)
        if folded in (fold(username), fold(email), fold(email.partition("@")[0])):
            raise Invalid(fields={field: _PERSONAL})
        if folded in _common_passwords() or _letters(password) in self._words:
            raise Invalid(fields={field: _COMMON})


def _letters(text: str) -> str:
    """`text` without the digits and signs that are put around a word to make a password of it."""
    return "".join(character for character in fold(text) if character.isalpha())


@cache
def _common_passwords() -> frozenset[str]:
    # Imported when first needed: the list takes a moment, and most processes never check a new password.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


class PasswordHasher:
    """Argon2id in a few threads of its own.

    A hash costs about a quarter of a second and 64 MiB, so only `workers` run at once and `queue` may wait; whoever
    comes then gets ServiceUnavailable at once, and the rest of the application stays quick.
    """

    def __init__(self, *, memory_kib: int, iterations: int, workers: int, queue: int) -> None:
        self._hash = PasswordHash((Argon2Hasher(memory_cost=memory_kib, time_cost=iterations, parallelism=1),))
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="argon2")
        self._free = workers + queue
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to keep for `password`."""
        return await self._run(self._hash.hash, password)

    async def verify(self, password: str, kept: str | None) -> bool:
        """Whether `password` is the one `kept` was made of. With None it takes as long, and the answer is no."""
        if kept is None:
            await self._run(self._verify_decoy, password)
            return False
        return await self._run(self._hash.verify, password, kept)

    def is_outdated(self, kept: str) -> bool:
        """Whether `kept` was made at another cost than today's."""
        return self._hash.current_hasher.check_needs_rehash(kept)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify_decoy(self, password: str) -> bool:
        if self._decoy is None:
            self._decoy = self._hash.hash("nobody's password")
        return self._hash.verify(password, self._decoy)

    async def _run(self, function: Callable[..., T], *args: str) -> T:
        if self._free == 0:
            raise ServiceUnavailable(headers={"Retry-After": "2"})
        self._free -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, function, *args)
        finally:
            self._free += 1

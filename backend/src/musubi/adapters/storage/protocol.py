"""What keeping bytes means."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

PIECE_BYTES: Final = 256 * 1024
"""About how much a read gives at a time."""

_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


class StorageUnavailable(Exception):
    """The store can't be asked now: gone, too slow, or it doesn't let us in."""


class StorageFull(Exception):
    """There is no room left."""


class Missing(Exception):
    """Nothing is kept under this key."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Something that is kept."""

    key: str
    size: int
    """In bytes."""
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Description:
    """What a store that answers browsers itself tells them of the bytes."""

    content_type: str
    disposition: str
    """A whole `Content-Disposition`."""


class Storage(Protocol):
    """Keeps bytes under keys such as `files/ab/abcd…`: names of letters, digits, `-`, `_` and `.`, none of which begins
    with a dot, with slashes between them. No key is another one and a slash and more.

    Every method raises StorageUnavailable, and those that write StorageFull, within a bounded time. After such an error
    the bytes may be kept or not, but never a part of them; deleting them is always right. When a call ends, also
    because it was cancelled, nothing of it goes on here. Anything else than a key raises ValueError.
    """

    async def put(self, key: str, data: bytes) -> None:
        """Keep `data`; it is at rest when this returns. What was kept there is replaced, in one step."""

    async def put_file(self, key: str, path: Path, description: Description | None = None) -> None:
        """Keep what is in the file `path`, which may be gone afterwards; at rest, and in one step, as `put`."""

    def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and without `end`, in pieces of bounded size; as far as there are any.

        Raises Missing before the first. What is deleted or replaced meanwhile is still read to its end, or the reading
        fails: old and new are never mixed.
        """

    async def delete(self, *keys: str) -> None:
        """Keep them no longer; those that aren't there are gone already."""

    def list(self, prefix: str = "") -> AsyncIterator[Stored]:
        """Everything whose key begins with `prefix`, which is empty or ends with a slash, in no certain order.

        What is put or deleted meanwhile may be among it or not.
        """

    async def tidy(self, age: timedelta) -> None:
        """Remove what writes left behind that never came to an end, if it is older than `age`."""

    async def download_url(self, key: str, lifetime: timedelta) -> str | None:
        """Where a browser gets the bytes from the store itself; None where only we can give them."""

    async def ping(self) -> None:
        """Ask the store for an answer."""


def is_name(text: str) -> bool:
    """Whether it can be a part of a key."""
    return _NAME.fullmatch(text) is not None


def names_of_key(key: str) -> list[str]:
    """The parts of a key. Raises ValueError if it isn't one."""
    names = key.split("/")
    if not all(map(is_name, names)):
        raise ValueError(f"{key!r} is not a key")
    return names


def names_of_prefix(prefix: str) -> list[str]:
    """The parts of what keys begin with; none of the empty one. Raises ValueError if no key can begin so."""
    if not prefix:
        return []
    if not prefix.endswith("/"):
        raise ValueError(f"{prefix!r} does not end with a slash")
    return names_of_key(prefix[:-1])

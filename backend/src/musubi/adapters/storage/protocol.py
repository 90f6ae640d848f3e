"""What keeping bytes means."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol


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
    """Keeps bytes under keys such as `files/ab/abcd…`: letters, digits, `-`, `_`, `.` and slashes.

    Every method raises StorageUnavailable, and those that write StorageFull, within a bounded time.
    """

    async def put(self, key: str, data: bytes) -> None:
        """Keep `data`; it is at rest when this returns. What was kept there is replaced, in one step."""

    async def put_file(self, key: str, path: Path, description: Description | None = None) -> None:
        """Keep what is in the file `path`, which may be gone afterwards; at rest, and in one step, as `put`."""

    def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and without `end`, in pieces of bounded size. Raises Missing before the first."""

    async def delete(self, *keys: str) -> None:
        """Keep them no longer; those that aren't there are gone already."""

    def list(self, prefix: str = "") -> AsyncIterator[Stored]:
        """Everything whose key begins with `prefix`, which is empty or ends with a slash, in no certain order."""

    async def tidy(self, age: timedelta) -> None:
        """Remove what writes left behind that never came to an end, if it is older than `age`."""

    async def download_url(self, key: str, lifetime: timedelta) -> str | None:
        """Where a browser gets the bytes from the store itself; None where only we can give them."""

    async def ping(self) -> None:
        """Ask the store for an answer."""

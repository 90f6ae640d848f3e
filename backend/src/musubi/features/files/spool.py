"""What is arriving lies in a directory of this machine, until it is whole and was looked into."""

import asyncio
import errno
import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from io import FileIO
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

import structlog

from musubi.core.errors import InsufficientStorage, PayloadTooLarge, ServiceUnavailable
from musubi.core.i18n import Text

log = structlog.get_logger("musubi.files")

TOO_LARGE = Text("The file is too large", "ファイルが大きすぎます")
# Small pieces are written together: each write is a trip to another thread.
_PIECE = 256 * 1024
LEFT_FOR = timedelta(days=1)
"""How old a file has to be for its process to have died: as long as that lives, something is written every minute."""
_LOOK_SECONDS = 3600.0
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spooled:
    """Bytes that are here as a whole."""

    path: Path
    size: int
    sha256: str
    """In hexadecimal digits."""


class SpoolFile:
    """A file that is being written. What goes wrong with the disk is told as the application's own errors."""

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._size = 0
        self._digest = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._waiting_size = 0
        self._file: FileIO | None = None

    async def write(self, data: bytes) -> None:
        """Add `data` at the end. Raises PayloadTooLarge, InsufficientStorage, ServiceUnavailable."""
        self._size += len(data)
        if self._size > self._limit:
            raise PayloadTooLarge(TOO_LARGE)
        self._waiting.append(data)
        self._waiting_size += len(data)
        if self._waiting_size >= _PIECE:
            await self._flush()

    async def finish(self) -> Spooled:
        """What was written, all of which is in the file now. Raises as `write`."""
        await self._flush()
        return Spooled(self._path, self._size, self._digest.hexdigest())

    async def remove(self) -> None:
        """Close the file, and remove it unless it was taken from here."""

        def discard() -> None:
            if self._file is not None:
                self._file.close()
            self._path.unlink(missing_ok=True)

        await in_thread(discard)

    async def _flush(self) -> None:
        data = b"".join(self._waiting)
        self._waiting, self._waiting_size = [], 0
        try:
            await in_thread(lambda: self._append(data))
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise InsufficientStorage from error
            log.exception("what arrives can't be kept")
            raise ServiceUnavailable(headers={"Retry-After": "5"}) from error

    def _append(self, data: bytes) -> None:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = FileIO(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")
        self._digest.update(data)
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]


class Spool:
    """The directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._next_look = 0.0

    async def tidy(self, age: timedelta = LEFT_FOR) -> int:
        """Remove what a process of this machine left there that died, if it is older than `age`; how many that were."""
        self._next_look = time.monotonic() + _LOOK_SECONDS
        latest = time.time() - age.total_seconds()

        def remove() -> int:
            count = 0
            for path in self.directory.glob("*"):
                # Others come and go while we look.
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < latest:
                        path.unlink()
                        count += 1
            return count

        return await in_thread(remove)

    async def tidy_sometimes(self) -> None:
        """The same once an hour. No job can do it: that runs on one machine."""
        if time.monotonic() >= self._next_look:
            await self.tidy()


@asynccontextmanager
async def spooling(spool: Spool, *, limit: int) -> AsyncIterator[SpoolFile]:
    """A new file in the spool that takes at most `limit` bytes. It is gone at the end of the block, unless something
    took it from there."""
    await spool.tidy_sometimes()
    file = SpoolFile(spool.directory / token_hex(16), limit)
    try:
        yield file
    finally:
        await file.remove()


async def in_thread(work: Callable[[], T]) -> T:
    """Do `work`, which waits for the disk. It is never left alone: whoever is cancelled meanwhile is so afterwards."""
    doing = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait({doing})
        raise

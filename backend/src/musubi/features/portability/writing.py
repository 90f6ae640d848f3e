"""Writing an archive: part by part into a file of this machine, and never more than a piece of it in memory."""

import hashlib
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Any, Self
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from pydantic_core import to_json

from musubi.core.clock import utcnow
from musubi.features.files.spool import Spool, in_thread
from musubi.features.portability.archive import Part

_PIECE = 256 * 1024


class ArchiveWriter:
    """A zip file that is being written. Every wait for the disk is a thread's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._now = utcnow()
        self._zip: ZipFile | None = None
        self.parts: list[Part] = []

    async def __aenter__(self) -> Self:
        def begin() -> ZipFile:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
            return ZipFile(file, "w", ZIP_STORED, allowZip64=True)

        self._zip = await in_thread(begin)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        archive = self._zip
        self._zip = None
        if archive is not None:
            await in_thread(lambda: _end(archive, is_whole=error is None))

    async def add(self, path: str, pieces: AsyncIterator[bytes]) -> None:
        """Add a part. What `pieces` raises before the first of them leaves nothing of it; later, no whole archive."""
        first = await anext(pieces, b"")
        digest, size = hashlib.sha256(first), len(first)
        archive = self._archive
        info = ZipInfo(path, self._now.timetuple()[:6])
        info.external_attr = 0o600 << 16
        entry = await in_thread(lambda: archive.open(info, "w", force_zip64=True))
        try:
            await in_thread(lambda: entry.write(first))
            async for piece in _in_larger_pieces(pieces):
                digest.update(piece)
                size += len(piece)
                await in_thread(lambda piece=piece: entry.write(piece))  # type: ignore[misc]
        finally:
            await in_thread(entry.close)
        self.parts.append(Part(path=path, size=size, sha256=digest.hexdigest()))

    async def add_document(self, path: str, content: Mapping[str, Any]) -> None:
        """Add a JSON object."""
        await self.add(path, _once(to_json(content, indent=2) + b"\n"))

    async def add_text(self, path: str, content: str) -> None:
        await self.add(path, _once(content.encode()))

    async def add_list(self, path: str, entries: AsyncIterator[Mapping[str, Any]]) -> int:
        """Add a JSON list with a line for each entry; how many there were."""
        count = 0

        async def lines() -> AsyncIterator[bytes]:
            nonlocal count
            yield b"["
            async for entry in entries:
                yield (b",\n" if count else b"\n") + to_json(entry)
                count += 1
            yield b"\n]\n"

        await self.add(path, lines())
        return count

    @property
    def _archive(self) -> ZipFile:
        if self._zip is None:
            raise RuntimeError("the archive is closed")
        return self._zip


@asynccontextmanager
async def spooled_path(spool: Spool) -> AsyncIterator[Path]:
    """A name in the spool for a file that somebody else writes; it is gone at the end of the block."""
    await spool.tidy_sometimes()
    path = spool.directory / token_hex(16)
    try:
        yield path
    finally:
        await in_thread(lambda: path.unlink(missing_ok=True))


async def digest_of(path: Path) -> tuple[int, str]:
    """How large a file is, in bytes, and its SHA-256."""

    def read() -> tuple[int, str]:
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
        return size, digest.hexdigest()

    return await in_thread(read)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _in_larger_pieces(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Small ones are put together: each write is a trip to another thread."""
    waiting: list[bytes] = []
    size = 0
    async for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def _end(archive: ZipFile, *, is_whole: bool) -> None:
    file = archive.fp
    if is_whole:
        archive.close()
    else:
        # Without its list it is no archive.
        archive.fp = None
    if file is not None:
        file.close()

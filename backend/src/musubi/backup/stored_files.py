"""Which bytes the rows of a database name, and reading them."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import IO

from sqlalchemy import Connection, func, select

from musubi.adapters.storage import Missing, Storage
from musubi.backup.errors import BackupError
from musubi.backup.rows import PortableTable
from musubi.features.files.blobs import thumbnail_key

_MAX_THUMBNAIL = 32 * 1024 * 1024
"""In bytes; ours are a thousandth of it."""


class NotWhole(BackupError):
    """What is in the store isn't what its row says."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Bytes that are, or should be, in a store."""

    key: str
    size: int
    """In bytes."""
    sha256: str

    def line(self) -> bytes:
        """As it stands in the list of checksums."""
        return json.dumps(asdict(self), sort_keys=True).encode() + b"\n"


def note_blobs(connection: Connection, tables: Iterable[PortableTable], notes: IO[bytes]) -> None:
    """Write down what the files are kept under. There may be too many to remember, and the connection isn't to stay
    open for as long as reading them takes."""
    for found in tables:
        if found.name != "files":
            continue
        files = found.table.c
        statement = (
            select(files.blob, func.max(files.size), func.max(files.sha256), func.count().filter(files.has_thumbnail))
            .where(files.is_ready.is_(True))
            .group_by(files.blob)
            .order_by(files.blob)
        )
        for row in connection.execute(statement.execution_options(yield_per=1000)):
            notes.write(json.dumps([*row]).encode() + b"\n")
    notes.seek(0)


def noted_blobs(notes: IO[bytes]) -> Iterator[tuple[str, int, str, bool]]:
    """The same again: blob, size, SHA-256, and whether it has a thumbnail."""
    for line in notes:
        blob, size, sha256, thumbnails = json.loads(line)
        yield blob, size, sha256, bool(thumbnails)


async def read_thumbnail(storage: Storage, blob: str) -> tuple[StoredFile, bytes]:
    """A thumbnail, of which its row says no more than that it is there. Raises NotWhole."""
    key, data = thumbnail_key(blob), b""
    try:
        async for piece in storage.read(key, 0, _MAX_THUMBNAIL):
            data += piece
    except Missing:
        raise NotWhole(f"{key} is missing in the store of files") from None
    return StoredFile(key, len(data), hashlib.sha256(data).hexdigest()), data


async def pieces_of(storage: Storage, file: StoredFile) -> AsyncIterator[bytes]:
    """The bytes of a file. Raises NotWhole, after all of them, or before there are too many."""
    digest, size = hashlib.sha256(), 0
    try:
        async for piece in storage.read(file.key):
            size += len(piece)
            if size > file.size:
                break
            digest.update(piece)
            yield piece
    except Missing:
        raise NotWhole(f"{file.key} is missing in the store of files") from None
    if size != file.size or digest.hexdigest() != file.sha256:
        raise NotWhole(f"{file.key} in the store of files is not what was put there")


async def is_whole(storage: Storage, file: StoredFile) -> bool:
    """Read a file, and say whether it is what its row says."""
    try:
        async for _ in pieces_of(storage, file):
            pass
    except NotWhole:
        return False
    return True

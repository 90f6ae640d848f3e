"""Moving an embedded installation to PostgreSQL, and its files to another store if one is named."""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import IO

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from musubi.adapters.storage import Storage, StorageFull, StorageUnavailable, open_storage
from musubi.backup.connections import changing, has_database, refuse_servers, snapshot
from musubi.backup.descriptions import description_of
from musubi.backup.errors import BackupError
from musubi.backup.progress import Progress
from musubi.backup.replacing import is_empty, replace_rows
from musubi.backup.rows import tables_of
from musubi.backup.stored_files import StoredFile, is_whole, note_blobs, noted_blobs, pieces_of, read_thumbnail
from musubi.backup.transfer import Content
from musubi.core import installation, migrations
from musubi.features.files.blobs import file_key
from musubi.settings import Settings


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved."""

    tables: dict[str, tuple[Content, Content]]
    """What is in each table, before and after; the same."""
    files: int
    """How many were copied, and read again where they are now; those of thumbnails included."""
    size: int
    """Of the files, in bytes."""


async def move(source: Settings, target: Settings, progress: Progress | None = None) -> Moved:
    """Copy everything from the embedded installation `source` to the database and the store of `target`, and compare.

    Nothing of the source is changed; what fails leaves the target's database as it was. Raises BackupError,
    ConfigurationError, OSError, and what the databases raise.
    """
    if not source.is_sqlite or not has_database(source):
        raise BackupError("there is no embedded database to move: DATABASE_URL must name it, or be left out")
    if target.is_sqlite:
        raise BackupError("--to must name a PostgreSQL database")
    try:
        with installation.alone(source.data_dir):
            return await _move(source, target, progress or Progress())
    except installation.InUse:
        raise BackupError(f"a server, or another command, works with {source.data_dir}: stop it first") from None
    except StorageUnavailable as error:
        raise BackupError(f"the store of files can't be used: {error}") from None
    except StorageFull:
        raise BackupError("the store of files is full") from None


async def _move(source: Settings, target: Settings, progress: Progress) -> Moved:
    if installation.restore_mark(source.data_dir).exists():
        raise BackupError(installation.HALF_RESTORED)
    storages = open_storage(source), open_storage(target)
    is_same_store = source.storage_url == target.storage_url
    with tempfile.TemporaryFile(dir=source.data_dir) as blobs:
        async with snapshot(source.database) as rows, changing(target.database) as place:
            await rows.run_sync(_note, blobs)
            await place.run_sync(_refuse)
            if not is_same_store:
                await _refuse_strange_files(storages[1], rows)
            tables = await place.run_sync(_copy_rows, rows, progress)
            count = size = 0
            if not is_same_store:
                async for file in _copy_files(source, storages, rows, blobs):
                    count, size = count + 1, size + file.size
                    progress.say(f"files: {count}, {size >> 20} MiB")
    progress.done()
    return Moved(tables, count, size)


def _note(connection: Connection, blobs: IO[bytes]) -> None:
    if migrations.revision_of(connection) is None:
        raise BackupError("the database is empty")
    note_blobs(connection, tables_of(connection), blobs)


def _refuse(connection: Connection) -> None:
    refuse_servers(connection)
    if not is_empty(connection):
        raise BackupError("there is something in the database that --to names: it must be empty")


async def _refuse_strange_files(storage: Storage, rows: AsyncConnection) -> None:
    """What an earlier attempt copied may be there."""
    async for stored in storage.list():
        if not await rows.run_sync(_is_ours, stored.key):
            raise BackupError(f"there is something in the store that --storage names ({stored.key}): it must be empty")


def _is_ours(connection: Connection, key: str) -> bool:
    return description_of(connection, key.rpartition("/")[2]) is not None


def _copy_rows(target: Connection, rows: AsyncConnection, progress: Progress) -> dict[str, tuple[Content, Content]]:
    origin = rows.sync_connection
    assert origin is not None  # noqa: S101 (it is open)
    tables = replace_rows(origin, target, progress)
    migrations.upgrade_within(target)
    return tables


async def _copy_files(
    source: Settings, storages: tuple[Storage, Storage], rows: AsyncConnection, blobs: IO[bytes]
) -> AsyncIterator[StoredFile]:
    """Copy each file, and read it where it is now."""
    before, after = storages
    spool = source.data_dir / "spool"
    spool.mkdir(parents=True, exist_ok=True)
    for blob, size, sha256, has_thumbnail in noted_blobs(blobs):
        file = StoredFile(file_key(blob), size, sha256)
        with _spooled(spool) as path:
            with path.open("xb") as copy:
                async for piece in pieces_of(before, file):
                    copy.write(piece)
            await after.put_file(file.key, path, await rows.run_sync(description_of, blob))
        yield await _checked(after, file)
        if has_thumbnail:
            thumbnail, data = await read_thumbnail(before, blob)
            await after.put(thumbnail.key, data)
            yield await _checked(after, thumbnail)


async def _checked(storage: Storage, file: StoredFile) -> StoredFile:
    if not await is_whole(storage, file):
        raise BackupError(f"{file.key} is not in the new store what it is in the old one")
    return file


@contextlib.contextmanager
def _spooled(spool: Path) -> Iterator[Path]:
    path = spool / token_hex(16)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def settings_now(target: Settings) -> list[str]:
    """What to set from now on, without passwords."""
    lines = [f"DATABASE_URL={target.database.set(drivername='postgresql').render_as_string(hide_password=True)}"]
    if target.storage_url is not None:
        lines.append(f"MUSUBI_STORAGE_URL={target.storage_url}")
    return lines

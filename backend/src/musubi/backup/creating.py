"""Making a backup, while the servers go on.

The rows are those of one moment; the bytes of the files are read afterwards, and held back from removal since before
that moment (`features.files.holds`), so everything that a row names is there.
"""

import asyncio
import contextlib
import gzip
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import IO

from sqlalchemy import Connection

from musubi import __version__
from musubi.adapters.storage import Storage, StorageUnavailable, open_storage
from musubi.backup import manifest as members
from musubi.backup.age import Encryption
from musubi.backup.archive import Writer
from musubi.backup.connections import has_database, snapshot
from musubi.backup.errors import BackupError
from musubi.backup.keys import Secrets, secrets_of
from musubi.backup.manifest import Files, Head, Manifest
from musubi.backup.place import Part, path_for
from musubi.backup.progress import Progress
from musubi.backup.rows import PortableTable, tables_of
from musubi.backup.sequences import last_ids
from musubi.backup.stored_files import (
    NotWhole,
    StoredFile,
    is_whole,
    note_blobs,
    noted_blobs,
    pieces_of,
    read_thumbnail,
)
from musubi.backup.transfer import Content, Counting, read_rows
from musubi.core import installation, migrations
from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.last_backup import LastBackup, note_backup
from musubi.features.files.blobs import file_key
from musubi.features.files.holds import Hold, HoldLost, removals_held
from musubi.settings import Settings

_CHUNK = 4 * 1024 * 1024
"""How many bytes of lines go into one member."""
_CHECKSUMS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Created:
    """A backup that was made."""

    path: Path
    size: int
    """In bytes."""
    manifest: Manifest
    is_encrypted: bool
    lacks_secret: bool
    """Whether there is a secret that isn't in it."""


@dataclass(slots=True)
class _Listed:
    """The list of what was written of files."""

    archive: Writer
    count: int = 0
    size: int = 0
    chunks: int = 0
    left_out: list[str] = field(default_factory=list)
    _lines: list[bytes] = field(default_factory=list)
    _counting: Counting = field(default_factory=Counting)

    def add(self, file: StoredFile) -> None:
        line = file.line()
        self._counting.add(line)
        self._lines.append(line)
        self.count += 1
        self.size += file.size
        if len(self._lines) == _CHECKSUMS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """What is listed stands behind the files that it is about, so that nobody has to remember many."""
        if self._lines:
            self.chunks += 1
            _add_lines(self.archive, f"{members.CHECKSUMS}/{self.chunks:06}", b"".join(self._lines))
            self._lines = []

    def finish(self) -> Files:
        self.flush()
        return Files(self.count, self.size, self._counting.content.sha256, tuple(self.left_out))


async def create(
    settings: Settings,
    target: Path,
    *,
    passphrase: str | None,
    with_secret: bool = False,
    leave_out_damaged: bool = False,
    progress: Progress | None = None,
) -> Created:
    """Make a backup at `target`, or in it if it is a directory.

    Encrypted, if there is a passphrase. A secret that is a setting is in it only if it is encrypted, or with
    `with_secret`. Raises BackupError, ConfigurationError, OSError, and what the database raises.
    """
    try:
        with installation.shared(settings.data_dir):
            return await _create(settings, target, passphrase, with_secret, leave_out_damaged, progress or Progress())
    except installation.InUse:
        raise BackupError("a restore or a move is at work in the data directory") from None
    except StorageUnavailable as error:
        raise BackupError(f"the store of files can't be used: {error}") from None
    except HoldLost:
        raise BackupError("it took too long between two signs of life, and files may be missing: try again") from None


async def _create(
    settings: Settings, target: Path, passphrase: str | None, with_secret: bool, leave_out: bool, progress: Progress
) -> Created:
    if installation.restore_mark(settings.data_dir).exists():
        raise BackupError(installation.HALF_RESTORED)
    secrets = secrets_of(settings)
    has_keys = bool(secrets.values) and (not secrets.is_outside or passphrase is not None or with_secret)
    # Asked for first: it says what is missing in the settings.
    storage = open_storage(settings)
    if not has_database(settings):
        raise BackupError("there is no database yet")
    with Part(path_for(target, utcnow())) as part:
        sink = part.file if passphrase is None else await asyncio.to_thread(Encryption, part.file, passphrase)
        archive = Writer(sink)
        manifest = await _write(settings, archive, storage, secrets, has_keys, leave_out, progress)
        archive.finish()
        if isinstance(sink, Encryption):
            sink.finish()
        size = await asyncio.to_thread(part.keep)
    progress.done()
    note_backup(settings.data_dir, LastBackup(utcnow(), size, str(part.path.absolute())))
    return Created(part.path, size, manifest, passphrase is not None, bool(secrets.values) and not has_keys)


async def _write(
    settings: Settings,
    archive: Writer,
    storage: Storage,
    secrets: Secrets,
    has_keys: bool,
    leave_out: bool,
    progress: Progress,
) -> Manifest:
    with tempfile.TemporaryFile(dir=settings.data_dir) as blobs:
        async with _held(settings) as hold:
            async with snapshot(settings.database) as connection:
                contents, ids = await connection.run_sync(_write_tables, archive, blobs, progress)
            if has_keys:
                archive.add(members.KEYS, secrets.to_json())
            listed = _Listed(archive)
            await _write_files(listed, storage, blobs, leave_out, progress)
            if hold is not None:
                await hold.renew()
    manifest = Manifest(contents, ids, listed.finish(), secrets.names, has_keys)
    archive.add(members.MANIFEST, manifest.to_json())
    return manifest


@contextlib.asynccontextmanager
async def _held(settings: Settings) -> AsyncIterator[Hold | None]:
    """Hold the removal of bytes; not in a database of before there were any files."""
    async with snapshot(settings.database) as connection:
        names = {table.name for table in await connection.run_sync(tables_of)}
    if "files" not in names:
        yield None
        return
    database = Database(settings.database, pool_size=1)
    try:
        async with removals_held(database) as hold:
            yield hold
    finally:
        await database.dispose()


def _write_tables(
    connection: Connection, archive: Writer, blobs: IO[bytes], progress: Progress
) -> tuple[dict[str, Content], dict[str, int]]:
    revision = migrations.revision_of(connection)
    if revision is None:
        raise BackupError("the database is empty")
    head = Head(token_hex(16), __version__, revision, utcnow().isoformat(), connection.dialect.name)
    archive.add(members.HEAD, head.to_json())
    tables = tables_of(connection)
    contents: dict[str, Content] = {}
    for table in tables:
        progress.say(f"rows of {table.name}")
        contents[table.name] = _write_table(connection, archive, table)
    note_blobs(connection, tables, blobs)
    return contents, last_ids(connection, tables)


def _write_table(connection: Connection, archive: Writer, table: PortableTable) -> Content:
    counting = Counting()
    for number, chunk in enumerate(_chunks(counting.passing(read_rows(connection, table))), start=1):
        _add_lines(archive, f"{members.TABLES}/{table.name}/{number:06}", chunk)
    return counting.content


def _chunks(lines: Iterator[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= _CHUNK:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def _add_lines(archive: Writer, name: str, lines: bytes) -> None:
    archive.add(f"{name}.jsonl.gz", gzip.compress(lines, compresslevel=6, mtime=0))


async def _write_files(
    listed: _Listed, storage: Storage, blobs: IO[bytes], leave_out: bool, progress: Progress
) -> None:
    for blob, size, sha256, has_thumbnail in noted_blobs(blobs):
        progress.say(f"files: {listed.count}, {listed.size >> 20} MiB")
        file = StoredFile(file_key(blob), size, sha256)
        if leave_out and not await is_whole(storage, file):
            listed.left_out.append(file.key)
        else:
            await _write_file(listed, storage, file)
        if has_thumbnail:
            await _write_thumbnail(listed, storage, blob, leave_out)


async def _write_file(listed: _Listed, storage: Storage, file: StoredFile) -> None:
    """Raises NotWhole."""
    try:
        listed.archive.begin(file.key, file.size)
        async for piece in pieces_of(storage, file):
            listed.archive.write(piece)
    except NotWhole as error:
        raise NotWhole(f"{error}: --leave-out-damaged goes on without such files") from None
    listed.add(file)


async def _write_thumbnail(listed: _Listed, storage: Storage, blob: str, leave_out: bool) -> None:
    try:
        file, data = await read_thumbnail(storage, blob)
    except NotWhole as error:
        if not leave_out:
            raise NotWhole(f"{error}: --leave-out-damaged goes on without such files") from None
        listed.left_out.append(str(error).partition(" ")[0])
        return
    listed.archive.add(file.key, data)
    listed.add(file)

"""Restoring a backup.

It is read and proved first, into a SQLite file of its own. Only then something is changed, under a mark in the data
directory that outlives a crash and that no server starts with. An embedded database is that file, put in the place of
the old one; a PostgreSQL database is filled from it in one transaction.
"""

import asyncio
import contextlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from musubi.adapters.cache import open_cache
from musubi.adapters.storage import Storage, StorageFull, StorageUnavailable, open_storage
from musubi.backup.archive import Member
from musubi.backup.connections import changing, database_file, has_database, refuse_servers, snapshot
from musubi.backup.descriptions import description_of
from musubi.backup.errors import BackupError
from musubi.backup.manifest import Head
from musubi.backup.opening import opened
from musubi.backup.progress import Progress
from musubi.backup.replacing import drop_jobs, is_empty, renew_epochs, replace_rows
from musubi.backup.secret_keeping import check_secrets, keep_secrets
from musubi.backup.verifying import Verified, verify
from musubi.core import installation, migrations
from musubi.core.clock import utcnow
from musubi.core.database_url import async_database_url
from musubi.core.disk import synchronize
from musubi.settings import Settings


@dataclass(frozen=True, slots=True)
class Options:
    """What is wanted of a restore."""

    overwrite: bool = False
    """Whether what is there may be replaced."""
    without_jobs: bool = False
    """Whether nothing may be done that was waiting when the backup was made, such as sending mails."""


@dataclass(slots=True)
class Restored:
    """What was done."""

    verified: Verified
    notes: list[str] = field(default_factory=list)
    """What whoever restores should know or do, a line each."""


async def restore(
    settings: Settings, path: Path, *, passphrase: str | None, options: Options, progress: Progress | None = None
) -> Restored:
    """Restore a backup into an empty installation, or in the place of what is there.

    Raises BackupError, ConfigurationError, OSError, and what the database raises.
    """
    try:
        with installation.alone(settings.data_dir):
            return await _Restore(settings, path, passphrase, options, progress or Progress()).run()
    except installation.InUse:
        raise BackupError(f"a server, or another command, works with {settings.data_dir}: stop it first") from None
    except StorageUnavailable as error:
        raise BackupError(f"the store of files can't be used: {error}") from None
    except StorageFull:
        raise BackupError("the store of files is full") from None


class _Restore:
    def __init__(
        self, settings: Settings, path: Path, passphrase: str | None, options: Options, progress: Progress
    ) -> None:
        self._settings = settings
        self._path = path
        self._passphrase = passphrase
        self._options = options
        self._progress = progress
        self._mark = installation.restore_mark(settings.data_dir)

    async def run(self) -> Restored:
        storage = open_storage(self._settings)
        with opened(self._path, self._passphrase) as (head, _):
            goes_on = self._is_begun(head)
        if not self._options.overwrite and not goes_on:
            await self._refuse_if_anything_is_there(storage)
        with self._scratch() as scratch:
            verified = await verify(self._path, self._passphrase, scratch / "rows", self._progress)
            check_secrets(self._settings, verified, overwrite=self._options.overwrite or goes_on)
            restored = Restored(verified)
            self._begin(head)
            if self._settings.is_sqlite:
                await self._restore_embedded(storage, scratch / "rows", restored)
            else:
                await self._restore_postgres(storage, scratch / "rows")
            restored.notes += keep_secrets(self._settings, verified)
        await self._forget_cached()
        self._mark.unlink()
        synchronize(self._mark.parent)
        self._progress.done()
        return restored

    def _is_begun(self, head: Head) -> bool:
        """Whether a restore of this backup has begun here and not come to its end."""
        try:
            begun = json.loads(self._mark.read_text(encoding="utf-8"))["id"]
        except FileNotFoundError:
            return False
        except (ValueError, KeyError):
            begun = None
        if begun != head.id and not self._options.overwrite:
            raise BackupError("a restore of another backup did not finish here: restore that one, or use --overwrite")
        return True

    def _begin(self, head: Head) -> None:
        with self._mark.open("w", encoding="utf-8") as file:
            json.dump({"id": head.id, "path": str(self._path), "begun_at": utcnow().isoformat()}, file)
        synchronize(self._mark)
        synchronize(self._mark.parent)

    async def _refuse_if_anything_is_there(self, storage: Storage) -> None:
        if has_database(self._settings) and not await self._is_database_empty():
            raise BackupError("there is something in the database; --overwrite replaces it")
        async for stored in storage.list():
            raise BackupError(
                f"there is something in the store of files ({stored.key}); --overwrite restores beside it"
            )

    async def _is_database_empty(self) -> bool:
        try:
            async with snapshot(self._settings.database) as connection:
                return await connection.run_sync(is_empty)
        except DBAPIError as error:
            if not self._settings.is_sqlite:
                raise
            raise BackupError(f"the database can't be read ({error.orig}); --overwrite replaces it") from None

    @contextlib.contextmanager
    def _scratch(self) -> Iterator[Path]:
        """A folder beside the embedded database, or in the data directory; what was killed before left its own."""
        folder = database_file(self._settings).parent if self._settings.is_sqlite else self._settings.data_dir
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in folder.glob(".restore-*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder) as name:
            yield Path(name)

    async def _restore_embedded(self, storage: Storage, rows: Path, restored: Restored) -> None:
        url = async_database_url(f"sqlite:///{rows}")
        await self._put_files(storage, rows)
        await migrations.upgrade(url)
        async with changing(url) as connection:
            await connection.run_sync(self._renew)
        aside = await asyncio.to_thread(_put_in_place, rows, database_file(self._settings))
        if aside is not None:
            restored.notes.append(f"The database that was there is {aside} now.")

    async def _restore_postgres(self, storage: Storage, rows: Path) -> None:
        async with (
            snapshot(async_database_url(f"sqlite:///{rows}")) as source,
            changing(self._settings.database) as target,
        ):
            await target.run_sync(refuse_servers)
            origin = source.sync_connection
            assert origin is not None  # noqa: S101 (it is open)
            await target.run_sync(lambda connection: replace_rows(origin, connection, self._progress))
            await self._put_files(storage, rows)
            await target.run_sync(migrations.upgrade_within)
            await target.run_sync(self._renew)

    def _renew(self, connection: Connection) -> None:
        renew_epochs(connection)
        if self._options.without_jobs:
            drop_jobs(connection)

    async def _put_files(self, storage: Storage, rows: Path) -> None:
        spool = self._settings.data_dir / "spool"
        spool.mkdir(parents=True, exist_ok=True)
        count = 0
        with opened(self._path, self._passphrase) as (_, following):
            async with snapshot(async_database_url(f"sqlite:///{rows}")) as connection:
                for member in following:
                    folder, _, blob = member.name.rpartition("/")
                    if not folder.startswith(("files/", "thumbnails/")):
                        continue
                    count += 1
                    self._progress.say(f"files: {count}")
                    if folder.startswith("thumbnails/"):
                        await storage.put(member.name, member.whole())
                        continue
                    description = await connection.run_sync(description_of, blob)
                    with _spooled(spool, member) as file:
                        await storage.put_file(member.name, file, description)

    async def _forget_cached(self) -> None:
        """What processes remember of the past that was replaced."""
        if self._settings.redis_url is None:
            return
        cache = open_cache(self._settings.redis_url)
        try:
            await cache.clear()
        except (ConnectionError, TimeoutError) as error:
            raise BackupError(f"REDIS_URL: can't be reached, and remembers what was before: {error}") from None
        finally:
            await cache.close()


@contextlib.contextmanager
def _spooled(spool: Path, member: Member) -> Iterator[Path]:
    """The bytes of a member as a file of its own, as long as nobody takes it away."""
    path = spool / token_hex(16)
    try:
        with path.open("xb") as file:
            for piece in member.pieces():
                file.write(piece)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _put_in_place(rows: Path, target: Path) -> Path | None:
    """Make `rows` the embedded database; where the one before is now, if there was one."""
    rows.chmod(0o600)
    synchronize(rows)
    aside = _set_aside(target)
    rows.replace(target)
    synchronize(target.parent)
    return aside


def _set_aside(database: Path) -> Path | None:
    """Move a SQLite file, which may be damaged, and what belongs to it."""
    belonging = [database.with_name(database.name + suffix) for suffix in ("", "-wal", "-shm")]
    if not any(path.exists() for path in belonging):
        return None
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(database)) as connection:
        # Takes in its log, so that one file is left.
        connection.execute("PRAGMA journal_mode=DELETE")
    folder = database.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    aside = folder / f"{database.stem}-{utcnow().strftime('%Y%m%dT%H%M%S%fZ')}-before-restore{database.suffix}"
    for path in belonging:
        with contextlib.suppress(FileNotFoundError):
            path.rename(aside.with_name(path.name.replace(database.name, aside.name, 1)))
    synchronize(folder)
    return aside

"""Reading all of a backup, and proving that it can be restored: by restoring its rows, to a SQLite file of its own."""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, insert, text
from sqlalchemy.exc import IntegrityError

from musubi.backup import manifest as members
from musubi.backup.archive import Member
from musubi.backup.connections import changing
from musubi.backup.errors import BackupError, Damaged
from musubi.backup.keys import from_json
from musubi.backup.manifest import Files, Head, Manifest
from musubi.backup.opening import opened
from musubi.backup.progress import Progress
from musubi.backup.rows import PortableTable, tables_of
from musubi.backup.sequences import go_on_after
from musubi.backup.stored_files import StoredFile
from musubi.backup.transfer import Content, Counting, content_of, write_rows
from musubi.core import migrations
from musubi.core.database_url import async_database_url
from musubi.core.keyring import KeyRing

_MAX_LINES = 64 * 1024 * 1024
"""Of one member, in bytes; more than a row, or the size at which the next member begins."""
_BATCH = 1000

# Only while the connection is open: it doesn't become a part of the database.
_PRESENT = Table(
    "present_files",
    MetaData(),
    Column("key", String, primary_key=True),
    Column("size", Integer),
    Column("sha256", String),
    prefixes=["TEMPORARY"],
)


@dataclass(frozen=True, slots=True)
class Verified:
    """A backup that is whole."""

    head: Head
    manifest: Manifest
    secrets: tuple[bytes, ...]
    """Newest first; empty if it has none."""


async def verify(path: Path, passphrase: str | None, database: Path, progress: Progress | None = None) -> Verified:
    """Read and check everything; `database` is then a SQLite file with all of its rows, in the shape they were in.

    Raises BackupError, and OSError when there is no room.
    """
    progress = progress or Progress()
    url = async_database_url(f"sqlite:///{database}")
    with opened(path, passphrase) as (head, following):
        if not migrations.knows(head.revision):
            raise BackupError(f"it is of a newer version of Musubi ({head.version}): restore it with that one")
        await migrations.upgrade(url, head.revision)
        async with changing(url) as connection:
            verified = await connection.run_sync(_read, head, following, progress)
    progress.done()
    return verified


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    connection: Connection
    tables: dict[str, PortableTable]
    contents: dict[str, Counting]
    files: Counting = field(default_factory=Counting)
    size: int = 0
    unlisted: list[StoredFile] = field(default_factory=list)
    """The files whose checksums are still to come."""
    secrets: tuple[bytes, ...] = ()
    manifest: Manifest | None = None

    def take(self, member: Member) -> None:
        """Raises Damaged."""
        if self.manifest is not None:
            raise Damaged("something follows its manifest")
        match member.name.split("/"):
            case [members.TABLES, name, _] if name in self.tables:
                self._take_rows(name, member)
            case ["files" | "thumbnails", _, _]:
                self._take_file(member)
            case [members.CHECKSUMS, _]:
                self._take_checksums(member)
            case [members.KEYS]:
                self._take_secrets(member)
            case [members.MANIFEST]:
                self.manifest = Manifest.from_json(member.whole())
            case _:
                raise Damaged(f"it has a member {member.name!r}, which no backup has")

    def _take_rows(self, name: str, member: Member) -> None:
        lines = self.contents[name].passing(_lines(member))
        try:
            write_rows(self.connection, self.tables[name], lines)
        except IntegrityError as error:
            raise Damaged(f"{name} has rows that contradict each other: {error.orig}") from None

    def _take_file(self, member: Member) -> None:
        digest = hashlib.sha256()
        for piece in member.pieces():
            digest.update(piece)
        self.unlisted.append(StoredFile(member.name, member.size, digest.hexdigest()))

    def _take_checksums(self, member: Member) -> None:
        lines = list(self.files.passing(_lines(member)))
        if lines != [file.line() for file in self.unlisted]:
            raise Damaged("a file in it is not what was written")
        self.size += sum(file.size for file in self.unlisted)
        rows = [{"key": file.key, "size": file.size, "sha256": file.sha256} for file in self.unlisted]
        for start in range(0, len(rows), _BATCH):
            self.connection.execute(insert(_PRESENT), rows[start : start + _BATCH])
        self.unlisted = []

    def _take_secrets(self, member: Member) -> None:
        try:
            self.secrets = from_json(member.whole())
        except ValueError:
            raise Damaged("its secrets are none") from None

    def finish(self) -> Manifest:
        """Compare what was read with what there should be. Raises Damaged."""
        manifest = self.manifest
        if manifest is None or self.unlisted:
            raise Damaged("it has no manifest")
        _compare_contents({name: each.content for name, each in self.contents.items()}, manifest.tables)
        go_on_after(self.connection, self.tables.values(), manifest.last_ids)
        _compare_contents(
            {name: content_of(self.connection, table) for name, table in self.tables.items()}, manifest.tables
        )
        files = self.files.content
        if Files(files.count, self.size, files.sha256, manifest.files.left_out) != manifest.files:
            raise Damaged("it does not have the files that its manifest names")
        names = tuple(key.kid for key in KeyRing(*self.secrets))
        if names != (manifest.keys if manifest.has_keys else ()):
            raise Damaged("it does not have the secrets that its manifest names")
        return manifest


def _read(connection: Connection, head: Head, following: Iterator[Member], progress: Progress) -> Verified:
    tables = {table.name: table for table in tables_of(connection)}
    _PRESENT.create(connection)
    reading = _Reading(connection, tables, {name: Counting() for name in tables})
    for member in following:
        progress.say(f"reading {member.name}")
        reading.take(member)
    manifest = reading.finish()
    _check_references(connection)
    if "files" in tables:
        _check_files(connection, manifest.files.left_out)
    return Verified(head, manifest, reading.secrets)


def _lines(member: Member) -> Iterator[bytes]:
    """The lines of a compressed member. Raises Damaged."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        data = unpacking.decompress(member.whole(), _MAX_LINES)
    except zlib.error:
        raise Damaged(f"{member.name} can't be unpacked") from None
    if not unpacking.eof or unpacking.unused_data or not data.endswith(b"\n"):
        raise Damaged(f"{member.name} is not whole")
    return iter(data.splitlines(keepends=True))


def _compare_contents(found: dict[str, Content], expected: dict[str, Content]) -> None:
    if found.keys() != expected.keys():
        raise Damaged("it does not have the tables that its manifest names")
    for name, content in found.items():
        if content != expected[name]:
            raise Damaged(f"the rows of {name} are not what was written")


def _check_references(connection: Connection) -> None:
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise Damaged(f"a row of {broken[0]} refers to one of {broken[2]} that isn't there")


# What rows name and isn't there, or isn't what they say; of thumbnails they say no more than that they are there.
_NOT_THERE = text("""
SELECT named.key FROM (
  SELECT 'files/' || substr(blob, 1, 2) || '/' || blob AS key, size, sha256 FROM files
  UNION SELECT 'thumbnails/' || substr(blob, 1, 2) || '/' || blob, NULL, NULL FROM files WHERE has_thumbnail
) AS named LEFT JOIN present_files AS present ON present.key = named.key
WHERE present.key IS NULL OR present.size <> named.size OR present.sha256 <> named.sha256
""")


def _check_files(connection: Connection, left_out: tuple[str, ...]) -> None:
    """Every row's bytes are there, and are what it says."""
    for key in connection.scalars(_NOT_THERE):
        if key not in left_out:
            raise Damaged(f"{key} is missing, or not what its row says")

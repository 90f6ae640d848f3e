"""Reading an archive that someone brought, which may be anything: all of it is looked at before any of it is used, and
never more than a piece of it is in memory."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar
from zipfile import ZipFile

from pydantic import ValidationError

from musubi.adapters.inspection.archive import UNREADABLE, check_list, open_zip
from musubi.adapters.inspection.verdict import Refused
from musubi.features.portability import archive
from musubi.features.portability.archive import ArchivedFile, ArchivedItem, Manifest

_PIECE = 256 * 1024

E = TypeVar("E", ArchivedItem, ArchivedFile)


class Flaw(StrEnum):
    """What is wrong with an archive."""

    NO_ARCHIVE = "no_archive"
    """It is no zip file, damaged, or packed to do harm."""
    NO_EXPORT = "no_export"
    """It is a zip file of something else."""
    TOO_NEW = "too_new"
    """A newer version of the application made it."""
    ALTERED = "altered"
    """What is in it is not what its manifest lists."""
    TOO_MUCH = "too_much"
    """It holds more than can be imported at once."""


class BadArchive(Exception):
    """It can't be imported; `part` is the part of it that shows why, if one does."""

    def __init__(self, flaw: Flaw, part: str | None = None) -> None:
        super().__init__(flaw)
        self.flaw = flaw
        self.part = part


@dataclass(frozen=True, slots=True)
class Contents:
    """What can be imported of an archive."""

    name: str
    """What it calls itself."""
    items: int
    files: int


class ArchiveReader:
    """An archive on this machine's disk. Everything waits for the disk: use it in threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._zip: ZipFile | None = None

    def __enter__(self) -> Self:
        """Raises BadArchive."""
        self._file = self._path.open("rb")
        try:
            self._zip = open_zip(self._file)
        except Refused as error:
            self._file.close()
            raise BadArchive(Flaw.NO_ARCHIVE) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._zip is not None:
            self._zip.close()
        if self._file is not None:
            self._file.close()

    def check(self, *, max_bytes: int) -> Contents:
        """Read all of it. `max_bytes`: what it may unpack into. Raises BadArchive."""
        size = self._path.stat().st_size
        try:
            check_list(self._archive, size, max_parts=archive.MAX_PARTS, max_unpacked=max_bytes)
        except Refused as error:
            too_many = len(self._archive.infolist()) > archive.MAX_PARTS
            raise BadArchive(Flaw.TOO_MUCH if too_many else Flaw.NO_ARCHIVE) from error
        manifest = self._manifest()
        self._compare(manifest)
        item_ids = self._ids(self.items(), at_most=archive.MAX_ITEMS, part=archive.ITEMS)
        parts = {part.path: part for part in manifest.parts}
        file_ids = set()
        for file in self.files():
            part = None if file.path is None else parts.get(file.path)
            is_there = file.path is None or (
                file.path.startswith(archive.FOLDER)
                and part is not None
                and (part.size, part.sha256) == (file.size, file.sha256)
            )
            if not is_there or file.id in file_ids:
                raise BadArchive(Flaw.ALTERED, archive.FILES)
            file_ids.add(file.id)
        return Contents(manifest.id, len(item_ids), len(file_ids))

    def items(self) -> Iterator[ArchivedItem]:
        """Raises BadArchive."""
        return self._entries(archive.ITEMS, ArchivedItem)

    def files(self) -> Iterator[ArchivedFile]:
        """Raises BadArchive."""
        return self._entries(archive.FILES, ArchivedFile)

    @contextmanager
    def opened(self, path: str) -> Iterator[IO[bytes]]:
        """The bytes of a part. Raises BadArchive."""
        try:
            with self._archive.open(path) as part:
                yield part
        except (KeyError, *UNREADABLE) as error:
            raise BadArchive(Flaw.NO_ARCHIVE, path) from error

    def _manifest(self) -> Manifest:
        info = self._archive.NameToInfo.get(archive.MANIFEST)
        if info is None or info.file_size > archive.MAX_MANIFEST:
            raise BadArchive(Flaw.NO_EXPORT)
        with self.opened(archive.MANIFEST) as part:
            text = part.read(archive.MAX_MANIFEST)
        try:
            manifest = Manifest.model_validate_json(text)
        except ValidationError as error:
            raise BadArchive(Flaw.NO_EXPORT, archive.MANIFEST) from error
        if manifest.version != archive.VERSION:
            raise BadArchive(Flaw.TOO_NEW)
        return manifest

    def _compare(self, manifest: Manifest) -> None:
        """Whether everything is there that the manifest lists, as it lists it, and nothing else."""
        listed = [part.path for part in manifest.parts]
        present = {info.filename for info in self._archive.infolist()}
        if len(set(listed)) < len(listed) or {*listed, archive.MANIFEST} != present:
            raise BadArchive(Flaw.ALTERED, archive.MANIFEST)
        for part in manifest.parts:
            digest, size = hashlib.sha256(), 0
            with self.opened(part.path) as content:
                while piece := content.read(_PIECE):
                    digest.update(piece)
                    size += len(piece)
                    if size > part.size:
                        break
            if (size, digest.hexdigest()) != (part.size, part.sha256):
                raise BadArchive(Flaw.ALTERED, part.path)

    def _ids(self, entries: Iterator[ArchivedItem], *, at_most: int, part: str) -> set[int]:
        ids: set[int] = set()
        for entry in entries:
            if entry.id in ids:
                raise BadArchive(Flaw.ALTERED, part)
            ids.add(entry.id)
            if len(ids) > at_most:
                raise BadArchive(Flaw.TOO_MUCH, part)
        return ids

    def _entries(self, path: str, kind: type[E]) -> Iterator[E]:
        """The entries of a list: a line each, as we write them."""
        if path not in self._archive.NameToInfo:
            raise BadArchive(Flaw.NO_EXPORT, path)
        with self.opened(path) as part:
            if part.readline(archive.MAX_LINE).strip() not in (b"[", b"[]"):
                raise BadArchive(Flaw.NO_EXPORT, path)
            while (line := part.readline(archive.MAX_LINE)) and (text := line.strip()) != b"]":
                try:
                    yield kind.model_validate_json(text.removesuffix(b","))
                except ValidationError as error:
                    raise BadArchive(Flaw.ALTERED, path) from error

    @property
    def _archive(self) -> ZipFile:
        if self._zip is None:
            raise RuntimeError("the archive is closed")
        return self._zip

"""Bytes in a directory of this machine."""

import asyncio
import errno
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from io import FileIO
from itertools import islice
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from musubi.adapters.storage.protocol import (
    PIECE_BYTES,
    Description,
    Missing,
    StorageFull,
    StorageUnavailable,
    Stored,
    is_name,
    names_of_key,
    names_of_prefix,
)
from musubi.core.disk import synchronize

# No key begins with a dot.
_UNFINISHED = ".unfinished"
_LISTED_AT_ONCE = 1000
_MAX_REMEMBERED = 4096
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_FILE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)

T = TypeVar("T")


class LocalStorage:
    """Each key is a file below `root`.

    A file gets its name only when all of it is on the disk, and the name is there too when a write returns: both the
    file and its directory are synchronized. (obstore's own local store does neither, which is why this one is ours.)
    Several processes may use the same directory.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._unfinished = root / _UNFINISHED
        self._at_rest: set[Path] = set()

    async def put(self, key: str, data: bytes) -> None:
        def write(unfinished: Path) -> None:
            unfinished.write_bytes(data)

        path = self._path(key)
        await _beside(lambda: self._keep(path, write))

    async def put_file(self, key: str, path: Path, _description: Description | None = None) -> None:
        def take(unfinished: Path) -> None:
            try:
                path.rename(unfinished)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                # It lies on another disk.
                shutil.copyfile(path, unfinished)

        target = self._path(key)
        await _beside(lambda: self._keep(target, take))

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        path = self._path(key)
        left = None if end is None else max(end - start, 0)
        with ExitStack() as opened:

            def open_file() -> FileIO | None:
                with suppress(*_NO_FILE):
                    file = opened.enter_context(path.open("rb", buffering=0))
                    file.seek(start)
                    return file
                return None

            file = await _beside(open_file)
            if file is None:
                raise Missing(key)
            while left is None or left > 0:
                size = PIECE_BYTES if left is None else min(left, PIECE_BYTES)
                piece: bytes = await _beside(lambda size=size: file.read(size))  # type: ignore[misc]
                if piece:
                    yield piece
                if len(piece) < size:
                    return
                left = None if left is None else left - size

    async def delete(self, *keys: str) -> None:
        paths = [self._path(key) for key in keys]

        def remove() -> None:
            for path in paths:
                with suppress(*_NO_FILE):
                    path.unlink()
            for directory in {path.parent for path in paths} - {self._root}:
                # Most have something else in them.
                with suppress(OSError):
                    directory.rmdir()

        await _beside(remove)

    async def list(self, prefix: str = "") -> AsyncIterator[Stored]:
        found = self._files(self._root.joinpath(*names_of_prefix(prefix)))
        while some := await _beside(lambda: list(islice(found, _LISTED_AT_ONCE))):
            for stored in some:
                yield stored

    async def tidy(self, age: timedelta) -> None:
        latest = time.time() - age.total_seconds()

        def remove() -> None:
            for path in self._unfinished.glob("*"):
                with suppress(FileNotFoundError):
                    # When it got this name; what it holds may be older.
                    if path.stat().st_ctime < latest:
                        path.unlink()

        await _beside(remove)

    async def download_url(self, key: str, _lifetime: timedelta) -> None:
        # A browser has no way to this disk.
        names_of_key(key)

    async def ping(self) -> None:
        def look() -> None:
            self._make(self._root)
            if not os.access(self._root, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        await _beside(look)

    def _path(self, key: str) -> Path:
        return self._root.joinpath(*names_of_key(key))

    def _keep(self, path: Path, write: Callable[[Path], None]) -> None:
        """Let `write` make a file, and give it its name once it is on the disk."""
        self._make(self._unfinished)
        unfinished = self._unfinished / uuid4().hex
        try:
            write(unfinished)
            synchronize(unfinished)
            try:
                self._make(path.parent)
                unfinished.rename(path)
            except FileNotFoundError:
                # Someone deleted the last that was in the directory, and the directory with it.
                self._make(path.parent)
                unfinished.rename(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        synchronize(path.parent)

    def _make(self, directory: Path) -> None:
        """Make a directory that outlives a crash, with those above it.

        One that is there already may not do so yet: who made it synchronizes it only afterwards.
        """
        if directory.is_dir() and (directory in self._at_rest or self._root not in directory.parents):
            return
        self._make(directory.parent)
        directory.mkdir(exist_ok=True)
        synchronize(directory.parent)
        if len(self._at_rest) >= _MAX_REMEMBERED:
            self._at_rest.clear()
        self._at_rest.add(directory)

    def _files(self, directory: Path) -> Iterator[Stored]:
        for folder, folders, names in os.walk(directory, onerror=_unless_gone):
            # What else may lie there, such as `.unfinished` and a disk's `lost+found`, is none of ours.
            folders[:] = filter(is_name, folders)
            for name in filter(is_name, names):
                path = Path(folder, name)
                try:
                    state = path.stat()
                except FileNotFoundError:
                    # It was deleted since we saw its name.
                    continue
                key = path.relative_to(self._root).as_posix()
                yield Stored(key, state.st_size, datetime.fromtimestamp(state.st_mtime, UTC))


async def _beside(work: Callable[[], T]) -> T:
    """Do `work`, which waits for the disk, in a thread.

    A thread can't be stopped: whoever is cancelled meanwhile goes on when it has ended, and not before, so that it
    never changes anything behind their back.
    """
    thread = asyncio.get_running_loop().run_in_executor(None, work)
    with _as_faults():
        try:
            return await asyncio.shield(thread)
        except asyncio.CancelledError:
            while not thread.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([thread])
            # Nobody wants to know any more how it went.
            thread.exception()
            raise


@contextmanager
def _as_faults() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        # The file to be kept: nothing else is looked for that isn't made.
        raise
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFull(error.strerror) from error
        raise StorageUnavailable(error.strerror) from error


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, _NO_FILE):
        raise error

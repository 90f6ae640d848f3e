"""Bytes in a directory of this machine."""

import asyncio
import errno
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from musubi.adapters.storage.protocol import Description, Missing, StorageFull, StorageUnavailable, Stored

_PIECE = 256 * 1024
_UNFINISHED = ".unfinished"
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})

T = TypeVar("T")


class LocalStorage:
    """Each key is a file below `root`.

    A file gets its name only when all of it is on the disk, and the name is there too when a write returns: both the
    file and its directory are synchronized. (obstore's own local store does neither, which is why this one is ours.)
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, key: str, data: bytes) -> None:
        def write(unfinished: Path) -> None:
            unfinished.write_bytes(data)

        await _beside(lambda: self._keep(key, write))

    async def put_file(self, key: str, path: Path, _description: Description | None = None) -> None:
        def take(unfinished: Path) -> None:
            try:
                path.rename(unfinished)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                # It lies on another disk.
                shutil.copyfile(path, unfinished)

        await _beside(lambda: self._keep(key, take))

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        try:
            file = await _beside(lambda: self._path(key).open("rb"))
        except FileNotFoundError:
            raise Missing(key) from None
        try:
            await _beside(lambda: file.seek(start))
            left = None if end is None else end - start
            while left is None or left > 0:
                size = _PIECE if left is None else min(left, _PIECE)
                piece = await _beside(lambda size=size: file.read(size))  # type: ignore[misc]
                if not piece:
                    return
                yield piece
                left = None if left is None else left - len(piece)
        finally:
            file.close()

    async def delete(self, *keys: str) -> None:
        def remove() -> None:
            for key in keys:
                self._path(key).unlink(missing_ok=True)

        await _beside(remove)

    async def list(self, prefix: str = "") -> AsyncIterator[Stored]:
        paths = self._files(self._path(prefix))
        while some := await _beside(lambda: _some(paths, 1000)):
            for path, state in some:
                key = path.relative_to(self._root).as_posix()
                yield Stored(key, state.st_size, datetime.fromtimestamp(state.st_mtime, UTC))

    async def tidy(self, age: timedelta) -> None:
        latest = time.time() - age.total_seconds()

        def remove() -> None:
            for path in (self._root / _UNFINISHED).glob("*"):
                if path.stat().st_mtime < latest:
                    path.unlink(missing_ok=True)

        await _beside(remove)

    async def download_url(self, _key: str, _lifetime: timedelta) -> None:
        return None

    async def ping(self) -> None:
        def look() -> None:
            self._root.mkdir(parents=True, exist_ok=True)
            if not os.access(self._root, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        await _beside(look)

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        if ".." in parts or key.startswith("/"):
            raise ValueError(f"{key!r} is not a key")
        return self._root.joinpath(*parts)

    def _keep(self, key: str, write: Callable[[Path], None]) -> None:
        """Let `write` make a file, and give it its name once it is on the disk."""
        path = self._path(key)
        _make_directory(path.parent)
        unfinished = self._root / _UNFINISHED / uuid4().hex
        _make_directory(unfinished.parent)
        try:
            write(unfinished)
            _synchronize(unfinished)
            unfinished.rename(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        _synchronize(path.parent)

    def _files(self, directory: Path) -> Iterator[tuple[Path, os.stat_result]]:
        for folder, folders, names in os.walk(directory):
            if _UNFINISHED in folders:
                folders.remove(_UNFINISHED)
            for name in names:
                path = Path(folder, name)
                try:
                    yield path, path.stat()
                except FileNotFoundError:
                    # It was deleted since we saw its name.
                    continue


async def _beside(work: Callable[[], T]) -> T:
    """Do `work`, which waits for the disk, in a thread."""
    with _as_faults():
        return await asyncio.to_thread(work)


@contextmanager
def _as_faults() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFull(error.strerror) from error
        raise StorageUnavailable(error.strerror) from error


def _some(paths: Iterator[T], count: int) -> list[T]:
    return [path for path, _ in zip(paths, range(count), strict=False)]


def _make_directory(path: Path) -> None:
    """Make a directory that outlives a crash, with those above it."""
    if not path.is_dir():
        _make_directory(path.parent)
        path.mkdir(exist_ok=True)
        _synchronize(path.parent)


def _synchronize(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

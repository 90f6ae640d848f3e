"""The container: a tar file, so that everyone can look into a backup, written and read in one go.

Its last member holds the SHA-256 of everything before it. So nothing of it can be changed, lost or added unnoticed, be
it the name of a member, a byte that tar ignores, or the end; and a file that ends without it is no backup.
"""

import hashlib
import tarfile
from collections.abc import Iterator
from typing import Final

from musubi.backup.age import Sink, Source
from musubi.backup.errors import Damaged

LAST: Final = "sha256"
"""The name of the last member."""
_BLOCK: Final = 512
_PIECE: Final = 256 * 1024
_END: Final = bytes(2 * _BLOCK)
_MAX_AT_ONCE: Final = 64 * 1024 * 1024
"""What is read into memory as a whole is never larger, in bytes."""


class Writer:
    """Writes members. `finish` has to be called at the end."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._digest = hashlib.sha256()
        self._left = 0
        self._padding = 0

    def begin(self, name: str, size: int) -> None:
        """A member of exactly `size` bytes follows, by `write`."""
        if self._left:
            raise RuntimeError("the member before is not whole")
        self._put(bytes(self._padding) + _header(name, size))
        self._left, self._padding = size, -size % _BLOCK

    def write(self, data: bytes) -> None:
        """The next bytes of the member. Raises OSError."""
        if len(data) > self._left:
            raise RuntimeError("the member has more bytes than it should")
        self._left -= len(data)
        self._put(data)

    def add(self, name: str, data: bytes) -> None:
        """A whole member."""
        self.begin(name, len(data))
        self.write(data)

    def finish(self) -> None:
        """Write the end."""
        self._put(bytes(self._padding))
        self._padding = 0
        self._sink.write(_last(self._digest.hexdigest()))

    def _put(self, data: bytes) -> None:
        self._digest.update(data)
        self._sink.write(data)


class Member:
    """A member of an archive that is being read; its bytes can be had once, before the next member."""

    def __init__(self, reader: "Reader", name: str, size: int) -> None:
        self.name = name
        self.size = size
        """In bytes."""
        self._reader = reader

    def pieces(self) -> Iterator[bytes]:
        """Its bytes. Raises Damaged."""
        return self._reader.pieces()

    def whole(self) -> bytes:
        """The same at once. Raises Damaged, also for one that nobody would have written so large."""
        if self.size > _MAX_AT_ONCE:
            raise Damaged(f"{self.name} is larger than it can be")
        return b"".join(self.pieces())


class Reader:
    """The members in the order in which they were written. Only when the last one was given is it certain that they are
    what was written."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._digest = hashlib.sha256()
        self._left = 0
        self._padding = 0

    def __iter__(self) -> Iterator[Member]:
        """Raises Damaged."""
        while True:
            for _ in self.pieces():
                # Whoever didn't want them still wants to know that they are as they should be.
                pass
            self._take(self._padding)
            before = self._digest.hexdigest()
            name, size = _parse(self._take(_BLOCK))
            self._left, self._padding = size, -size % _BLOCK
            if name == LAST:
                self._check_end(before, size)
                return
            yield Member(self, name, size)

    def pieces(self) -> Iterator[bytes]:
        """What is left of the present member."""
        while self._left:
            piece = self._take(min(self._left, _PIECE))
            self._left -= len(piece)
            yield piece

    def _take(self, size: int) -> bytes:
        data = self._source.read(size)
        if len(data) < size:
            raise Damaged("it is cut off")
        self._digest.update(data)
        return data

    def _check_end(self, before: str, size: int) -> None:
        expected = _last(before)
        if size != len(before):
            raise Damaged("its checksum is none")
        rest = self._source.read(len(expected) - _BLOCK)
        if rest != expected[_BLOCK:] or self._source.read(1):
            raise Damaged("its checksum is another one")


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def _parse(block: bytes) -> tuple[str, int]:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeError):
        raise Damaged("a member's header is none") from None
    # Bytes that tar ignores are no one's to change either.
    if info.size < 0 or block != _header(info.name, info.size):
        raise Damaged("a member's header is not as we write it")
    return info.name, info.size


def _last(digest: str) -> bytes:
    data = digest.encode()
    return _header(LAST, len(data)) + data + bytes(-len(data) % _BLOCK) + _END

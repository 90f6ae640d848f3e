"""Opening a backup, encrypted or not."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from musubi.backup.age import MAGIC, Decryption
from musubi.backup.archive import Member, Reader
from musubi.backup.errors import BackupError, Damaged
from musubi.backup.manifest import HEAD, Head

_BUFFER = 1024 * 1024


@contextmanager
def opened(path: Path, passphrase: str | None) -> Iterator[tuple[Head, Iterator[Member]]]:
    """A backup's first member and the ones that follow.

    Whatever is wrong with it, also inside of the block, is a BackupError that names the file.
    """
    try:
        with path.open("rb", buffering=_BUFFER) as file:
            members = iter(Reader(_source(file, passphrase)))
            yield _head(members), members
    except Damaged as error:
        raise Damaged(f"{path} is damaged: {error}") from None
    except BackupError as error:
        raise BackupError(f"{path}: {error}") from None


def is_encrypted(path: Path) -> bool:
    """Whether a passphrase is needed. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _source(file: IO[bytes], passphrase: str | None) -> "IO[bytes] | Decryption":
    beginning = file.read(len(MAGIC))
    file.seek(0, io.SEEK_SET)
    if beginning != MAGIC:
        return file
    if passphrase is None:
        raise BackupError("it is encrypted: set MUSUBI_BACKUP_PASSPHRASE, or give --passphrase-file")
    return Decryption(file, passphrase)


def _head(members: Iterator[Member]) -> Head:
    first = next(members, None)
    if first is None or first.name != HEAD:
        raise Damaged("it does not begin as a backup does")
    return Head.from_json(first.whole())

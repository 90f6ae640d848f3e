"""Where a backup is put: one file, which has its name only when all of it is on the disk."""

import fcntl
import os
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from musubi.backup.errors import BackupError
from musubi.core.disk import synchronize

_PREFIX: Final = "musubi-"
_SUFFIX: Final = ".backup"
_PART: Final = ".part"
_STAMP: Final = "%Y%m%dT%H%M%SZ"


def path_for(target: Path, now: datetime) -> Path:
    """The file to make: `target`, or, if that is a directory, one in it that is named after the time.

    Raises BackupError when there is one already: none is ever replaced.
    """
    path = target / f"{_PREFIX}{now.astimezone(UTC).strftime(_STAMP)}{_SUFFIX}" if target.is_dir() else target
    if path.exists():
        raise BackupError(f"{path} is there already, and no backup is ever replaced")
    return path


def backups_in(directory: Path) -> list[Path]:
    """The backups that are named after their time, the newest first."""
    return sorted((path for path in directory.glob(f"{_PREFIX}*{_SUFFIX}") if _is_named_so(path)), reverse=True)


def delete_older(directory: Path, keep: int) -> list[Path]:
    """Delete all but the newest `keep` of them; those that are gone. Raises OSError."""
    gone = backups_in(directory)[keep:]
    for path in gone:
        path.unlink()
    return gone


def _is_named_so(path: Path) -> bool:
    with suppress(ValueError):
        datetime.strptime(path.name, f"{_PREFIX}{_STAMP}{_SUFFIX}")  # noqa: DTZ007 (only whether it can be read)
        return path.is_file()
    return False


class Part:
    """A backup that is being written. A context manager: what isn't kept by its end is removed.

    It is locked meanwhile, so that one that a killed process left behind can be told from another's.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path.with_name(path.name + _PART)
        self._opened = ExitStack()
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Raises BackupError when another backup is being written there, and OSError."""
        for left in {self._part, *self.path.parent.glob(f"{_PREFIX}*{_SUFFIX}{_PART}")}:
            _remove_if_abandoned(left)
        try:
            descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise BackupError(f"another backup is being written to {self._part}") from None
        self._file = self._opened.enter_context(os.fdopen(descriptor, "wb"))
        fcntl.flock(self._file, fcntl.LOCK_EX)
        return self

    @property
    def file(self) -> IO[bytes]:
        """To be written to."""
        assert self._file is not None  # noqa: S101 (inside of the block there is one)
        return self._file

    def keep(self) -> int:
        """Give it its name, now that all of it is written; its size in bytes. Raises OSError and BackupError."""
        self.file.flush()
        os.fsync(self.file.fileno())
        size = self.file.tell()
        if self.path.exists():
            raise BackupError(f"{self.path} is there already, and no backup is ever replaced")
        self._part.rename(self.path)
        synchronize(self.path.parent)
        return size

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Before it is unlocked: another one may take the name then. If it was kept, it isn't called so any more.
        self._part.unlink(missing_ok=True)
        with suppress(OSError):
            # What a full disk didn't take is written again when the file is closed.
            self._opened.close()


def _remove_if_abandoned(part: Path) -> None:
    with suppress(FileNotFoundError), part.open("rb") as file, suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.unlink()

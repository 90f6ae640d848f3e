"""Who may work on an installation: any number of servers at once, or one command that replaces what they stand on.

The lock is the kernel's, on a file of the data directory, so it ends with its process however that ends. What must
outlive a process is the mark of a restore that has begun: without its end the data is neither the old nor the new.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

REPLACED = "a restore, or a move, is at work there: wait for its end"
"""Why no server can start while someone has the installation for themselves."""
HALF_RESTORED = "a restore did not finish: run `musubi restore` again"
"""Why nothing else can be done where there is such a mark."""


class InUse(Exception):
    """Someone else works on the installation, in a way that doesn't go together with ours."""


@contextmanager
def shared(data_dir: Path) -> Iterator[None]:
    """A block that works on the installation beside others. Raises InUse while someone has it for themselves, and
    OSError when the lock can't be made."""
    with _locked(data_dir, fcntl.LOCK_SH):
        yield


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """A block that has the installation for itself. Raises InUse while anyone works on it, and OSError."""
    with _locked(data_dir, fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(data_dir: Path, how: int) -> Iterator[None]:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _open(data_dir / "in-use.lock") as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse from None
        yield


def _open(path: Path) -> IO[bytes]:
    # Never removed: who waits for a lock must wait for the same file as who holds it.
    return path.open("ab")


def restore_mark(data_dir: Path) -> Path:
    """The file that is there from when a restore begins to change something until it is finished."""
    return data_dir / "restore.unfinished"

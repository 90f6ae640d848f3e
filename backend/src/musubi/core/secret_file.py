"""The secrets of an installation that was given none: kept in a file for its owner alone, one a line, newest first."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

MIN_SECRET_BYTES = 32


class DamagedSecret(Exception):
    """The file is there, but what it holds is too short to be a secret. A full disk can do that."""


def read_or_make(path: Path) -> list[bytes]:
    """The secrets in the file, newest first; it is made, with one, when there is none.

    Raises OSError when it can't be read or written, and DamagedSecret: keys derived from next to nothing would be
    anyone's to derive.
    """
    if not path.exists():
        _make(path)
    return _read(path)


def rotate(path: Path) -> int:
    """Put a new secret in front of those in the file; how many older ones are honoured now.

    Raises as `read_or_make` does. Running processes notice when they start the next time.
    """
    kept = read_or_make(path)
    # Replaced as a whole: a crash leaves the old file or the new one.
    _write(path.parent, [_new_secret(), *kept]).replace(path)
    return len(kept)


def forget_old(path: Path) -> int:
    """Keep only the newest secret; how many were forgotten. Raises as `read_or_make` does."""
    newest, *older = read_or_make(path)
    _write(path.parent, [newest]).replace(path)
    return len(older)


def _read(path: Path) -> list[bytes]:
    found = path.read_bytes().split()
    if not found or min(len(secret) for secret in found) < MIN_SECRET_BYTES:
        raise DamagedSecret
    return found


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = _write(path.parent, [_new_secret()])
    # A link is made whole or not at all: of several processes that start at once, one makes the secret, and none can
    # read half of it.
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(temporary)
    temporary.unlink()


def _new_secret() -> bytes:
    return secrets.token_urlsafe(48).encode()


def _write(directory: Path, lines: list[bytes]) -> Path:
    """A new file in `directory` with these lines, on the disk when this returns."""
    descriptor, temporary = tempfile.mkstemp(dir=directory)  # with mode 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"\n".join(lines))
        file.flush()
        os.fsync(file.fileno())
    return Path(temporary)

"""The secret of an installation that was given none: made once, and kept in a file for its owner alone."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

MIN_SECRET_BYTES = 32


class DamagedSecret(Exception):
    """The file is there, but what it holds is too short to be a secret. A full disk can do that."""


def read_or_make(path: Path) -> bytes:
    """The secret in the file, which is made when there is none.

    Raises OSError when it can't be read or written, and DamagedSecret: keys derived from next to nothing would be
    anyone's to derive.
    """
    if not path.exists():
        _make(path)
    secret = path.read_bytes()
    if len(secret) < MIN_SECRET_BYTES:
        raise DamagedSecret
    return secret


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # with mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    # A link is made whole or not at all: of several processes that start at once, one makes the secret, and none can
    # read half of it.
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(temporary)
    Path(temporary).unlink()

"""The secrets of an installation, without which its sessions, second factors and waiting mails are lost."""

from dataclasses import dataclass

from musubi.core import secret_file
from musubi.core.keyring import KeyRing
from musubi.settings import Settings


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets, newest first."""

    values: tuple[bytes, ...]
    is_outside: bool
    """Whether they are settings, and not in the data directory."""

    @property
    def names(self) -> tuple[str, ...]:
        """What tells them from others, and is safe to show."""
        return tuple(key.kid for key in KeyRing(*self.values))

    def to_lines(self) -> bytes:
        """As in `secret.key`."""
        return b"\n".join(self.values)


def secrets_of(settings: Settings) -> Secrets:
    """Those of this installation. None are made where there are none yet.

    Raises ConfigurationError when they can't be read.
    """
    if settings.secret_key is None and not settings.secret_path.exists():
        return Secrets((), is_outside=False)
    return Secrets(tuple(settings.secrets()), is_outside=settings.secret_key is not None)


def from_lines(data: bytes) -> tuple[bytes, ...]:
    """What `to_lines` gave. Raises ValueError."""
    found = tuple(data.split())
    if not found or min(map(len, found)) < secret_file.MIN_SECRET_BYTES:
        raise ValueError("these are no secrets")
    return found

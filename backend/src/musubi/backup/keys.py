"""The secrets of an installation, without which its sessions, second factors and waiting mails are lost."""

import json
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

    def to_json(self) -> bytes:
        """As in a backup: not as in `secret.key`, because a setting may have spaces."""
        return json.dumps([value.decode() for value in self.values]).encode() + b"\n"


def secrets_of(settings: Settings) -> Secrets:
    """Those of this installation. None are made where there are none yet.

    Raises ConfigurationError when they can't be read.
    """
    if settings.secret_key is None and not settings.secret_path.exists():
        return Secrets((), is_outside=False)
    return Secrets(tuple(settings.secrets()), is_outside=settings.secret_key is not None)


def from_json(data: bytes) -> tuple[bytes, ...]:
    """What `to_json` gave. Raises ValueError."""
    found = json.loads(data)
    if not isinstance(found, list) or not found or not all(isinstance(value, str) and value for value in found):
        raise ValueError("these are no secrets")
    return tuple(value.encode() for value in found)


def fits_file(secrets: tuple[bytes, ...]) -> bool:
    """Whether `secret.key` can hold them: settings may be shorter in development, and may have spaces."""
    return all(value.split() == [value] and len(value) >= secret_file.MIN_SECRET_BYTES for value in secrets)

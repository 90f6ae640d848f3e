"""The application's secrets: the current one, and older ones that are still honoured.

Everything that is signed or sealed says, or can be tried for, which secret it was made with. So a secret can be
replaced while people stay signed in: the new one is put in front, and the old one goes once nothing needs it.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class Unreadable(Exception):
    """A sealed text that none of our secrets opens, or that was changed."""


@dataclass(frozen=True)
class Key:
    """One secret, from which a key for each purpose is derived."""

    secret: bytes

    @cached_property
    def kid(self) -> str:
        """What tells this secret from others, and nothing about it; safe to show."""
        return self.derive("key id").hex()[:8]

    def derive(self, purpose: str) -> bytes:
        """A key for one purpose (the expand step of HKDF, RFC 5869, for one block), so that no two uses share one."""
        return hmac.digest(self.secret, f"musubi {purpose}".encode() + b"\x01", hashlib.sha256)


class KeyRing:
    """The secrets of an installation, newest first."""

    def __init__(self, *newest_first: bytes) -> None:
        self._keys = tuple(Key(secret) for secret in dict.fromkeys(newest_first))
        self._by_kid = {key.kid: key for key in self._keys}

    @property
    def current(self) -> Key:
        """What everything new is made with."""
        return self._keys[0]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def get(self, kid: str) -> Key | None:
        """The secret called `kid`; None when it is not, or no longer, one of ours."""
        return self._by_kid.get(kid)

    def seal(self, purpose: str, plain: bytes) -> str:
        """`plain`, encrypted and protected against change (AES-256-GCM), as text; only `open` for the same purpose
        gets it back."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self.current.derive(purpose)).encrypt(nonce, plain, purpose.encode())
        return f"{self.current.kid}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, purpose: str, sealed: str) -> bytes:
        """What `seal` was given. Raises Unreadable."""
        kid, _, encoded = sealed.partition(".")
        key = self.get(kid)
        if key is None:
            raise Unreadable
        try:
            raw = base64.urlsafe_b64decode(encoded)
            return AESGCM(key.derive(purpose)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise Unreadable from error

    def is_outdated(self, sealed: str) -> bool:
        """Whether `sealed` was made with an older secret, and should be sealed anew."""
        return sealed.partition(".")[0] != self.current.kid

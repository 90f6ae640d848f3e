"""Signed links: how a browser, which adds no token to an `<img>` or a download, gets at a file.

A link says for which session it was made and until when, and nobody can change that (HMAC-SHA256). It opens no more
than its session could at that moment: the session has to be alive, and whether its user may read the file is looked up
as for any other request. Ends are rounded, so the same link comes again for an hour and what it leads to stays in the
browser's cache.
"""

import base64
import hashlib
import hmac
import math
from dataclasses import dataclass
from enum import StrEnum

from musubi.core.clock import utcnow
from musubi.core.keyring import Key, KeyRing

PREFIX = "/api/v1/upload"
EXPORT_PREFIX = "/api/v1/exports"
_ROUNDED_TO = 3600
"""In seconds. A link lives for one to two of these."""
_SIGNATURE_LENGTH = 43


class Variant(StrEnum):
    """Which bytes of a file; the folder of its URL."""

    FILE = "files"
    THUMBNAIL = "thumbnails"
    EXPORT = "exports"
    """No file, but an archive that a feature above packs for someone, and gives out under a path of its own."""

    @property
    def path(self) -> str:
        """What the URL begins with."""
        return EXPORT_PREFIX if self is Variant.EXPORT else f"{PREFIX}/{self}"


class BadLink(Exception):
    """It isn't one of ours, was changed, or is over."""


@dataclass(frozen=True, slots=True)
class LinkClaims:
    """What a link says."""

    session_id: int
    expires: int
    """In seconds since 1970."""


class Links:
    """Makes links and reads them."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def url(self, variant: Variant, stored_name: str, session_id: int) -> str:
        """A path under which this session gets the file, for one to two hours from now."""
        expires = self.expires()
        key = self._keys.current
        signature = _sign(key, variant, stored_name, session_id, expires)
        return f"{variant.path}/{stored_name}?session={session_id}&expires={expires}&signature={key.kid}.{signature}"

    @staticmethod
    def expires() -> int:
        """Until when a link is good that is made now; in seconds since 1970."""
        return (math.floor(utcnow().timestamp() / _ROUNDED_TO) + 2) * _ROUNDED_TO

    def read(self, variant: Variant, stored_name: str, session: str, expires: str, signature: str) -> LinkClaims:
        """What the parameters of a link say. Raises BadLink."""
        kid, _, code = signature.partition(".")
        key = self._keys.get(kid)
        if key is None or not _is_number(session) or not _is_number(expires) or len(code) != _SIGNATURE_LENGTH:
            raise BadLink
        claims = LinkClaims(int(session), int(expires))
        expected = _sign(key, variant, stored_name, claims.session_id, claims.expires)
        if not hmac.compare_digest(expected.encode(), code.encode()) or claims.expires <= utcnow().timestamp():
            raise BadLink
        return claims


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _sign(key: Key, variant: Variant, stored_name: str, session_id: int, expires: int) -> str:
    said = f"{variant}\n{stored_name}\n{session_id}\n{expires}".encode()
    digest = hmac.digest(key.derive("file links"), said, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

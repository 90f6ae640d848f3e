"""The headers of the protocol, read strictly: what is odd is refused, not guessed at."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from musubi.core.errors import BadRequest
from musubi.core.i18n import Text
from musubi.core.types import MAX_ID

CONTENT_TYPE = "application/offset+octet-stream"
CHECKSUM_ALGORITHMS = ("sha256", "sha1")
MAX_METADATA = 8192
"""In characters: a name and a description as long as they may be, and as much again for what we don't ask for."""
_DIGITS = len(str(MAX_ID))

_BAD_NUMBER = Text(
    "Upload-Length and Upload-Offset must be whole numbers that are not negative",
    "Upload-Length と Upload-Offset は0以上の整数で指定してください",
)
_BAD_METADATA = Text(
    "Upload-Metadata must be pairs of a key and a value in Base64, separated by commas",
    "Upload-Metadata はキーとBase64の値の組をコンマで区切って指定してください",
)
_NOT_TEXT = Text("A value in Upload-Metadata is not text in UTF-8", "Upload-Metadata の値がUTF-8の文字列ではありません")
_BAD_CHECKSUM = Text(
    "Upload-Checksum must be sha256 or sha1, a space and the checksum in Base64",
    "Upload-Checksum は sha256 か sha1、空白、Base64のチェックサムの順で指定してください",
)


def read_number(value: str | None) -> int:
    """The value of `Upload-Length` or `Upload-Offset`, in bytes. Raises BadRequest."""
    # How long it may be is asked first: turning endless digits into a number takes endlessly long.
    if value is None or not (value.isascii() and value.isdigit()) or len(value) > _DIGITS or int(value) > MAX_ID:
        raise BadRequest(_BAD_NUMBER)
    return int(value)


def read_metadata(value: str | None) -> dict[str, bytes]:
    """What `Upload-Metadata` says, in the order it says it. Raises BadRequest."""
    if value is None:
        return {}
    if len(value) > MAX_METADATA:
        raise BadRequest(_BAD_METADATA)
    found: dict[str, bytes] = {}
    for pair in value.split(","):
        # White space around the commas is that of a list of HTTP, as a proxy that joins two headers makes it.
        key, _, encoded = pair.strip(" \t").partition(" ")
        if not key or not key.isprintable() or key in found:
            raise BadRequest(_BAD_METADATA)
        found[key] = _decoded(encoded, _BAD_METADATA)
    return found


def text_of(metadata: dict[str, bytes], *keys: str) -> str | None:
    """The text under the first of these keys that is there. Raises BadRequest when it isn't UTF-8 or has a NUL."""
    for key in keys:
        if key in metadata:
            try:
                text = metadata[key].decode()
            except UnicodeDecodeError:
                raise BadRequest(_NOT_TEXT) from None
            if "\x00" in text:
                raise BadRequest(_NOT_TEXT)
            return text
    return None


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of a request have to amount to."""

    algorithm: str
    digest: bytes


def read_checksum(value: str | None) -> Checksum | None:
    """What `Upload-Checksum` says. Raises BadRequest, as the protocol has it also for an algorithm that isn't ours."""
    if value is None:
        return None
    algorithm, _, encoded = value.partition(" ")
    if algorithm not in CHECKSUM_ALGORITHMS:
        raise BadRequest(_BAD_CHECKSUM)
    digest = _decoded(encoded, _BAD_CHECKSUM)
    if len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise BadRequest(_BAD_CHECKSUM)
    return Checksum(algorithm, digest)


def http_date(moment: datetime) -> str:
    """As RFC 9110 has dates, and `Upload-Expires`."""
    return format_datetime(moment, usegmt=True)


def _decoded(encoded: str, complaint: Text) -> bytes:
    try:
        return base64.b64decode(encoded.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise BadRequest(complaint) from None

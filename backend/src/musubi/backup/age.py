"""Encryption with a passphrase, as `age` does it (https://age-encryption.org/v1): `age -d FILE` opens what we write.

Written here and not taken from pyrage, whose passphrases want all of the data in memory and, on a fast machine, a
gigabyte to derive the key; the tests open with it what we write. The data goes in pieces of 64 KiB that are each
protected against change, against being moved, and, by a mark on the last one, against being cut off.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from musubi.backup.errors import BackupError, Damaged

MAGIC: Final = b"age-encryption.org/v1\n"
_LABEL: Final = b"age-encryption.org/v1/scrypt"
_HEADER: Final = re.compile(
    rb"age-encryption\.org/v1\n-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n([A-Za-z0-9+/]{43})\n---"
    rb" ([A-Za-z0-9+/]{43})\n"
)
_MAX_HEADER: Final = 200
_WORK: Final = 17
"""The logarithm of scrypt's cost: 128 MiB of memory, as OWASP asks for."""
_MAX_WORK: Final = 20
"""What others may have chosen for a file that they encrypted anew: a gigabyte."""
_PIECE: Final = 64 * 1024
_TAG: Final = 16
_NONCE: Final = bytes(12)


class Sink(Protocol):
    """What bytes are written to."""

    def write(self, data: bytes, /) -> object:
        """Take all of `data`. Raises OSError."""


class Source(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """`size` bytes; fewer only at the end."""


class Encryption:
    """A sink that encrypts. `finish` has to be called at the end."""

    def __init__(self, sink: Sink, passphrase: str) -> None:
        file_key, nonce = secrets.token_bytes(16), secrets.token_bytes(16)
        salt = secrets.token_bytes(16)
        wrapped = ChaCha20Poly1305(_stretch(passphrase, salt, _WORK)).encrypt(_NONCE, file_key, None)
        header = b"%b-> scrypt %b %d\n%b\n---" % (MAGIC, _text(salt), _WORK, _text(wrapped))
        sink.write(b"%b %b\n%b" % (header, _text(_mac(file_key, header)), nonce))
        self._sink = sink
        self._cipher = ChaCha20Poly1305(_expand(file_key, nonce, b"payload"))
        self._waiting = bytearray()
        self._count = 0

    def write(self, data: bytes, /) -> None:
        """Raises OSError."""
        self._waiting += data
        # The last piece may be full but never empty: it stays here until it is known whether another one follows.
        while len(self._waiting) > _PIECE:
            self._send(bytes(self._waiting[:_PIECE]), is_last=False)
            del self._waiting[:_PIECE]

    def finish(self) -> None:
        """Write what is left. Raises OSError."""
        self._send(bytes(self._waiting), is_last=True)

    def _send(self, piece: bytes, *, is_last: bool) -> None:
        self._sink.write(self._cipher.encrypt(_counter(self._count, is_last=is_last), piece, None))
        self._count += 1


class Decryption:
    """A source of what was encrypted. Gives no byte that isn't authentic."""

    def __init__(self, source: Source, passphrase: str) -> None:
        """Raises BackupError when the passphrase is another one, Damaged when it isn't such a file."""
        # What is read too much belongs to the first piece.
        head = source.read(_MAX_HEADER)
        found = _HEADER.match(head)
        if found is None:
            raise Damaged("it does not begin as it should")
        salt, wrapped, mac = (_bytes(found[number]) for number in (1, 3, 4))
        work = int(found[2])
        if work > _MAX_WORK:
            raise Damaged(f"it asks for more work than is reasonable (2^{work})")
        try:
            file_key = ChaCha20Poly1305(_stretch(passphrase, salt, work)).decrypt(_NONCE, wrapped, None)
        except InvalidTag:
            raise BackupError("the passphrase is another one, or the beginning of the file is damaged") from None
        if not hmac.compare_digest(_mac(file_key, head[: found.end() - 45]), mac):
            raise Damaged("its beginning was changed")
        rest = head[found.end() :]
        rest += source.read(16 + _PIECE + _TAG - len(rest))
        self._cipher = ChaCha20Poly1305(_expand(file_key, rest[:16], b"payload"))
        self._source = source
        self._sealed = rest[16:]
        self._open = b""
        self._count = 0
        self._is_over = False

    def read(self, size: int, /) -> bytes:
        """Raises Damaged."""
        parts: list[bytes] = []
        while size:
            if not self._open:
                if self._is_over:
                    break
                self._open = self._next()
            part = self._open[:size]
            self._open = self._open[size:]
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _next(self) -> bytes:
        sealed = self._sealed
        self._sealed = self._source.read(_PIECE + _TAG)
        self._is_over = not self._sealed
        try:
            piece = self._cipher.decrypt(_counter(self._count, is_last=self._is_over), sealed, None)
        except (InvalidTag, ValueError):
            raise Damaged("it was changed, or cut off") from None
        if self._is_over and not piece and self._count:
            raise Damaged("it ends with an empty piece")
        self._count += 1
        return piece


def _stretch(passphrase: str, salt: bytes, work: int) -> bytes:
    memory = 128 * 8 * 2**work
    return hashlib.scrypt(passphrase.encode(), salt=_LABEL + salt, n=2**work, r=8, p=1, maxmem=memory + 2**20, dklen=32)


def _expand(file_key: bytes, salt: bytes, purpose: bytes) -> bytes:
    """HKDF with SHA-256 (RFC 5869), for one block."""
    return hmac.digest(hmac.digest(salt, file_key, "sha256"), purpose + b"\x01", "sha256")


def _mac(file_key: bytes, header: bytes) -> bytes:
    return hmac.digest(_expand(file_key, b"", b"header"), header, "sha256")


def _counter(count: int, *, is_last: bool) -> bytes:
    return count.to_bytes(11, "big") + bytes([is_last])


def _text(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _bytes(text: bytes) -> bytes:
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise Damaged("it does not begin as it should") from None
    if _text(data) != text:
        # The same bytes have only one text.
        raise Damaged("it does not begin as it should")
    return data

"""Encryption is that of age, and nothing gets past it unnoticed."""

import io
import secrets

import pyrage
import pytest

from musubi.backup.age import Decryption, Encryption
from musubi.backup.errors import BackupError, Damaged

PASSPHRASE = "a passphrase of some length"
PIECE = 64 * 1024


def encrypted(data: bytes, passphrase: str = PASSPHRASE) -> bytes:
    sink = io.BytesIO()
    encryption = Encryption(sink, passphrase)
    encryption.write(data[:100])
    encryption.write(data[100:])
    encryption.finish()
    return sink.getvalue()


def decrypted(data: bytes, passphrase: str = PASSPHRASE) -> bytes:
    decryption = Decryption(io.BytesIO(data), passphrase)
    return b"".join(iter(lambda: decryption.read(1000), b""))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 200_000])
def test_others_open_what_we_write(quick_passphrases: None, size: int) -> None:
    data = secrets.token_bytes(size)
    ours = encrypted(data)
    assert pyrage.passphrase.decrypt(ours, PASSPHRASE) == data
    assert decrypted(ours) == data


def test_a_passphrase_that_is_not_ascii(quick_passphrases: None) -> None:
    assert pyrage.passphrase.decrypt(encrypted(b"data", "結び目の秘密の言葉です"), "結び目の秘密の言葉です") == b"data"


def test_the_work_is_that_of_owasp() -> None:
    assert encrypted(b"").splitlines()[1].endswith(b" 17")


def test_another_passphrase(quick_passphrases: None) -> None:
    with pytest.raises(BackupError, match="the passphrase is another one"):
        decrypted(encrypted(b"data"), "another passphrase")


def test_every_byte_counts(quick_passphrases: None) -> None:
    """Of the header, which is text, of the first piece, and where it ends."""
    data = bytes(PIECE + 100)
    whole = encrypted(data)
    for position in [*range(400), PIECE, PIECE + 200, *range(len(whole) - 200, len(whole))]:
        changed = bytearray(whole)
        changed[position] ^= 1
        with pytest.raises(BackupError):
            decrypted(bytes(changed))


def test_every_end_but_its_own(quick_passphrases: None) -> None:
    whole = encrypted(bytes(2 * PIECE))
    first = len(whole) - 2 * (PIECE + 16)
    for end in [*range(0, first, 7), first, first + 1, first + PIECE + 16, len(whole) - 1]:
        with pytest.raises(Damaged):
            decrypted(whole[:end])
    with pytest.raises(Damaged):
        decrypted(whole + b"\0")


def test_pieces_in_another_order(quick_passphrases: None) -> None:
    whole = encrypted(bytes(3 * PIECE))
    sealed = PIECE + 16
    start = len(whole) - 3 * sealed
    swapped = whole[:start] + whole[start + sealed : start + 2 * sealed] + whole[start : start + sealed]
    with pytest.raises(Damaged):
        decrypted(swapped + whole[start + 2 * sealed :])


def test_more_work_than_is_reasonable(quick_passphrases: None) -> None:
    lines = encrypted(b"data").split(b"\n", 2)
    with pytest.raises(Damaged, match="more work"):
        decrypted(b"\n".join([lines[0], lines[1].rpartition(b" ")[0] + b" 40", lines[2]]))

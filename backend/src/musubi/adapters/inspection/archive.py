"""Zip files, as such: plain attachments that nothing here unpacks, and what has to be so of those that are."""

import zlib
from pathlib import PurePosixPath
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from musubi.adapters.inspection.verdict import Inspected, Reason, Refused

UNREADABLE = (BadZipFile, zlib.error, EOFError, ValueError, OverflowError, RuntimeError)
"""What zipfile raises for what it can't read: the last for what is encrypted or packed in unknown ways."""

MAX_RATIO = 100
"""How much larger a part may be than it is packed. Text of documents shrinks to a tenth, rarely to a thirtieth."""
_RATIO_MATTERS_FROM = 1024 * 1024
"""Bytes: what unpacks into less does no harm."""
_LOCAL_HEADER = 30
"""Bytes of what stands before each part, without the part's name."""
_IS_ENCRYPTED = 0x1


def look_at_zip(file: BinaryIO) -> Inspected:
    """Whether it has a list of what is in it."""
    open_zip(file).close()
    return Inspected()


def open_zip(file: BinaryIO) -> ZipFile:
    """The archive, of which only the list was read. Raises Refused."""
    try:
        return ZipFile(file)
    except UNREADABLE as error:
        raise Refused(Reason.UNREADABLE) from error


def check_list(package: ZipFile, size: int, *, max_parts: int, max_unpacked: int) -> None:
    """Whether an archive of `size` bytes is harmless to unpack, by what its list says: how many parts it has, how large
    they are, where they lie, and under which names. What the list says may still be wrong. Raises Refused."""
    parts = package.infolist()
    if len(parts) > max_parts or len({part.filename.lower() for part in parts}) < len(parts):
        raise Refused(Reason.SUSPICIOUS)
    if sum(part.file_size for part in parts) > max_unpacked:
        raise Refused(Reason.SUSPICIOUS)
    if any(part.header_offset < 0 for part in parts):  # before the file, when the list isn't where it is said to be
        raise Refused(Reason.UNREADABLE)
    # Where the list begins no part goes on, nor where another one begins.
    end = min(package.start_dir, size)
    for part in sorted(parts, key=lambda part: part.header_offset, reverse=True):
        if not _is_harmless(part) or part.header_offset + _LOCAL_HEADER + part.compress_size > end:
            raise Refused(Reason.SUSPICIOUS)
        end = part.header_offset


def _is_harmless(part: ZipInfo) -> bool:
    name = PurePosixPath(part.filename)
    return (
        not (name.is_absolute() or ".." in name.parts or "\\" in part.filename or ":" in part.filename)
        and not part.flag_bits & _IS_ENCRYPTED
        and part.compress_type in (ZIP_STORED, ZIP_DEFLATED)
        and (part.file_size <= _RATIO_MATTERS_FROM or part.file_size <= part.compress_size * MAX_RATIO)
    )

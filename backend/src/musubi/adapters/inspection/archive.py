"""Zip files, as such: plain attachments that nothing here unpacks."""

import zlib
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

from musubi.adapters.inspection.verdict import Inspected, Reason, Refused

UNREADABLE = (BadZipFile, zlib.error, EOFError, ValueError, OverflowError, RuntimeError)
"""What zipfile raises for what it can't read: the last for what is encrypted or packed in unknown ways."""


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

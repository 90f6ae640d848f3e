"""PDF: that it is one from its first byte to its last.

What is inside (scripts, forms, other files) is not looked at: nothing of it ever runs on the server, and browsers are
told to save it.
"""

import os
import re
from typing import BinaryIO

from musubi.adapters.inspection.verdict import Inspected, Reason, Refused

_HEADER = re.compile(rb"%PDF-[12]\.\d")
_TRAILER = b"%%EOF"
_TRAILER_WITHIN = 1024
"""Bytes from the end: readers have always looked there."""


def look_at_pdf(file: BinaryIO) -> Inspected:
    """Whether both its ends are there; readers find everything else from the last one."""
    if _HEADER.match(file.read(8)) is None:
        raise Refused(Reason.OTHER_CONTENT)
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TRAILER_WITHIN))
    if _TRAILER not in file.read():
        raise Refused(Reason.UNREADABLE)
    return Inspected()

"""Parts of what is downloaded (RFC 9110, section 14): one range of bytes per request.

Several at once would have to be sent as a multipart document, which downloads never need; RFC 9110 lets a server answer
with the whole instead, and so do we.
"""

import re
from dataclasses import dataclass

from musubi.core.errors import RangeNotSatisfiable

_RANGE = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE)
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from `start` up to and without `end`, of `size`."""

    start: int
    end: int
    size: int

    @property
    def content_range(self) -> str:
        """As `Content-Range` has it."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def requested_range(header: str | None, size: int, *, if_range: str | None, tag: str) -> ByteRange | None:
    """What a `Range` header asks for of something with `size` bytes, whose tag is `tag`; None for all of it.

    A header that isn't understood asks for nothing, as RFC 9110 has it; neither does one that was meant for something
    else, as `If-Range` tells (we give out no dates, so a date there is never right). Raises RangeNotSatisfiable.
    """
    if header is None or (if_range is not None and if_range.strip() != tag):
        return None
    asked = _RANGE.fullmatch(header.strip())
    if asked is None:
        return None
    first, last = (_number(digits) for digits in asked.groups())
    if first is None:
        return None if last is None else _suffix(last, size)
    if last is not None and last < first:
        return None
    if first >= size:
        raise _not_there(size)
    return ByteRange(first, size if last is None else min(last + 1, size), size)


def _suffix(length: int, size: int) -> ByteRange | None:
    if length == 0:
        raise _not_there(size)
    # The end of nothing is all of it.
    return ByteRange(max(size - length, 0), size, size) if size else None


def _number(digits: str) -> int | None:
    if not digits:
        return None
    significant = digits.lstrip("0") or "0"
    # Larger than anything there is; Python would refuse to read thousands of digits.
    return int(significant) if len(significant) <= _MOST_DIGITS else 10**_MOST_DIGITS


def _not_there(size: int) -> RangeNotSatisfiable:
    return RangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})

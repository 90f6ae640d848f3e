"""How often a JPEG has its decoder walk through all pixels, before it does."""

import re

_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
"""Within a scan, what else begins so is a byte of it, or tells where decoding can go on."""
_START, _END, _SCAN, _NOTHING = 0xD8, 0xD9, 0xDA, 0x01
_ALONE = frozenset({_START, _NOTHING})
"""Markers without content."""


def scans_in(data: bytes, most: int) -> int:
    """The number of scans in the (first) picture; not counted any further than `most` and one more."""
    scans = at = 0
    while scans <= most and (found := _MARKER.search(data, at)):
        marker, at = found[1][0], found.end()
        if marker == _END:
            break
        if marker == _SCAN:
            scans += 1
        if marker not in _ALONE:
            at += int.from_bytes(data[at : at + 2], "big")
    return scans

"""Videos: that they are what they are called, by the boxes that hold everything. No frame is decoded."""

import os
from typing import BinaryIO

from musubi.adapters.inspection.verdict import Inspected, Reason, Refused

_MP4_BRANDS = frozenset(
    {b"isom", b"mp41", b"mp42", b"avc1", b"dash", b"mmp4", b"M4V ", b"M4VH", b"M4VP", b"MSNV"}
    | {b"iso" + bytes([digit]) for digit in b"23456789"}
)
_FTYP_AT_MOST = 1024

_EBML = 0x1A45DFA3
_DOCTYPE = 0x4282
_SEGMENT = 0x18538067
_EBML_HEADER_AT_MOST = 1024


def look_at_mp4(file: BinaryIO) -> Inspected:
    """Whether it is of a brand that players know as MP4, and its boxes are whole with what describes the video."""
    file_size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if file.read(8)[4:] != b"ftyp":
        raise Refused(Reason.OTHER_CONTENT)
    _, start, end = _mp4_box(file, 0, file_size)
    if end > _FTYP_AT_MOST:
        raise Refused(Reason.OTHER_CONTENT)
    file.seek(start)
    brands = file.read(end - start)
    # After the first brand comes its version; all others are those that it is compatible with.
    if _MP4_BRANDS.isdisjoint(brands[at : at + 4] for at in range(0, len(brands), 4) if at != 4):
        raise Refused(Reason.OTHER_CONTENT)
    while end < file_size:
        name, start, end = _mp4_box(file, end, file_size)
        if name == b"moov":
            return Inspected()
    raise Refused(Reason.UNREADABLE)


def _mp4_box(file: BinaryIO, at: int, file_size: int) -> tuple[bytes, int, int]:
    """The name of the box that begins there, where its content begins, and where it ends."""
    file.seek(at)
    head = file.read(8)
    size, name, start = int.from_bytes(head[:4], "big"), head[4:], at + 8
    if size == 0:
        return name, start, file_size
    if size == 1:
        size, start = int.from_bytes(file.read(8), "big"), at + 16
    if len(head) < 8 or at + size < start or at + size > file_size:
        raise Refused(Reason.UNREADABLE)
    return name, start, at + size


def look_at_webm(file: BinaryIO) -> Inspected:
    """Whether it is Matroska of the kind that calls itself WebM."""
    header = file.read(_EBML_HEADER_AT_MOST)
    name, start, end = _ebml_element(header, 0)
    if name != _EBML:
        raise Refused(Reason.OTHER_CONTENT)
    doctype, at = b"", start
    while at < end:
        name, start, at = _ebml_element(header, at)
        if name == _DOCTYPE:
            doctype = header[start:at].rstrip(b"\0")
    if doctype != b"webm":
        raise Refused(Reason.OTHER_CONTENT)
    name, _, _ = _ebml_element(header, end)
    if name != _SEGMENT:
        raise Refused(Reason.UNREADABLE)
    return Inspected()


def _ebml_element(data: bytes, at: int) -> tuple[int, int, int]:
    """The name of the element that begins there, where its content begins, and where it ends."""
    name, after = _ebml_number(data, at)
    size, start = _ebml_number(data, after)
    return name, start, start + (size & ~(1 << (7 * (start - after))))


def _ebml_number(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins there, with the bit that marks its length, and where it ends."""
    first = data[at] if at < len(data) else 0
    length = 9 - first.bit_length()
    if first == 0 or at + length > len(data):
        raise Refused(Reason.UNREADABLE)
    return int.from_bytes(data[at : at + length], "big"), at + length

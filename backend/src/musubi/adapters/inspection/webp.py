"""The size of a WebP picture, before its decoder takes the memory for all of it."""

HEAD = 30
"""Bytes that tell it."""


def canvas(head: bytes) -> int:
    """How many pixels it has by the head of the file; 0 when that can't be read."""
    match head[12:16]:
        case b"VP8X":  # with animation, metadata or alpha
            width, height = _number(head[24:27]) + 1, _number(head[27:30]) + 1
        case b"VP8L":  # lossless
            bits = _number(head[21:25])
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":  # lossy
            width, height = _number(head[26:28]) & 0x3FFF, _number(head[28:30]) & 0x3FFF
        case _:
            return 0
    return width * height


def _number(little: bytes) -> int:
    return int.from_bytes(little, "little")

"""Files of every kind, made here, and the parts that bad ones are made of."""

import struct
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from PIL import Image

SECTOR = 512


def picture(image_format: str, size: tuple[int, int] = (300, 200), colour: str = "red", **options: Any) -> bytes:
    """A picture in one colour."""
    return encoded(Image.new("RGB", size, colour), image_format, **options)


def encoded(image: Image.Image, image_format: str, **options: Any) -> bytes:
    written = BytesIO()
    image.save(written, image_format, **options)
    return written.getvalue()


def png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_of_size(width: int, height: int) -> bytes:
    """That says that it is so large, and has nothing in it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    content = png_chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + content + png_chunk(b"IEND", b"")


def png_with(chunk: bytes) -> bytes:
    """A good PNG with one more chunk, after its header."""
    png = picture("PNG")
    return png[:33] + chunk + png[33:]


def webp_of_size(width: int, height: int) -> bytes:
    """That says that it is so large, and is small."""
    inside = picture("WEBP", lossless=True)[12:]
    canvas = b"VP8X" + struct.pack("<I", 10) + bytes(4)
    canvas += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 4 + len(canvas + inside)) + b"WEBP" + canvas + inside


def slow_jpeg(scans: int = 90) -> bytes:
    """A small file that takes seconds to decode: it says again and again how each of many pixels is finer."""
    jpeg = encoded(Image.new("L", (5000, 5000)), "JPEG", progressive=True)
    last = jpeg.rindex(b"\xff\xda")
    return jpeg[:-2] + jpeg[last:-2] * scans + jpeg[-2:]


def pdf(content: bytes = b"") -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + content + b"\ntrailer\n<< >>\nstartxref\n9\n%%EOF\n"


def doc(*more: str, document: str = "WordDocument") -> bytes:
    """An OLE file with the stream `document`, and empty storages of the names in `more`."""
    stream = b"\xec\xa5\xc1\x00".ljust(8 * SECTOR, b"\0")  # as long as those that have sectors of their own
    entries = [
        _ole_entry("Root Entry", kind=5, child=1),
        _ole_entry(document, kind=2, right=2 if more else None, start=3, size=len(stream)),
        *(
            _ole_entry(name, kind=1, right=number + 1 if number < len(more) + 1 else None)
            for number, name in enumerate(more, 2)
        ),
    ]
    directory = b"".join(entries).ljust(2 * SECTOR, b"\0")
    end, table = 0xFFFFFFFE, 0xFFFFFFFD
    chains = [table, 2, end, *range(4, 11), end]
    sectors = struct.pack("<128I", *chains, *[0xFFFFFFFF] * (128 - len(chains)))
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0, 0)[: 4 * 9] + struct.pack("<I", 0)
    return head + b"\xff" * (SECTOR - len(head)) + sectors + directory + stream


def _ole_entry(
    name: str, *, kind: int, right: int | None = None, child: int | None = None, start: int = 0, size: int = 0
) -> bytes:
    written = (name + "\0").encode("utf-16-le")
    none = 0xFFFFFFFF
    return (
        written.ljust(64, b"\0")
        + struct.pack("<HBB", len(written), kind, 1)
        + struct.pack("<III", none, none if right is None else right, none if child is None else child)
        + bytes(36)
        + struct.pack("<III", start if kind == 2 else (0xFFFFFFFE if kind == 5 else 0), size, 0)
    )


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def content_types(main: str = WORD, *, name: str = "/word/document.xml", more: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="{name}" ContentType="{main}"/>{more}</Types>'
    )


def docx(parts: Mapping[str, str | bytes] | None = None, *, types: str | None = None) -> bytes:
    """A document with these parts, too."""
    return archive(
        {
            "[Content_Types].xml": content_types() if types is None else types,
            "word/document.xml": "<w:document/>",
            **(parts or {}),
        }
    )


def archive(entries: Mapping[str, str | bytes]) -> bytes:
    """The same bytes whenever it is made: they are in the names of tests, which every process has to find alike."""
    written = BytesIO()
    with ZipFile(written, "w") as file:
        for name, content in entries.items():
            file.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return written.getvalue()


def box(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def mp4(brand: bytes = b"isom", *others: bytes, rest: bytes | None = None) -> bytes:
    start = box(b"ftyp", brand + b"\0\0\2\0" + b"".join(others))
    return start + (box(b"mdat", b"x" * 100) + box(b"moov", b"y" * 100) if rest is None else rest)


def webm(doctype: bytes = b"webm", *, rest: bytes = b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff") -> bytes:
    header = b"\x42\x86\x81\x01\x42\x82" + bytes([0x80 | len(doctype)]) + doctype
    return b"\x1a\x45\xdf\xa3" + bytes([0x80 | len(header)]) + header + rest


GOOD = {
    "a.jpg": picture("JPEG"),
    "a.png": picture("PNG"),
    "a.gif": picture("GIF"),
    "a.webp": picture("WEBP"),
    "a.pdf": pdf(),
    "a.doc": doc(),
    "a.docx": docx(),
    "a.mp4": mp4(),
    "a.webm": webm(),
    "a.zip": archive({"a.txt": "a"}),
}
"""One of each type, by a name that says which."""

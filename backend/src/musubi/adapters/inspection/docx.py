"""Word's documents since 2007: zip files with a list of what each part is."""

import os
from pathlib import PurePosixPath
from typing import BinaryIO
from xml.parsers import expat
from zipfile import ZipFile, ZipInfo

from musubi.adapters.inspection.archive import UNREADABLE, check_list, open_zip
from musubi.adapters.inspection.verdict import Inspected, Reason, Refused

MAX_PARTS = 4096
MAX_UNPACKED = 256 * 1024 * 1024
"""Bytes that everything together may unpack into, beyond the size of the file itself."""
_CONTENT_TYPES = "[Content_Types].xml"
_CONTENT_TYPES_AT_MOST = 1024 * 1024
_NAMESPACE = "http://schemas.openxmlformats.org/package/2006/content-types"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_MACRO_TYPES = ("macroenabled", "vbaproject", "vbadata")
_MACRO_PARTS = frozenset({"vbaproject.bin", "vbadata.xml"})
_PIECE = 256 * 1024


def look_at_docx(file: BinaryIO) -> Inspected:
    """Whether it is a document without macros, whole, and harmless to unpack."""
    size = file.seek(0, os.SEEK_END)
    with open_zip(file) as package:
        parts = package.infolist()
        if _CONTENT_TYPES not in package.NameToInfo:
            raise Refused(Reason.OTHER_CONTENT)
        check_list(package, size, max_parts=MAX_PARTS, max_unpacked=MAX_UNPACKED + size)
        _check_types(parts, package)
        _read_everything(parts, package)
    return Inspected()


def _check_types(parts: list[ZipInfo], package: ZipFile) -> None:
    types = _content_types(package)
    if any(PurePosixPath(part.filename).name.lower() in _MACRO_PARTS for part in parts) or any(
        macro in content_type.lower() for content_type in types.values() for macro in _MACRO_TYPES
    ):
        raise Refused(Reason.MACROS)
    names = {f"/{part.filename}" for part in parts}
    if not any(content_type == _MAIN and name in names for name, content_type in types.items()):
        raise Refused(Reason.OTHER_CONTENT)


def _content_types(package: ZipFile) -> dict[str, str]:
    """By the name of a part, or the ending of many."""
    if package.getinfo(_CONTENT_TYPES).file_size > _CONTENT_TYPES_AT_MOST:
        raise Refused(Reason.SUSPICIOUS)
    types: dict[str, str] = {}

    def start_element(tag: str, attributes: dict[str, str]) -> None:
        if tag in (f"{_NAMESPACE} Override", f"{_NAMESPACE} Default"):
            name = attributes.get("PartName") or attributes.get("Extension", "")
            types[name] = attributes.get("ContentType", "")

    def start_doctype(*_: object) -> None:
        raise Refused(Reason.SUSPICIOUS)  # The standard forbids it, and entities would need it.

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start_element
    parser.StartDoctypeDeclHandler = start_doctype
    try:
        parser.Parse(package.read(_CONTENT_TYPES), True)
    except (expat.ExpatError, *UNREADABLE) as error:
        raise Refused(Reason.UNREADABLE) from error
    return types


def _read_everything(parts: list[ZipInfo], package: ZipFile) -> None:
    """The list may lie: what doesn't unpack into exactly what it says is damaged."""
    try:
        for part in parts:
            with package.open(part) as content:
                unpacked = 0
                while piece := content.read(_PIECE):
                    unpacked += len(piece)
            if unpacked != part.file_size:
                raise Refused(Reason.UNREADABLE)
    except UNREADABLE as error:
        raise Refused(Reason.UNREADABLE) from error

"""Word's documents until 2003: OLE files, which are small file systems."""

import os
from typing import BinaryIO

from olefile import OleFileIO  # type: ignore[import-untyped]

from musubi.adapters.inspection.verdict import Inspected, Reason, Refused

_DOCUMENT = "WordDocument"
_MAGIC = b"\xec\xa5"
"""With which the stream of that name begins."""
_MACROS = frozenset({"macros", "vba", "_vba_project", "_vba_project_cur"})
"""Names of what holds them, in the document or in one that is embedded."""


def look_at_doc(file: BinaryIO) -> Inspected:
    """Whether it is a document, whole, and has no macros."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    try:
        with OleFileIO(file) as ole:
            entries = ole.listdir(streams=True, storages=True)
            is_whole = all(_is_whole(ole, path, size) for path in ole.listdir())
            is_document = is_whole and ole.exists(_DOCUMENT) and ole.openstream(_DOCUMENT).read(2) == _MAGIC
    except MemoryError:
        raise
    except Exception as error:  # The parser trusts what it reads, and fails in many ways.
        raise Refused(Reason.UNREADABLE) from error
    if not is_whole:
        raise Refused(Reason.UNREADABLE)
    if not is_document:
        raise Refused(Reason.OTHER_CONTENT)
    if any(name.lower() in _MACROS for path in entries for name in path):
        raise Refused(Reason.MACROS)
    return Inspected()


def _is_whole(ole: OleFileIO, path: list[str], file_size: int) -> bool:
    """The parser gives what it finds of a stream, and would go round in circles for one that says it is endless."""
    size: int = ole.get_size(path)
    return size <= file_size and len(ole.openstream(path).read()) == size

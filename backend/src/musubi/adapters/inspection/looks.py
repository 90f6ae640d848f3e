"""Which kind of look a file is given."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from musubi.adapters.inspection.archive import look_at_zip
from musubi.adapters.inspection.doc import look_at_doc
from musubi.adapters.inspection.docx import look_at_docx
from musubi.adapters.inspection.pdf import look_at_pdf
from musubi.adapters.inspection.pictures import GIF, JPEG, PNG, WEBP, look_at_picture
from musubi.adapters.inspection.signature import can_be
from musubi.adapters.inspection.verdict import Inspected, Reason, Refused
from musubi.adapters.inspection.video import look_at_mp4, look_at_webm

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MP4 = "video/mp4"

_LOOKS: dict[str, Callable[[BinaryIO], Inspected]] = {
    "image/jpeg": partial(look_at_picture, image_format=JPEG),
    "image/png": partial(look_at_picture, image_format=PNG),
    "image/gif": partial(look_at_picture, image_format=GIF),
    "image/webp": partial(look_at_picture, image_format=WEBP),
    "application/pdf": look_at_pdf,
    "application/msword": look_at_doc,
    _DOCX: look_at_docx,
    _MP4: look_at_mp4,
    "video/webm": look_at_webm,
    "application/zip": look_at_zip,
}
_KNOWN_BETTER = frozenset({_MP4})
"""Of which the signatures are only a part: there are too many brands."""


def look_at(path: Path, content_type: str) -> Inspected:
    """What is in the file, which is to be of this type. Raises Refused, MemoryError, OSError."""
    with path.open("rb") as file:
        if content_type not in _KNOWN_BETTER and not can_be(file, content_type):
            raise Refused(Reason.OTHER_CONTENT)
        return _LOOKS[content_type](file)

"""One look at one file: what the server asks its worker processes for."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from musubi.adapters.inspection.bounds import allow_cpu_seconds
from musubi.adapters.inspection.pictures import look_at_picture
from musubi.adapters.inspection.verdict import Inspected

_LOOKS: dict[str, Callable[[Path], Inspected]] = {
    "image/jpeg": partial(look_at_picture, image_format="JPEG"),
    "image/png": partial(look_at_picture, image_format="PNG"),
    "image/gif": partial(look_at_picture, image_format="GIF"),
    "image/webp": partial(look_at_picture, image_format="WEBP"),
}


def look(path: Path, content_type: str, seconds: float) -> Inspected:
    """What is in the file, which is to be of this type. Raises Refused, MemoryError."""
    allow_cpu_seconds(seconds)
    return _LOOKS[content_type](path)

"""What the server asks its worker processes for. The server itself imports nothing that reads files: that is left to
them."""

from pathlib import Path

from musubi.adapters.inspection.bounds import allow_cpu_seconds, confine
from musubi.adapters.inspection.verdict import Inspected


def start(memory_mib: int) -> None:
    """Make this process ready to look into files, with what it needs for all of them already in its memory."""
    from musubi.adapters.inspection import looks  # noqa: F401

    confine(memory_mib)


def look(path: Path, content_type: str, seconds: float) -> Inspected:
    """What is in the file, which is to be of this type. Raises Refused, MemoryError, OSError.

    The process ends when it worked for longer than `seconds`.
    """
    from musubi.adapters.inspection.looks import look_at

    allow_cpu_seconds(seconds)
    return look_at(path, content_type)

"""The interface of inspection."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from musubi.features.files.types import FileType


class Reason(StrEnum):
    """Why a file is not taken."""

    UNKNOWN_TYPE = "unknown_type"
    """Its name says that it is of a type that isn't taken."""
    DECLARED_OTHERWISE = "declared_otherwise"
    """It is declared as another type than its name says."""
    OTHER_CONTENT = "other_content"
    """What is in it is not what its name says."""
    UNREADABLE = "unreadable"
    """It is damaged, or not whole."""
    TOO_MANY_PIXELS = "too_many_pixels"
    MACROS = "macros"
    SUSPICIOUS = "suspicious"
    """A document that unpacks into more than any real one does, or names what lies outside of it."""
    TOO_EXPENSIVE = "too_expensive"
    """It took longer or more memory to look at than it may."""


class Refused(Exception):
    """The file is not taken."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class TooBusy(Exception):
    """More files wait to be looked at than may."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was found."""

    width: int | None = None
    height: int | None = None
    """Of a picture, as it is shown, in pixels."""
    thumbnail: bytes | None = None
    """A JPEG."""


class Inspector:
    """Looks into files in worker processes; they start with the first file."""

    def __init__(self, *, workers: int, memory_mib: int, seconds: float) -> None:
        """`workers`: how many files are looked at at once; each may use `memory_mib` more than its process starts with,
        and take `seconds`."""

    async def inspect(self, path: Path, file_type: FileType) -> Inspected:
        """Whether what is in the file `path` is of this type, and what of it is worth knowing.

        Raises Refused, TooBusy.
        """

    async def close(self) -> None:
        """End the processes."""

"""What is found in a file."""

from dataclasses import dataclass
from enum import StrEnum


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
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was found."""

    width: int | None = None
    height: int | None = None
    """Of a picture, as it is shown, in pixels."""
    thumbnail: bytes | None = None
    """A JPEG."""

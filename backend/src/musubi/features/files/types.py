"""Which kinds of files are taken, and what becomes of them."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

UNDECLARED = frozenset({"", "application/octet-stream"})
"""What clients send that don't know the type of a file."""


class Kind(StrEnum):
    """What people call it."""

    IMAGE = "image"
    DOCUMENT = "document"
    VIDEO = "video"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file that is taken."""

    content_type: str
    kind: Kind
    extensions: tuple[str, ...]
    """With the dot. The first is that of stored names."""
    is_resumable_only: bool = False
    """Whether it is taken only as a resumable upload: it is mostly large."""
    aliases: tuple[str, ...] = ()
    """What some clients call it instead."""

    def is_called(self, content_type: str) -> bool:
        """Whether `content_type`, in lower case and without parameters, is this one; nothing certain is."""
        return content_type in UNDECLARED or content_type == self.content_type or content_type in self.aliases

    @property
    def is_shown_inline(self) -> bool:
        """Whether a browser may show it in place. All others are only ever saved."""
        return self.kind is Kind.IMAGE


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

FILE_TYPES = (
    FileType("image/jpeg", Kind.IMAGE, (".jpg", ".jpeg"), aliases=("image/jpg", "image/pjpeg")),
    FileType("image/png", Kind.IMAGE, (".png",)),
    FileType("image/gif", Kind.IMAGE, (".gif",)),
    FileType("image/webp", Kind.IMAGE, (".webp",)),
    FileType("application/pdf", Kind.DOCUMENT, (".pdf",)),
    FileType("application/msword", Kind.DOCUMENT, (".doc",)),
    FileType(_WORD, Kind.DOCUMENT, (".docx",)),
    FileType("video/mp4", Kind.VIDEO, (".mp4",), is_resumable_only=True),
    FileType("video/webm", Kind.VIDEO, (".webm",), is_resumable_only=True),
    # The alias is what Windows calls it.
    FileType(
        "application/zip", Kind.ARCHIVE, (".zip",), is_resumable_only=True, aliases=("application/x-zip-compressed",)
    ),
)

_BY_EXTENSION = {extension: file_type for file_type in FILE_TYPES for extension in file_type.extensions}
_BY_CONTENT_TYPE = {file_type.content_type: file_type for file_type in FILE_TYPES}


def type_by_name(filename: str) -> FileType | None:
    """The type that a file of this name should be; None for one that isn't taken."""
    return _BY_EXTENSION.get(PurePosixPath(filename).suffix.lower())


def type_by_content_type(content_type: str) -> FileType | None:
    """The type called so, without parameters."""
    return _BY_CONTENT_TYPE.get(content_type)


def content_types_of(kind: Kind) -> list[str]:
    """What the files of a kind are called."""
    return [file_type.content_type for file_type in FILE_TYPES if file_type.kind is kind]

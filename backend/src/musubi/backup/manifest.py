"""What a backup says of itself: at its beginning what it is, at its end what is in it."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from musubi.backup.errors import BackupError, Damaged
from musubi.backup.transfer import Content

FORMAT: Final = 1
"""The number of this format. A later version of the application reads all that were before its own."""
HEAD: Final = "musubi-backup.json"
MANIFEST: Final = "manifest.json"
KEYS: Final = "secrets.json"
TABLES: Final = "tables"
CHECKSUMS: Final = "checksums"


@dataclass(frozen=True, slots=True)
class Head:
    """The first member, `HEAD`."""

    id: str
    """Random."""
    version: str
    """Of the application that made it."""
    revision: str
    """The shape of its rows."""
    created_at: str
    database: str
    """`sqlite` or `postgresql`; it can be restored to both."""
    format: int = FORMAT

    def to_json(self) -> bytes:
        return _dump(asdict(self))

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Raises Damaged; BackupError for a format that is newer."""
        try:
            values = json.loads(data)
            if int(values["format"]) > FORMAT:
                raise BackupError("it was made by a newer version of Musubi, whose backups this one can't read")
            return cls(**values)
        except (ValueError, TypeError, KeyError):
            raise Damaged("its first member can't be read") from None


@dataclass(frozen=True, slots=True)
class Files:
    """What there is of files."""

    count: int
    """Those of thumbnails included."""
    size: int
    """In bytes."""
    sha256: str
    """Of the lines with their keys, sizes and checksums."""
    left_out: tuple[str, ...]
    """The keys of those that rows name and that were missing, or damaged, when the backup was made."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The last member but one, `MANIFEST`."""

    tables: dict[str, Content]
    last_ids: dict[str, int]
    files: Files
    keys: tuple[str, ...]
    """What the secrets are called that sealed what is in it, the newest first (`core.keyring.Key.kid`)."""
    has_keys: bool
    """Whether it has those secrets, too."""

    def to_json(self) -> bytes:
        return _dump(asdict(self))

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Raises Damaged."""
        try:
            values: dict[str, Any] = json.loads(data)
            files = values["files"]
            return cls(
                {name: Content(**content) for name, content in values["tables"].items()},
                values["last_ids"],
                Files(**{**files, "left_out": tuple(files["left_out"])}),
                tuple(values["keys"]),
                bool(values["has_keys"]),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Damaged("its manifest can't be read") from None

    @property
    def row_count(self) -> int:
        return sum(content.count for content in self.tables.values())


def _dump(values: dict[str, Any]) -> bytes:
    return json.dumps(values, indent=2, ensure_ascii=False).encode() + b"\n"

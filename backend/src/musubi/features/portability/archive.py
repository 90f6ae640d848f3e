"""What an archive of one's own data is made of: the same for those who write one and those who read one.

A zip file with one JSON document per subject, the bytes of the files below `files/`, and a manifest that lists all of
them. Lists are JSON with each entry on a line of its own, so that nobody has to hold a whole one in memory. Nothing is
packed: most of it is pictures and documents, which don't get smaller.
"""

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from musubi.core.types import Id
from musubi.features.files.models import MAX_DESCRIPTION, MAX_FILENAME
from musubi.features.items.models import ItemStatus
from musubi.features.items.schemas import Description, Tags, Title

FORMAT: Final = "musubi-export"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
ITEMS: Final = "items.json"
FILES: Final = "files.json"
FOLDER: Final = "files/"

MAX_PARTS: Final = 20_000
MAX_MANIFEST: Final = 4 * 1024 * 1024
MAX_LINE: Final = 128 * 1024
"""In bytes, of an entry of a list: an item of the longest texts takes a fifth."""
MAX_ITEMS: Final = 20_000
DOCUMENTS_BYTES: Final = 256 * 1024 * 1024
"""What everything but the files may take."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ArchiveName = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class _Entry(BaseModel):
    # What a newer version adds doesn't keep an older one from reading the rest.
    model_config = ConfigDict(extra="ignore", frozen=True)


class Part(_Entry):
    """A part of the archive."""

    path: Annotated[str, Field(max_length=500)]
    size: Annotated[int, Field(ge=0)]
    sha256: Sha256


class Manifest(_Entry):
    """What the archive says of itself."""

    format: Literal["musubi-export"]
    version: int
    id: ArchiveName
    created_at: AwareDatetime
    application: Annotated[str, Field(max_length=50)] = ""
    counts: dict[str, int] = Field(default_factory=dict)
    unreadable_files: tuple[str, ...] = ()
    """Files whose bytes could not be read any more."""
    parts: tuple[Part, ...]


class ArchivedItem(_Entry):
    """An item, under the same bounds as one that is written."""

    id: Id
    title: Title
    description: Description
    status: ItemStatus
    tags: Tags
    created_at: AwareDatetime
    updated_at: AwareDatetime


class ArchivedFile(_Entry):
    """What is said of a file; its bytes are the part `path`."""

    id: Id
    path: Annotated[str | None, Field(max_length=500)]
    """None: they could not be read any more."""
    filename: Annotated[str, Field(min_length=1, max_length=MAX_FILENAME)]
    content_type: Annotated[str, Field(max_length=100)]
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION)] = ""
    item_id: Id | None = None
    size: Annotated[int, Field(ge=0)]
    sha256: Sha256
    created_at: AwareDatetime


def path_of_file(file_id: int, filename: str) -> str:
    """Under which name the bytes of a file lie in the archive: no other one's, and harmless on every system."""
    stem = "".join(character if character.isalnum() or character in "-._" else "_" for character in filename)
    # The end is worth more than the beginning: programs go by it.
    return f"{FOLDER}{file_id}-{stem[-80:].lstrip('.')}"

"""Files as the contract has them."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from musubi.core.pagination import Paging
from musubi.core.text import STORABLE, TRIMMED
from musubi.core.types import Id, Input, Timestamp, omitted
from musubi.features.files.models import MAX_DESCRIPTION
from musubi.features.files.types import Kind

STORED_NAME_PATTERN = r"^[0-9a-f]{32}\.[a-z0-9]{1,5}$"

StoredName = Annotated[
    str,
    StringConstraints(pattern=STORED_NAME_PATTERN),
    Field(description="The file's name in URLs", examples=["5f0c7d9e3f0a4d539d0c2f4f5b1c7a11.png"]),
]
Description = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MAX_DESCRIPTION),
    STORABLE,
    Field(json_schema_extra=TRIMMED, examples=["The team on the roof"]),
]
Sort = Literal["created_at", "-created_at", "filename", "-filename", "size", "-size"]


class FileRead(BaseModel):
    """A file, with links that the caller's browser can follow for an hour at least."""

    id: Id
    filename: str
    stored_name: str
    size: Annotated[int, Field(description="Bytes")]
    content_type: str
    kind: Kind
    sha256: str
    url: Annotated[str, Field(description="A signed path that needs no token")]
    thumbnail_url: Annotated[str | None, Field(description="The same for its thumbnail; null if it has none")]
    width: Annotated[int | None, Field(description="Of a picture, as it is shown, in pixels")]
    height: int | None
    description: Annotated[str, Field(description="What it shows, for those who can't see it")]
    item_id: int | None
    owner_id: Id
    created_at: Timestamp


class FileUpdate(Input):
    """A change: only the fields that are sent."""

    description: Description = omitted()
    item_id: Annotated[Id | None, Field(description="The item to attach it to; null to detach it")] = None


class FileQuery(Paging):
    """Which of one's own files to list, and how."""

    search: Annotated[
        Annotated[str, StringConstraints(max_length=200), STORABLE] | None,
        Field(description="A substring of name or description, without regard to case and width"),
    ] = None
    kind: Kind | None = None
    sort: Sort = "-created_at"


class UploadFailure(BaseModel):
    """A file of several that was not taken, and why; `code` and `message` as in an error."""

    filename: str
    code: str
    message: str


class UploadedFiles(BaseModel):
    success: Annotated[bool, Field(description="Whether all of them were taken")]
    data: list[FileRead]
    errors: list[UploadFailure]


class FileLinks(BaseModel):
    """Where a file is found that something shows by its stored name."""

    stored_name: str
    filename: str
    content_type: str
    description: str
    url: str
    thumbnail_url: str | None


class FileLinkList(BaseModel):
    """Those of the files asked for that the caller may read; nothing is said of the others."""

    data: list[FileLinks]
    expires_at: Timestamp


class AcceptedType(BaseModel):
    """A type of file that is taken."""

    content_type: str
    kind: Kind
    extensions: list[str]


class UploadWay(BaseModel):
    """One of the two ways to upload, and what it takes."""

    max_bytes: Annotated[int, Field(description="Largest file; 0 where there is no such way")]
    types: list[AcceptedType]


class UploadLimits(BaseModel):
    """What one may upload, and how much room is left."""

    simple: UploadWay
    resumable: UploadWay
    max_files: Annotated[int, Field(description="In one request of `POST /upload/files/multiple`")]
    quota_bytes: Annotated[int, Field(description="What one's files may take together")]
    used_bytes: Annotated[int, Field(description="What they take, unfinished resumable uploads included")]
    files: Annotated[int, Field(description="How many they are")]

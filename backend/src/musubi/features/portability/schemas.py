"""Exports and imports as the contract has them."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from musubi.core.types import Timestamp
from musubi.features.portability.models import ExportState, ImportState

Progress = Annotated[int, Field(ge=0, le=100, description="In percent")]


class ExportRead(BaseModel):
    """An archive of one's data."""

    name: Annotated[str, Field(examples=["5f0c7d9e3f0a4d539d0c2f4f5b1c7a11"])]
    state: Annotated[ExportState, Field(description="Only one that is `ready` can be fetched")]
    progress: Progress
    size: Annotated[int | None, Field(description="Bytes; null until it is ready")]
    created_at: Timestamp
    finished_at: Timestamp | None
    expires_at: Annotated[Timestamp | None, Field(description="When it is removed")]


class ExportLink(BaseModel):
    """Where the caller's browser gets an archive."""

    url: Annotated[str, Field(description="A signed path that needs no token")]
    expires_at: Timestamp


class LeftOutReason(StrEnum):
    """Why a file was not taken."""

    NO_BYTES = "no_bytes"
    """The archive knows of it, but doesn't hold it."""
    TOO_LARGE = "too_large"
    NO_ROOM = "no_room"
    """Its owner's quota is used up."""
    REFUSED = "refused"
    """It is of a type that is not taken here, or not what its name says."""
    NOT_ATTACHABLE = "not_attachable"
    """The item it hangs on has as many files as it may, or is gone."""


class LeftOut(BaseModel):
    """A file that was not taken."""

    filename: str
    reason: LeftOutReason


class ImportReport(BaseModel):
    """What came of an import."""

    items_taken: int = 0
    items_present: Annotated[int, Field(description="Were there already")] = 0
    files_taken: int = 0
    files_present: int = 0
    left_out_count: int = 0
    left_out: Annotated[list[LeftOut], Field(description="The first hundred of them")] = Field(default_factory=list)


class ImportRead(BaseModel):
    """An archive that one brought."""

    id: int
    state: ImportState
    progress: Progress
    report: Annotated[ImportReport | None, Field(description="null until it is done")]
    created_at: Timestamp
    finished_at: Timestamp | None

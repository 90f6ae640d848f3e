"""Resumable uploads as the contract has them, beside the protocol's own headers."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from musubi.core.types import Timestamp
from musubi.features.files.resumable.state import State
from musubi.features.files.schemas import FileRead


class UploadRefusal(BaseModel):
    """Why no file came of an upload; as in an error."""

    code: str
    message: str
    details: dict[str, Any]


class ResumableRead(BaseModel):
    """How far an upload is, and what became of it."""

    state: Annotated[
        State,
        Field(description="More bytes are to come, all are here and being looked into, a file came of it, or none did"),
    ]
    offset: Annotated[int, Field(description="How many bytes are at rest")]
    length: int
    expires_at: Annotated[Timestamp, Field(description="Until when it can be resumed, and asked about")]
    file: Annotated[FileRead | None, Field(description="What came of it, unless that is gone again")]
    error: UploadRefusal | None

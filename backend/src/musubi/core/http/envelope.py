"""The one shape in which every error leaves the application."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from musubi.core.clock import utcnow
from musubi.core.errors import AppError
from musubi.core.types import Timestamp


class ErrorBody(BaseModel):
    """What went wrong. `code` is for programs and never changes; `message` is for people, in their language."""

    id: Annotated[UUID, Field(description="Quote it when asking for help: it is in the log, too")]
    code: Annotated[str, Field(examples=["NOT_FOUND"])]
    message: Annotated[str, Field(examples=["Not found"])]
    details: dict[str, Any]
    timestamp: Timestamp


class ErrorEnvelope(BaseModel):
    error: ErrorBody


class Done(BaseModel):
    """The answer to an action that has no resource to return."""

    success: bool = True
    message: str
    timestamp: Timestamp

    @classmethod
    def now(cls, message: str) -> "Done":
        return cls(message=message, timestamp=utcnow())


def rfc3339(instant: datetime) -> str:
    """`instant`, which is in UTC, as JSON has it."""
    return instant.isoformat().replace("+00:00", "Z")


def error_response(error: AppError, *, error_id: UUID | None = None) -> JSONResponse:
    """The reply that tells a client of `error`."""
    return envelope(
        error.status,
        error.code,
        error.message.render(),
        error.rendered_details(),
        error.headers,
        error_id=error_id,
    )


def envelope(
    status: int,
    code: str,
    message: str,
    details: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    *,
    error_id: UUID | None = None,
) -> JSONResponse:
    """A reply with the error envelope."""
    body = {
        "id": str(error_id or uuid4()),
        "code": code,
        "message": message,
        "details": details or {},
        "timestamp": rfc3339(utcnow()),
    }
    return JSONResponse({"error": body}, status, headers)

"""Simple uploads over HTTP: forms, as browsers send them."""

from typing import Any

from fastapi import APIRouter, Request

from musubi.core.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    InsufficientStorage,
    NotFound,
    PayloadTooLarge,
    RequestTimeout,
    UnsupportedMediaType,
)
from musubi.core.http.reply import JsonReply
from musubi.core.http.route import Route
from musubi.core.idempotency import IdempotencyHeader
from musubi.core.openapi import errors
from musubi.core.permissions import SignedIn
from musubi.features.files import service, uploads
from musubi.features.files.context import MAX_FILES
from musubi.features.files.form import FormFields
from musubi.features.files.limits import UploadAttempts
from musubi.features.files.schemas import FileRead, UploadedFiles, UploadLimits

router = APIRouter(prefix="/upload", tags=["files"], route_class=Route)

STREAMS = ("POST /upload/files", "POST /upload/files/multiple")
"""They bound their bodies by themselves; see `core.http.body_limit`."""

_UPLOAD_ERRORS = errors(
    BadRequest,
    Forbidden,
    NotFound,
    RequestTimeout,
    Conflict,
    PayloadTooLarge,
    UnsupportedMediaType,
    InsufficientStorage,
)
_BINARY = {"type": "string", "format": "binary"}


def _form(part_name: str, files: dict[str, Any]) -> dict[str, Any]:
    """A form as OpenAPI describes it. The framework can't: it would read the whole body first."""
    fields = FormFields.model_json_schema()["properties"]
    schema = {"type": "object", "properties": {part_name: files, **fields}, "required": [part_name]}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


@router.post(
    "/files", status_code=201, response_model=FileRead, responses=_UPLOAD_ERRORS, openapi_extra=_form("file", _BINARY)
)
async def upload_file(
    principal: SignedIn, attempts: UploadAttempts, request: Request, idempotency_key: IdempotencyHeader = None
) -> JsonReply:
    """Upload a file of up to 10 MiB, and attach it to an item if one is named.

    Its name, its declared type and what is in it have to agree. With an `Idempotency-Key` the same file is taken once.
    """
    await attempts.count(str(principal.user_id))
    return await uploads.upload_one(request, principal, idempotency_key)


@router.post(
    "/files/multiple",
    status_code=201,
    response_model=UploadedFiles,
    responses=_UPLOAD_ERRORS,
    openapi_extra=_form("files", {"type": "array", "items": _BINARY, "minItems": 1, "maxItems": MAX_FILES}),
)
async def upload_files(
    principal: SignedIn, attempts: UploadAttempts, request: Request, idempotency_key: IdempotencyHeader = None
) -> JsonReply:
    """Upload up to ten files. Those that are refused are named, and the others are taken."""
    await attempts.count(str(principal.user_id))
    return await uploads.upload_several(request, principal, idempotency_key)


@router.get("/limits")
async def get_upload_limits(principal: SignedIn, request: Request) -> UploadLimits:
    """What one may upload, and how much room is left."""
    return await service.limits(request.app, principal)

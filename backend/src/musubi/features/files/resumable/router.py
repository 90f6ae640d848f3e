"""Resumable uploads over HTTP: the tus protocol, and one route of our own.

`protocol.TusProtocol` has seen to what each request must have before it gets here.
"""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import Response

from musubi.core.database import SessionDep, database_of
from musubi.core.errors import (
    Conflict,
    Forbidden,
    Gone,
    InsufficientStorage,
    NotFound,
    PayloadTooLarge,
    PreconditionFailed,
    RequestTimeout,
    UnsupportedMediaType,
)
from musubi.core.http.reply import JsonReply
from musubi.core.http.route import Route
from musubi.core.http.streamed_body import pieces_of_body
from musubi.core.i18n import Text
from musubi.core.idempotency import IdempotencyHeader, claimed, keep_in
from musubi.core.openapi import errors
from musubi.core.permissions import SignedIn, public
from musubi.core.types import AnyRow
from musubi.features.files.context import files_of
from musubi.features.files.limits import UploadAttempts
from musubi.features.files.links import PREFIX
from musubi.features.files.models import ResumableUpload
from musubi.features.files.resumable import protocol, service
from musubi.features.files.resumable.errors import ChecksumMismatch
from musubi.features.files.resumable.headers import (
    CHECKSUM_ALGORITHMS,
    CONTENT_TYPE,
    http_date,
    read_checksum,
    read_number,
)
from musubi.features.files.resumable.schemas import ResumableRead
from musubi.features.files.resumable.state import State
from musubi.settings import Settings

router = APIRouter(prefix="/upload/resumable", tags=["files"], route_class=Route)

STREAMS = (f"PATCH {router.prefix}/",)
"""They bound their bodies by themselves; see `core.http.body_limit`."""

_OTHER_TYPE = Text(f"Send the bytes as {CONTENT_TYPE}", f"{CONTENT_TYPE} で送信してください")

# None of these is read by the framework: what is wrong with them is told as the protocol has it.
UploadLength = Annotated[str | None, Header(alias="Upload-Length", description="The size of the file, in bytes")]
UploadOffset = Annotated[
    str | None, Header(alias="Upload-Offset", description="Where the bytes begin; what `HEAD` tells")
]
UploadMetadata = Annotated[
    str | None,
    Header(
        alias="Upload-Metadata",
        description="`filename` (required), `filetype`, `description` and `item_id`, each with its value in Base64",
    ),
]
UploadChecksum = Annotated[
    str | None, Header(alias="Upload-Checksum", description="`sha256` or `sha1`, a space, and the digest in Base64")
]

_VERSION = {
    "name": "Tus-Resumable",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "enum": [protocol.VERSION]},
}
_OF_THE_PROTOCOL: dict[str, Any] = {"parameters": [_VERSION]}
_TERMS = errors(NotFound, PreconditionFailed)
_BINARY = {"content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}, "required": True}


def _told(status: int, description: str, *headers: str) -> dict[int | str, dict[str, Any]]:
    """A reply that says everything in its headers."""
    described = {name: {"schema": {"type": "string"}} for name in ("Tus-Resumable", *headers)}
    return {status: {"description": description, "headers": described}}


@router.options(
    "",
    status_code=204,
    response_class=Response,
    dependencies=[Depends(public)],
    responses=_told(204, "In its headers", "Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm"),
)
async def get_resumable_options(request: Request) -> Response:
    """What of the tus protocol there is."""
    headers = {
        "Tus-Version": protocol.VERSION,
        "Tus-Extension": ",".join(protocol.EXTENSIONS),
        "Tus-Max-Size": str(files_of(request.app).resumable_max_bytes),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUM_ALGORITHMS),
    }
    return Response(status_code=204, headers=headers)


@router.post(
    "",
    status_code=201,
    response_class=Response,
    openapi_extra=_OF_THE_PROTOCOL,
    responses={
        **_told(201, "It can begin at the Location", "Location", "Upload-Expires"),
        **errors(Forbidden, NotFound, Conflict, PreconditionFailed, PayloadTooLarge, UnsupportedMediaType),
    },
)
async def create_resumable(
    principal: SignedIn,
    attempts: UploadAttempts,
    request: Request,
    upload_length: UploadLength = None,
    upload_metadata: UploadMetadata = None,
    idempotency_key: IdempotencyHeader = None,
) -> Response:
    """Begin an upload. Its length counts in the quota from now on, until it expires or is ended."""
    await attempts.count(str(principal.user_id))
    length = read_number(upload_length)
    async with (
        claimed(request, idempotency_key, str(length), upload_metadata or "") as claim,
        database_of(request).transaction() as session,
    ):
        upload = await service.create(request.app, session, principal, length, upload_metadata)
        reply = Response(status_code=201, headers={"Location": f"{protocol.PATH}/{upload.id}", **_expiry(upload)})
        if claim is not None:
            await keep_in(session, claim, reply)
    return reply


@router.head(
    "/{upload_id}",
    response_class=Response,
    openapi_extra=_OF_THE_PROTOCOL,
    responses={
        **_told(200, "In its headers", "Upload-Offset", "Upload-Length", "Upload-Metadata", "Upload-Expires"),
        **errors(Gone),
        **_TERMS,
    },
)
async def head_resumable(principal: SignedIn, upload_id: str, request: Request) -> Response:
    """How much of an upload has arrived. 410 when it can't be resumed, as it has expired or was refused."""
    upload = await service.standing(request.app, principal, upload_id)
    headers = {
        "Upload-Offset": str(upload.received),
        "Upload-Length": str(upload.length),
        "Cache-Control": "no-store",
        **_expiry(upload),
    }
    if upload.sent_metadata is not None:
        headers["Upload-Metadata"] = upload.sent_metadata
    return Response(headers=headers)


@router.patch(
    "/{upload_id}",
    status_code=204,
    response_class=Response,
    openapi_extra={**_OF_THE_PROTOCOL, "requestBody": _BINARY},
    responses={
        **_told(204, "Appended", "Upload-Offset", "Upload-Expires", "Content-Location"),
        **errors(RequestTimeout, Conflict, Gone, UnsupportedMediaType, ChecksumMismatch, InsufficientStorage),
        **_TERMS,
    },
)
async def append_to_resumable(
    principal: SignedIn,
    upload_id: str,
    request: Request,
    upload_offset: UploadOffset = None,
    upload_checksum: UploadChecksum = None,
) -> Response:
    """Append to an upload. What arrived of a request that was cut off counts, unless it has a checksum.

    The reply to the last bytes waits for the file, for 20 seconds: `Content-Location` names it, or an error says why
    there is none. If it has neither, `get_resumable` tells later.
    """
    if _media_type(request) != CONTENT_TYPE:
        raise UnsupportedMediaType(_OTHER_TYPE)
    settings: Settings = request.app.state.settings

    def read(limit: int) -> AsyncIterator[bytes]:
        return pieces_of_body(request, limit=limit, idle_seconds=settings.upload_idle_seconds)

    checksum = read_checksum(upload_checksum)
    offset, upload = await service.append(request.app, principal, upload_id, read_number(upload_offset), checksum, read)
    headers = {"Upload-Offset": str(offset), **_expiry(upload)}
    if upload.stored_name is not None:
        headers["Content-Location"] = f"{PREFIX}/files/{upload.stored_name}"
    return Response(status_code=204, headers=headers)


@router.delete("/{upload_id}", status_code=204, openapi_extra=_OF_THE_PROTOCOL, responses=_TERMS)
async def delete_resumable(principal: SignedIn, upload_id: str, session: SessionDep, request: Request) -> None:
    """End an upload and free its room. A file that came of it stays."""
    await service.terminate(request.app, session, principal, upload_id)


@router.get("/{upload_id}", response_model=ResumableRead, responses=errors(NotFound, Gone))
async def get_resumable(principal: SignedIn, upload_id: str, request: Request) -> JsonReply:
    """What became of an upload. While it is being looked into this waits, for 20 seconds."""
    return JsonReply(await service.outcome(request.app, principal, upload_id))


def _expiry(upload: AnyRow | ResumableUpload) -> dict[str, str]:
    """Only of what can still be resumed."""
    return {"Upload-Expires": http_date(upload.expires_at)} if upload.state == State.RECEIVING else {}


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()

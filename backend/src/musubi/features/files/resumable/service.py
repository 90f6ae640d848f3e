"""What people do with uploads that can be resumed. Each is its owner's alone: nobody else learns that it exists."""

import secrets
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.errors import BadRequest, Conflict, Gone, NotFound, PayloadTooLarge
from musubi.core.permissions import Principal
from musubi.core.types import AnyRow
from musubi.features.files import quota
from musubi.features.files.attachments import check_attachable
from musubi.features.files.blobs import segment_prefix
from musubi.features.files.context import files_of
from musubi.features.files.form import FormFields
from musubi.features.files.inspection import Reason
from musubi.features.files.models import ResumableUpload
from musubi.features.files.names import clean_filename
from musubi.features.files.reading import as_read
from musubi.features.files.refusals import refusal
from musubi.features.files.removal import remove_bytes
from musubi.features.files.resumable import repository
from musubi.features.files.resumable.errors import (
    EXPIRED,
    NO_FILENAME,
    NO_SUCH_UPLOAD,
    OTHER_OFFSET,
    TOO_MANY_PIECES,
    TOO_MANY_UPLOADS,
    refusal_named,
)
from musubi.features.files.resumable.headers import Checksum, read_metadata, text_of
from musubi.features.files.resumable.outcome import wait_for_outcome
from musubi.features.files.resumable.receiving import Receiving
from musubi.features.files.resumable.state import State
from musubi.features.files.spool import TOO_LARGE
from musubi.features.files.taking import Claim, type_of
from musubi.settings import Settings

MAX_UNFINISHED = 20
"""Uploads of one user that are under way at once."""
MAX_SEGMENTS = 10_000
"""Pieces of one upload, of which a request can make one or many: a file of 1 GiB needs 256."""

ReadBody = Callable[[int], AsyncIterator[bytes]]
"""The body of a request as it arrives, in pieces; it raises PayloadTooLarge for more than so many bytes."""


async def create(
    app: FastAPI, session: AsyncSession, principal: Principal, length: int, sent_metadata: str | None
) -> ResumableUpload:
    """Begin an upload of `length` bytes; `sent_metadata` is the header. Its length counts in the quota from now on.

    Raises BadRequest, Invalid, UnsupportedMediaType for what is said of the file; PayloadTooLarge; NotFound, Forbidden
    and Conflict when it could not be attached; Conflict when too many are unfinished.
    """
    settings: Settings = app.state.settings
    upload_id = secrets.token_hex(16)
    claim = _claim_of(sent_metadata, upload_id)
    files = files_of(app)
    if length > files.resumable_max_bytes:
        raise PayloadTooLarge(TOO_LARGE, details={"max_bytes": files.resumable_max_bytes})
    file_type = type_of(claim)
    if length == 0:
        # It is whole, and there is no type of which that could be a file.
        raise refusal(Reason.UNREADABLE)
    if claim.item_id is not None:
        await check_attachable(session, principal, claim.item_id)
    await quota.hold_room(session, principal.user_id, length, files.quota)
    now = utcnow()
    if await repository.count_unfinished(session, principal.user_id, now) >= MAX_UNFINISHED:
        raise Conflict(TOO_MANY_UPLOADS)
    upload = ResumableUpload(
        id=upload_id,
        owner_id=principal.user_id,
        filename=claim.filename,
        content_type=file_type.content_type,
        description=claim.description,
        item_id=claim.item_id,
        sent_metadata=sent_metadata,
        length=length,
        received=0,
        state=State.RECEIVING,
        created_at=now,
        expires_at=now + timedelta(hours=settings.resumable_hours),
    )
    session.add(upload)
    return upload


async def standing(app: FastAPI, principal: Principal, upload_id: str) -> AnyRow:
    """How far an upload is. Raises NotFound; Gone when it has expired, or its bytes were refused."""
    upload = await _own(app, principal, upload_id)
    if upload.state == State.REFUSED:
        raise Gone(refusal_named(upload.refusal).message)
    return upload


async def append(
    app: FastAPI,
    principal: Principal,
    upload_id: str,
    offset: int,
    checksum: Checksum | None,
    read: ReadBody,
) -> tuple[int, AnyRow]:
    """Append what the body has; the offset after that, and the upload: once it is whole, with what became of it if that
    is known soon.

    Raises NotFound and Gone; Conflict when it doesn't end at `offset`, also because another request was faster; why it
    is refused; ChecksumMismatch; and what reading and storing the body raises. What had arrived counts nevertheless,
    unless there is a checksum.
    """
    upload = await _own(app, principal, upload_id)
    if upload.state == State.REFUSED:
        raise refusal_named(upload.refusal)
    if offset != upload.received:
        raise Conflict(OTHER_OFFSET)
    if upload.segments >= MAX_SEGMENTS and upload.state == State.RECEIVING:
        raise BadRequest(TOO_MANY_PIECES)
    # Of one that is whole, too, for a client that didn't hear so: it sends nothing, and asks what became of it.
    offset = await Receiving(app, upload, checksum).take(read(upload.length - offset))
    if offset < upload.length:
        return offset, upload
    upload = await wait_for_outcome(app.state.database, principal.user_id, upload_id)
    if upload.state == State.REFUSED:
        raise refusal_named(upload.refusal)
    return offset, upload


async def outcome(app: FastAPI, principal: Principal, upload_id: str) -> dict[str, Any]:
    """What `ResumableRead` describes; of an upload whose file is being looked into after a while. Raises NotFound,
    Gone."""
    database: Database = app.state.database
    await _own(app, principal, upload_id)
    upload = await wait_for_outcome(database, principal.user_id, upload_id)
    row = None if upload.file_id is None else await repository.file_of(database, upload.file_id)
    why = None if upload.refusal is None else refusal_named(upload.refusal)
    return {
        "state": upload.state,
        "offset": upload.received,
        "length": upload.length,
        "expires_at": upload.expires_at,
        "file": None if row is None else as_read(row, files_of(app).links, principal.session_id),
        "error": None if why is None else {"code": why.code, "message": why.message.render(), "details": why.details},
    }


async def terminate(app: FastAPI, session: AsyncSession, principal: Principal, upload_id: str) -> None:
    """End an upload. A file that came of it stays. Raises NotFound."""
    if not await repository.remove(session, principal.user_id, upload_id):
        raise NotFound(NO_SUCH_UPLOAD)
    await remove_bytes(app, session, prefix=segment_prefix(upload_id))


async def _own(app: FastAPI, principal: Principal, upload_id: str) -> AnyRow:
    database: Database = app.state.database
    upload = await repository.find(database, principal.user_id, upload_id)
    if upload is None:
        raise NotFound(NO_SUCH_UPLOAD)
    if upload.state == State.RECEIVING and upload.expires_at <= utcnow():
        raise Gone(EXPIRED)
    return upload


def _claim_of(sent_metadata: str | None, upload_id: str) -> Claim:
    """What a client says of the file. Clients agree on no names: these are those of tus-js-client and of Uppy."""
    metadata = read_metadata(sent_metadata)
    filename = text_of(metadata, "filename", "name")
    if filename is None:
        raise BadRequest(NO_FILENAME)
    declared = text_of(metadata, "filetype", "type") or ""
    said = {name: text for name in FormFields.model_fields if (text := text_of(metadata, name)) is not None}
    try:
        fields = FormFields.model_validate(said)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None
    return Claim(
        clean_filename(filename, field="filename"),
        declared.partition(";")[0].strip().lower(),
        fields.description,
        fields.item_id,
        upload_id,
    )

"""Simple uploads: a whole file, or several, in one request. All that is good of it becomes files in one transaction,
which also keeps the reply for the request's `Idempotency-Key`."""

from contextlib import AsyncExitStack
from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.database import database_of
from musubi.core.errors import AppError, BadRequest, Conflict, Invalid, PayloadTooLarge, UnsupportedMediaType
from musubi.core.http.reply import JsonReply
from musubi.core.i18n import Text
from musubi.core.idempotency import claimed, keep_in
from musubi.core.permissions import Principal
from musubi.core.types import AnyRow
from musubi.features.files import service
from musubi.features.files.context import MAX_FILES, files_of
from musubi.features.files.form import FormFields, Sent, arrived_form
from musubi.features.files.reading import Fields, as_read
from musubi.features.files.taking import Arrived, Claim, arriving, discard, make_ready

_ONE_FILE = Text("Send one file; several go to /upload/files/multiple", "ファイルは1つだけ送信してください")
_TOO_MANY = Text(f"At most {MAX_FILES} files at once", f"一度に送信できるファイルは{MAX_FILES}個までです")

# What is wrong with one file, and not with the request.
_OF_ONE_FILE = (Conflict, Invalid, PayloadTooLarge, UnsupportedMediaType)


async def upload_one(request: Request, principal: Principal, key: str | None) -> JsonReply:
    """Take the file of a form. Raises what `arrived_form`, `claimed`, `arriving` and `make_ready` raise."""
    await service.check_quota(request, principal)
    async with arrived_form(request, "file", max_files=1, too_many=BadRequest(_ONE_FILE)) as form:
        [sent] = form.files
        said = _claim_of(sent, form.fields)
        if isinstance(said, AppError):
            raise said
        async with (
            claimed(request, key, *_told(form.fields), *_told_of(sent)) as claim,
            arriving(request.app, principal.user_id, sent.whole, said) as arrived,
            database_of(request).transaction() as session,
        ):
            row = await make_ready(request.app, session, arrived)
            location = f"/api/v1/upload/files/{row.stored_name}"
            reply = JsonReply(_as_read(request, principal, row), 201, {"Location": location})
            if claim is not None:
                await keep_in(session, claim, reply)
        return reply


async def upload_several(request: Request, principal: Principal, key: str | None) -> JsonReply:
    """Take the good ones among the files of a form, and name the others. Raises as `upload_one`, but for what is wrong
    with one of them alone."""
    await service.check_quota(request, principal)
    async with arrived_form(request, "files", max_files=MAX_FILES, too_many=BadRequest(_TOO_MANY)) as form:
        told = [part for sent in form.files for part in _told_of(sent)]
        async with claimed(request, key, *_told(form.fields), *told) as claim, AsyncExitStack() as stack:
            arrived = [await _arrived(request, stack, principal, sent, form.fields) for sent in form.files]
            async with database_of(request).transaction() as session:
                results = [await _settled(request, session, each) for each in arrived]
                reply = JsonReply(_summary(request, principal, form.files, results), 201)
                if claim is not None:
                    await keep_in(session, claim, reply)
        return reply


async def _arrived(
    request: Request, stack: AsyncExitStack, principal: Principal, sent: Sent, fields: FormFields
) -> Arrived | AppError:
    """The file, pending until the end of `stack` at the latest; or what is wrong with it."""
    said = _claim_of(sent, fields)
    if isinstance(said, AppError):
        return said
    try:
        return await stack.enter_async_context(arriving(request.app, principal.user_id, sent.whole, said))
    except _OF_ONE_FILE as error:
        return error


async def _settled(request: Request, session: AsyncSession, arrived: Arrived | AppError) -> AnyRow | AppError:
    """The file, which is ready, as far as this transaction goes; or what is wrong with it."""
    if isinstance(arrived, AppError):
        return arrived
    try:
        return await make_ready(request.app, session, arrived)
    except _OF_ONE_FILE as error:
        await discard(request.app, session, arrived)
        return error


def _summary(
    request: Request, principal: Principal, sent: list[Sent], results: list[AnyRow | AppError]
) -> dict[str, Any]:
    """What `UploadedFiles` describes."""
    failures = [
        {"filename": each.filename, "code": result.code, "message": _message(result)}
        for each, result in zip(sent, results, strict=True)
        if isinstance(result, AppError)
    ]
    rows = [_as_read(request, principal, result) for result in results if not isinstance(result, AppError)]
    return {"success": not failures, "data": rows, "errors": failures}


def _message(error: AppError) -> str:
    """What is wrong in one sentence: that of its field, if there is one."""
    return next(iter(error.fields.values()), error.message).render()


def _as_read(request: Request, principal: Principal, row: AnyRow) -> Fields:
    return as_read(row, files_of(request.app).links, principal.session_id)


def _claim_of(sent: Sent, fields: FormFields) -> Claim | AppError:
    if sent.error is not None:
        return sent.error
    return Claim(sent.filename, sent.content_type, fields.description, fields.item_id)


def _told(fields: FormFields) -> tuple[str, str]:
    """What tells forms apart, beside their files."""
    return fields.description, str(fields.item_id)


def _told_of(sent: Sent) -> tuple[str, str, str]:
    """What tells files apart."""
    return sent.filename, sent.content_type, "" if sent.spooled is None else sent.spooled.sha256

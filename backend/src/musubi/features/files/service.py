"""What people do with their files, and who may."""

from typing import Any

from fastapi import FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.database import Database, database_of
from musubi.core.errors import Forbidden, NotFound
from musubi.core.pagination import Page
from musubi.core.permissions import Principal
from musubi.core.types import AnyRow
from musubi.features import audit
from musubi.features.files import faces, live, quota, removal, repository
from musubi.features.files.attachments import check_attachable
from musubi.features.files.context import MAX_FILE_BYTES, MAX_FILES, files_of
from musubi.features.files.downloads import FILE_NOT_FOUND
from musubi.features.files.models import File
from musubi.features.files.reading import Fields, as_read
from musubi.features.files.schemas import AcceptedType, FileQuery, FileUpdate, UploadLimits, UploadWay
from musubi.features.files.types import FILE_TYPES, FileType


async def list_files(app: FastAPI, principal: Principal, query: FileQuery) -> tuple[list[Fields], Page]:
    """A page of the principal's own files."""
    page = await repository.list_own(app.state.database, principal, query)
    links = files_of(app).links
    return [as_read(row, links, principal.session_id) for row in page.rows], page


async def update_file(
    app: FastAPI, session: AsyncSession, principal: Principal, stored_name: str, form: FileUpdate
) -> Fields:
    """Describe one's file, or attach it to an item, or to none.

    Raises NotFound, Forbidden; Conflict when the item has as many files as it may.
    """
    row = await _known(session, principal, stored_name)
    if row.owner_id != principal.user_id:
        raise Forbidden
    changed = {name for name in form.model_fields_set if getattr(row, name) != getattr(form, name)}
    if "item_id" in changed and form.item_id is not None:
        await check_attachable(session, principal, form.item_id)
    values: dict[str, Any] = {name: getattr(form, name) for name in changed}
    if "description" in changed:
        values["search_text"] = repository.searchable(row.filename, form.description)
    if values:
        item_ids = {row.item_id, values.get("item_id")}
        saved = await repository.save(session, row.id, values)
        if saved is None:
            raise NotFound(FILE_NOT_FOUND)
        row = saved
        await live.announce_changed(app, session, owner_ids=[principal.user_id], item_ids=item_ids)
    return as_read(row, files_of(app).links, principal.session_id)


async def delete_file(app: FastAPI, session: AsyncSession, principal: Principal, stored_name: str) -> None:
    """Remove a file for good: one's own, or one attached to an item that one may change. Raises NotFound, Forbidden."""
    row = await _known(session, principal, stored_name)
    if not row.is_removable:
        raise Forbidden
    await faces.give_up(app, session, row)
    if not await removal.remove_files(app, session, row.owner_id, File.id == row.id):
        raise NotFound(FILE_NOT_FOUND)
    if row.owner_id != principal.user_id:
        details = {"owner_id": row.owner_id, "item_id": row.item_id}
        await audit.record(session, "file.deleted", object_type="file", object_id=row.id, details=details)
    await live.announce_changed(app, session, owner_ids=[row.owner_id], item_ids=[row.item_id])


async def _known(session: AsyncSession, principal: Principal, stored_name: str) -> AnyRow:
    row = await repository.find(session, principal, stored_name)
    if row is None:
        raise NotFound(FILE_NOT_FOUND)
    return row


async def check_quota(request: Request, principal: Principal) -> None:
    """Spare everyone an upload for which there is no room. Whether there is, is decided when all of it is here.

    Raises PayloadTooLarge.
    """
    async with database_of(request).reading() as reader:
        taken = await quota.usage(reader, principal.user_id)
    # A file has one byte at least.
    quota.check(taken.used, 1, files_of(request.app).quota)


async def limits(app: FastAPI, principal: Principal) -> UploadLimits:
    """What the principal may upload, and how much room is left."""
    files = files_of(app)
    database: Database = app.state.database
    async with database.reading() as reader:
        taken = await quota.usage(reader, principal.user_id)
    simple = [_accepted(each) for each in FILE_TYPES if not each.is_resumable_only]
    resumable = [_accepted(each) for each in FILE_TYPES] if files.resumable_max_bytes else []
    return UploadLimits(
        simple=UploadWay(max_bytes=MAX_FILE_BYTES, types=simple),
        resumable=UploadWay(max_bytes=files.resumable_max_bytes, types=resumable),
        max_files=MAX_FILES,
        quota_bytes=files.quota,
        used_bytes=taken.used,
        files=taken.files,
    )


def _accepted(file_type: FileType) -> AcceptedType:
    return AcceptedType(content_type=file_type.content_type, kind=file_type.kind, extensions=list(file_type.extensions))

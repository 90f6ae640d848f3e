"""Making a file of an upload that has arrived as a whole, by a job of the transaction that had its last piece.

It runs at least once. Whatever it was doing when its process died is done again from the beginning: the pieces stay
until the one transaction that makes the file ready, which also settles the upload, and can settle it only once.
"""

from datetime import timedelta
from typing import Any

import structlog
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.database import Database
from musubi.core.errors import AppError
from musubi.core.jobs import JobKind
from musubi.core.types import AnyRow
from musubi.features.files.blobs import segment_prefix
from musubi.features.files.context import files_of
from musubi.features.files.refusals import as_errors
from musubi.features.files.removal import remove_bytes
from musubi.features.files.resumable import repository
from musubi.features.files.resumable.errors import name_of
from musubi.features.files.resumable.state import State
from musubi.features.files.spool import SpoolFile, spooling
from musubi.features.files.taking import Claim, take

log = structlog.get_logger("musubi.files")


class _Settled(Exception):
    """The upload is settled, or gone: somebody else was faster."""


async def _finish(app: FastAPI, payload: dict[str, Any]) -> None:
    upload = await repository.get(app.state.database, payload["upload_id"])
    if upload is None or upload.state != State.FINISHING:
        return
    try:
        await _make_file(app, upload)
    except _Settled:
        log.info("an upload was ended while it was put together", upload_id=upload.id)
    except AppError as error:
        name = name_of(error)
        if name is None:
            raise
        await _refuse(app, upload, name)


FINISH_UPLOAD = JobKind("files.finish_upload", _finish, timeout=timedelta(minutes=10))
"""Puts the pieces of the upload `upload_id` together, and makes a file of it or refuses it."""


async def _make_file(app: FastAPI, upload: AnyRow) -> None:
    async def settle(session: AsyncSession, row: AnyRow) -> None:
        if not await repository.settle(session, upload.id, state=State.DONE, file_id=row.id):
            raise _Settled
        await remove_bytes(app, session, prefix=segment_prefix(upload.id))

    claim = Claim(upload.filename, upload.content_type, upload.description, upload.item_id, upload.id)
    async with spooling(files_of(app).spool, limit=upload.length) as file:
        with as_errors():
            await _put_together(app, upload, file)
        await take(app, upload.owner_id, await file.finish(), claim, settle=settle)


async def _put_together(app: FastAPI, upload: AnyRow, file: SpoolFile) -> None:
    storage = files_of(app).storage
    position = 0
    for segment in await repository.segments_of(app.state.database, upload.id):
        if segment.offset != position:
            raise RuntimeError(f"the upload {upload.id} has no piece at {position}")
        async for piece in storage.read(segment.key):
            await file.write(piece)
            position += len(piece)
    if position != upload.length:
        raise RuntimeError(f"the upload {upload.id} ends at {position}")


async def _refuse(app: FastAPI, upload: AnyRow, name: str) -> None:
    database: Database = app.state.database
    async with database.transaction() as session:
        if await repository.settle(session, upload.id, state=State.REFUSED, refusal=name):
            await remove_bytes(app, session, prefix=segment_prefix(upload.id))

"""Removing files: rows at once, their bytes by a job once that is committed."""

from collections.abc import Iterable
from typing import Any

import structlog
from fastapi import FastAPI
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.database import exclusive
from musubi.core.jobs import JobKind
from musubi.core.types import AnyRow
from musubi.features.files.blobs import file_key, thumbnail_key
from musubi.features.files.context import files_of
from musubi.features.files.holds import held_until
from musubi.features.files.models import File
from musubi.features.files.quota import LOCK

log = structlog.get_logger("musubi.files")

_BATCH = 100
REMOVED_COLUMNS = (File.id, File.stored_name, File.owner_id, File.item_id, File.blob)


async def _remove_bytes(app: FastAPI, payload: dict[str, Any]) -> None:
    until = await held_until(app.state.database)
    if until is not None:
        # Asked for anew, for later: waiting is no failed attempt.
        async with app.state.database.transaction() as session:
            await app.state.jobs.enqueue(session, REMOVE_BYTES, payload, not_before=until)
        return
    storage = files_of(app).storage
    keys: list[str] = list(payload.get("keys", ()))
    prefix: str | None = payload.get("prefix")
    if prefix:
        keys += [stored.key async for stored in storage.list(prefix)]
    for start in range(0, len(keys), _BATCH):
        await storage.delete(*keys[start : start + _BATCH])
    log.info("bytes removed", count=len(keys))


REMOVE_BYTES = JobKind("files.remove", _remove_bytes)
"""Deletes what is kept under `keys` and below `prefix`. Nothing is ever kept there again, so once more does no harm."""


async def remove_bytes(app: FastAPI, session: AsyncSession, keys: Iterable[str] = (), *, prefix: str = "") -> None:
    """Once this transaction is committed, have the bytes removed that are kept under `keys`, or below `prefix`."""
    payload = {name: value for name, value in (("keys", [*keys]), ("prefix", prefix)) if value}
    if payload:
        await app.state.jobs.enqueue(session, REMOVE_BYTES, payload)


async def remove_blobs(app: FastAPI, session: AsyncSession, blobs: Iterable[str]) -> None:
    """The same of everything that belongs to `blobs`."""
    await remove_bytes(app, session, [key for blob in blobs for key in (file_key(blob), thumbnail_key(blob))])


async def remove_files(
    app: FastAPI, session: AsyncSession, owner_id: int, condition: ColumnElement[bool]
) -> list[AnyRow]:
    """Delete the files of `owner_id` that meet `condition`, ready or not; the rows that are gone, as
    `REMOVED_COLUMNS`.

    Their bytes are removed afterwards, but for those that another file is of as well.
    """
    # Whoever takes over the bytes of a file decides it under the same lock.
    await exclusive(session, LOCK, owner_id)
    statement = delete(File).where(File.owner_id == owner_id, condition).returning(*REMOVED_COLUMNS)
    gone = (await session.execute(statement, execution_options={"synchronize_session": False})).all()
    blobs = {row.blob for row in gone}
    for some in _batches(sorted(blobs)):
        blobs -= set(await session.scalars(select(File.blob).where(File.blob.in_(some))))
    for some in _batches(sorted(blobs)):
        await remove_blobs(app, session, some)
    return list(gone)


def _batches(values: list[str]) -> Iterable[list[str]]:
    return (values[start : start + _BATCH] for start in range(0, len(values), _BATCH))

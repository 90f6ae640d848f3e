"""What files clear away by themselves: what a crash, or someone who never came back, left behind."""

from collections.abc import Iterable
from datetime import timedelta

import structlog
from fastapi import FastAPI
from sqlalchemy import delete, select

from musubi.adapters.storage import Stored
from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.jobs import Periodic
from musubi.features.accounts.models import User
from musubi.features.files import removal
from musubi.features.files.access import hangs_on_nothing
from musubi.features.files.blobs import segment_prefix
from musubi.features.files.context import files_of
from musubi.features.files.holds import held_until
from musubi.features.files.models import File, ResumableUpload
from musubi.features.files.resumable.state import State

log = structlog.get_logger("musubi.files")

PENDING_FOR = timedelta(hours=1)
"""Longer than anything takes from a file's row to its last byte."""
LEFT_FOR = timedelta(days=1)
"""How old what belongs to nobody has to be: it may be on its way to somebody."""
_BATCH = 100


async def clear_pending(app: FastAPI, age: timedelta = PENDING_FOR) -> int:
    """Remove the files that have been pending for longer than `age`, and return how many they were."""
    database: Database = app.state.database
    late = (File.is_ready.is_(False), File.created_at < utcnow() - age)
    total = 0
    while True:
        async with database.reading() as reader:
            ids = list(await reader.scalars(select(File.id).where(*late).limit(_BATCH)))
        if not ids:
            return total
        async with database.transaction() as session:
            # One that has become ready meanwhile stays.
            statement = delete(File).where(File.id.in_(ids), *late).returning(File.blob)
            gone = await session.scalars(statement, execution_options={"synchronize_session": False})
            blobs = gone.all()
            await removal.remove_blobs(app, session, blobs)
        total += len(blobs)


async def clear_expired(app: FastAPI) -> int:
    """Remove the resumable uploads whose time is over, and return how many they were."""
    database: Database = app.state.database
    now = utcnow()
    total = 0
    while True:
        # One that is being put together has all its bytes: it is late only when whatever did that has died for good.
        over = (
            ResumableUpload.expires_at < now,
            (ResumableUpload.state != State.FINISHING) | (ResumableUpload.expires_at < now - LEFT_FOR),
        )
        async with database.reading() as reader:
            ids = list(await reader.scalars(select(ResumableUpload.id).where(*over).limit(_BATCH)))
        if not ids:
            return total
        async with database.transaction() as session:
            statement = delete(ResumableUpload).where(ResumableUpload.id.in_(ids), *over).returning(ResumableUpload.id)
            gone = (await session.scalars(statement, execution_options={"synchronize_session": False})).all()
            for upload_id in gone:
                await removal.remove_bytes(app, session, prefix=segment_prefix(upload_id))
        total += len(gone)


async def clear_ownerless(app: FastAPI) -> int:
    """Remove the files of accounts that are gone, as soon as they hang on nothing any more, and return how many they
    were."""
    database: Database = app.state.database
    loose = hangs_on_nothing(files_of(app).kept)
    async with database.reading() as reader:
        owners = select(File.owner_id).join(User, User.id == File.owner_id).where(User.deleted_at.is_not(None), loose)
        owner_ids = list(await reader.scalars(owners.distinct().order_by(File.owner_id)))
    total = 0
    for owner_id in owner_ids:
        async with database.transaction() as session:
            total += len(await removal.remove_files(app, session, owner_id, loose))
    return total


async def sweep(app: FastAPI, age: timedelta = LEFT_FOR) -> int:
    """Remove from the store what is older than `age` and belongs to no row, and return how many that were."""
    storage = files_of(app).storage
    latest = utcnow() - age
    total = 0
    some: list[Stored] = []
    async for stored in storage.list():
        if stored.modified_at < latest:
            some.append(stored)
        if len(some) == _BATCH:
            total += await _remove_unowned(app, some)
            some = []
    return total + await _remove_unowned(app, some)


async def _remove_unowned(app: FastAPI, some: Iterable[Stored]) -> int:
    """Those of `some` that no row knows are removed. Keys are never used twice, so no row will know them."""
    # files/ab/<blob>, thumbnails/ab/<blob>, uploads/<id>/<piece>; nothing else is ours to remove.
    owners: dict[str, str] = {}
    for stored in some:
        match stored.key.split("/"):
            case ["files" | "thumbnails", _, blob]:
                owners[stored.key] = blob
            case ["uploads", upload_id, _]:
                owners[stored.key] = upload_id
    if not owners:
        return 0
    known = set(owners.values())
    database: Database = app.state.database
    async with database.reading() as reader:
        found = set(await reader.scalars(select(File.blob).where(File.blob.in_(known))))
        found |= set(await reader.scalars(select(ResumableUpload.id).where(ResumableUpload.id.in_(known))))
    unowned = [key for key, owner in owners.items() if owner not in found]
    # Asked only now: a backup that still saw the rows has held the removals since before they went.
    if unowned and await held_until(database) is None:
        await files_of(app).storage.delete(*unowned)
        log.warning("bytes without a row removed", count=len(unowned))
        return len(unowned)
    return 0


async def _clean_up(app: FastAPI) -> None:
    files = files_of(app)
    pending = await clear_pending(app)
    expired = await clear_expired(app)
    ownerless = await clear_ownerless(app)
    spooled = await files.spool.tidy()
    await files.storage.tidy(LEFT_FOR)
    log.info("what was left behind is removed", pending=pending, expired=expired, ownerless=ownerless, spooled=spooled)


async def _sweep(app: FastAPI) -> None:
    count = await sweep(app)
    log.info("store swept", count=count)


CLEAN_UP = Periodic("files.clean_up", _clean_up, every=timedelta(hours=1), timeout=timedelta(minutes=30))
SWEEP = Periodic("files.sweep", _sweep, every=timedelta(days=1), timeout=timedelta(hours=2))
"""A walk through the whole store. It has something to do only where a process died between two of its steps."""

"""Taking what is in an archive into an account, by a job.

Each batch of items, and each file, is noted in the transaction that makes it (`ImportedThing`). So the job can be ended
anywhere and done again, and an archive can be brought as often as one likes: what is there already is not made twice.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

import structlog
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.adapters.storage import Missing
from musubi.core import context
from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.errors import AppError, Conflict, Forbidden, Invalid, NotFound, PayloadTooLarge, UnsupportedMediaType
from musubi.core.jobs import Discard, JobKind
from musubi.core.types import AnyRow
from musubi.features import audit, notifications
from musubi.features.files.context import MAX_FILE_BYTES, files_of
from musubi.features.files.names import clean_filename
from musubi.features.files.removal import remove_bytes
from musubi.features.files.spool import SpoolFile, in_thread, spooling
from musubi.features.files.taking import Claim, take
from musubi.features.items import service as items
from musubi.features.items.schemas import ItemCreate
from musubi.features.portability import repository
from musubi.features.portability.archive import ArchivedFile, ArchivedItem
from musubi.features.portability.models import ImportState
from musubi.features.portability.places import import_key
from musubi.features.portability.reading import ArchiveReader, BadArchive
from musubi.features.portability.schemas import LeftOutReason

log = structlog.get_logger("musubi.portability")

MAX_ATTEMPTS = 5
MAX_NAMED = 100
"""How many things that are left out are named."""
_BATCH = 100
_PIECE = 256 * 1024


E = TypeVar("E", ArchivedItem, ArchivedFile)


async def _import(app: FastAPI, payload: dict[str, Any]) -> None:
    database: Database = app.state.database
    async with database.transaction() as session:
        row = await repository.count_attempt(session, payload["import_id"])
    if row is None:
        return
    # What it makes is made by whoever brought the archive.
    context.actor_id.set(row.user_id)
    if row.attempts > MAX_ATTEMPTS:
        await _end(app, row, ImportState.FAILED, {})
        return
    try:
        await _Import(app, row).run()
    except Exception as error:
        # The account or the bytes are gone: nothing that comes later helps.
        is_final = isinstance(error, Forbidden | Missing | BadArchive) or row.attempts >= MAX_ATTEMPTS
        if not is_final:
            raise
        await _end(app, row, ImportState.FAILED, {})
        raise Discard(f"The archive could not be imported: {type(error).__name__}") from error


IMPORT_ARCHIVE = JobKind("portability.import_archive", _import, timeout=timedelta(hours=2))
"""Takes in what is in the archive of the import `import_id`."""


async def _end(app: FastAPI, row: AnyRow, state: ImportState, report: dict[str, Any]) -> None:
    """Settle the import; its archive is not needed any more."""
    database: Database = app.state.database
    async with database.transaction() as session:
        if state is ImportState.DONE:
            taken = await repository.count_taken(session, row.id)
            report = {**report, "items_taken": taken.items, "files_taken": taken.files}
        ended = await repository.note_import(
            session, row.id, state=state, progress=100, report=report, finished_at=utcnow()
        )
        await remove_bytes(app, session, [import_key(row.name)])
        if ended is None:
            return
        if state is ImportState.DONE:
            details = {"items": report["items_taken"], "files": report["files_taken"]}
            await audit.record(session, "import.done", object_type="import", object_id=row.id, details=details)
            await notifications.notify(
                app, session, user_id=row.user_id, kind="import_done", actor_id=None, data=details
            )
            await items.announce_many(app, session)


class _Import:
    """One run of one import."""

    def __init__(self, app: FastAPI, row: AnyRow) -> None:
        self._app = app
        self._row = row
        self._database: Database = app.state.database
        self._present = {"items": 0, "files": 0}
        self._left_out: list[dict[str, str]] = []
        self._left_out_count = 0

    async def run(self) -> None:
        files = files_of(self._app)
        async with spooling(files.spool, limit=2**63) as copy:
            async for piece in files.storage.read(import_key(self._row.name)):
                await copy.write(piece)
            path = (await copy.finish()).path
            with ExitStack() as opened:
                reader = await in_thread(lambda: opened.enter_context(ArchiveReader(path)))
                item_ids = await self._take_items(reader)
                await self._take_files(reader, item_ids)
        report = {
            "items_present": self._present["items"],
            "files_present": self._present["files"],
            "left_out_count": self._left_out_count,
            "left_out": self._left_out,
        }
        await _end(self._app, self._row, ImportState.DONE, report)

    async def _there(self, kind: str) -> tuple[dict[int, int], set[int]]:
        """What of the archive is here already, and which of it came by an earlier attempt of this import."""
        async with self._database.reading() as reader:
            there = await repository.things_there(reader, self._row.user_id, self._row.archive, kind=kind)
            ours = await repository.things_of(reader, self._row.id, kind=kind)
        return there, ours

    async def _take_items(self, reader: ArchiveReader) -> dict[int, int]:
        """What the items of the archive are here, by their ids there."""
        there, ours = await self._there("item")
        entries = reader.items()
        while batch := await _next(entries):
            new = [entry for entry in batch if entry.id not in there]
            self._present["items"] += len([entry for entry in batch if entry.id in there and entry.id not in ours])
            if new:
                there |= await self._add_items(new)
        await self._note(10)
        return there

    async def _add_items(self, entries: Sequence[ArchivedItem]) -> dict[int, int]:
        now = utcnow()
        async with self._database.transaction() as session:
            forms = [
                (
                    ItemCreate(title=entry.title, description=entry.description, status=entry.status, tags=entry.tags),
                    _not_after(entry.created_at, now),
                    _not_after(entry.updated_at, now),
                )
                for entry in entries
            ]
            ids = await items.add_many(self._app, session, self._row.user_id, forms)
            made = {entry.id: item_id for entry, item_id in zip(entries, ids, strict=True)}
            things = [self._thing(f"item:{there}") | {"item_id": here, "file_id": None} for there, here in made.items()]
            await repository.note_things(session, things)
        return made

    async def _take_files(self, reader: ArchiveReader, item_ids: dict[int, int]) -> None:
        there, ours = await self._there("file")
        entries = reader.files()
        count = 0
        while batch := await _next(entries):
            for entry in batch:
                count += 1
                if entry.id in there:
                    self._present["files"] += entry.id not in ours
                else:
                    await self._take_file(reader, entry, item_ids)
            await self._note(10 + min(85, count // 10))

    async def _take_file(self, reader: ArchiveReader, entry: ArchivedFile, item_ids: dict[int, int]) -> None:
        files = files_of(self._app)
        if entry.path is None:
            self._leave_out(entry, LeftOutReason.NO_BYTES)
            return
        if entry.size > max(files.resumable_max_bytes, MAX_FILE_BYTES):
            self._leave_out(entry, LeftOutReason.TOO_LARGE)
            return

        async def settle(session: AsyncSession, row: AnyRow) -> None:
            await repository.set_created_at(session, row.id, _not_after(entry.created_at, utcnow()))
            await repository.note_things(
                session, [self._thing(f"file:{entry.id}") | {"item_id": None, "file_id": row.id}]
            )

        try:
            claim = Claim(
                clean_filename(entry.filename, field="file"),
                entry.content_type,
                entry.description,
                # What it hung on belongs to somebody else: the file is one's own all the same.
                None if entry.item_id is None else item_ids.get(entry.item_id),
                is_from_archive=True,
            )
            async with spooling(files.spool, limit=entry.size) as spooled:
                await _copy(reader, entry.path, spooled)
                await take(self._app, self._row.user_id, await spooled.finish(), claim, settle=settle)
        except (UnsupportedMediaType, Invalid) as error:
            self._leave_out(entry, LeftOutReason.REFUSED, error)
        except PayloadTooLarge as error:
            self._leave_out(entry, LeftOutReason.NO_ROOM, error)
        except (Conflict, NotFound) as error:
            self._leave_out(entry, LeftOutReason.NOT_ATTACHABLE, error)

    def _leave_out(self, entry: ArchivedFile, reason: LeftOutReason, error: AppError | None = None) -> None:
        self._left_out_count += 1
        if len(self._left_out) < MAX_NAMED:
            self._left_out.append({"filename": entry.filename, "reason": reason})
        log.info("a file of an archive is left out", import_id=self._row.id, reason=reason, error=str(error or ""))

    def _thing(self, name: str) -> dict[str, Any]:
        return {
            "user_id": self._row.user_id,
            "archive": self._row.archive,
            "thing": name,
            "import_id": self._row.id,
        }

    async def _note(self, percent: int) -> None:
        async with self._database.transaction() as session:
            await repository.note_import(session, self._row.id, progress=percent)


async def _next(entries: Iterator[E]) -> list[E]:
    """Some more of them; none at the end."""
    return await in_thread(lambda: list(islice(entries, _BATCH)))


async def _copy(reader: ArchiveReader, path: str, file: SpoolFile) -> None:
    with ExitStack() as opened:
        part = await in_thread(lambda: opened.enter_context(reader.opened(path)))
        while piece := await in_thread(lambda: part.read(_PIECE)):
            await file.write(piece)


def _not_after(moment: datetime, latest: datetime) -> datetime:
    """Nothing was made in the future."""
    return min(moment, latest)

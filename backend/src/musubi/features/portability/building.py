"""Making an archive of someone's data, by a job.

It is written to this machine's disk and put into the storage as a whole, in one step, and only then is it offered. So
whatever ends the process in between, nobody gets a part of one: the job is done again from its beginning.
"""

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import structlog
from fastapi import FastAPI

from musubi import __version__
from musubi.adapters.storage import Description, Missing
from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.http.content_disposition import content_disposition
from musubi.core.jobs import Discard, JobKind
from musubi.core.types import AnyRow
from musubi.features import notifications
from musubi.features.accounts import repository as accounts
from musubi.features.files.blobs import file_key
from musubi.features.files.context import files_of
from musubi.features.files.removal import remove_bytes
from musubi.features.mail.mailer import mailer_of
from musubi.features.portability import archive, collecting, repository
from musubi.features.portability.models import DataExport, ExportState
from musubi.features.portability.places import export_key
from musubi.features.portability.readme import readmes
from musubi.features.portability.writing import ArchiveWriter, digest_of, spooled_path
from musubi.settings import Settings

log = structlog.get_logger("musubi.portability")

KEPT_FOR = timedelta(days=7)
"""How long an archive can be fetched."""
MAX_ATTEMPTS = 5
_NOTE_SECONDS = 2.0
"""How often it is noted how far an archive is."""


class _Unwanted(Exception):
    """Nobody waits for the archive any more."""


async def _build(app: FastAPI, payload: dict[str, Any]) -> None:
    database: Database = app.state.database
    async with database.transaction() as session:
        export = await repository.begin_export(session, payload["export_id"])
    if export is None:
        return
    if export.attempts > MAX_ATTEMPTS:
        # Nobody was left to say so of the last one.
        await _give_up(app, export)
        return
    try:
        await _prepare(app, export)
    except _Unwanted:
        log.info("an export is not wanted any more", export_id=export.id)
    except Exception as error:
        if export.attempts < MAX_ATTEMPTS:
            raise
        await _give_up(app, export)
        raise Discard(f"The export could not be made in {MAX_ATTEMPTS} attempts: {type(error).__name__}") from error


BUILD_EXPORT = JobKind("portability.build_export", _build, timeout=timedelta(hours=1))
"""Makes the archive of the export `export_id`, and tells whose it is."""


async def _prepare(app: FastAPI, export: AnyRow) -> None:
    files = files_of(app)
    async with spooled_path(files.spool) as path:
        async with ArchiveWriter(path) as writer:
            await _Builder(app, export, writer).run()
        size, sha256 = await digest_of(path)
        disposition = content_disposition("musubi.zip", is_inline=False)
        await files.storage.put_file(export_key(export.name), path, Description("application/zip", disposition))
    await _offer(app, export, size, sha256)


async def _offer(app: FastAPI, export: AnyRow, size: int, sha256: str) -> None:
    """From now on it can be fetched, and those from before can't any more."""
    database: Database = app.state.database
    now = utcnow()
    async with database.transaction() as session:
        user = await accounts.get_user(session, export.user_id, for_update=True)
        values = {"state": ExportState.READY, "progress": 100, "size": size, "sha256": sha256}
        gone = await repository.expire(session, DataExport.user_id == export.user_id)
        ready = await repository.note_export(session, export.id, **values, finished_at=now, expires_at=now + KEPT_FOR)
        if user is None or ready is None:
            # Their account was deleted meanwhile.
            gone = [*gone, export.name]
        else:
            data = {"export": export.name}
            await notifications.notify(app, session, user_id=user.id, kind="export_ready", actor_id=None, data=data)
            settings: Settings = app.state.settings
            await mailer_of(app).send(
                session,
                to=user.email,
                template="export_ready",
                values={
                    "username": user.username,
                    "link": f"{settings.public_url}/settings/data",
                    "days": KEPT_FOR.days,
                },
                user_id=user.id,
                protected=user.is_superuser,
            )
        await remove_bytes(app, session, [export_key(name) for name in gone])
    log.info("export ready", export_id=export.id, size=size)


async def _give_up(app: FastAPI, export: AnyRow) -> None:
    database: Database = app.state.database
    async with database.transaction() as session:
        await repository.note_export(session, export.id, state=ExportState.FAILED, finished_at=utcnow())


class _Builder:
    """What goes into one archive, in its order."""

    def __init__(self, app: FastAPI, export: AnyRow, writer: ArchiveWriter) -> None:
        self._app = app
        self._database: Database = app.state.database
        self._export = export
        self._writer = writer
        self._counts: dict[str, int] = {}
        self._unreadable: list[str] = []
        self._total = 0
        self._done = 0
        self._noted_at = time.monotonic()

    async def run(self) -> None:
        """Raises _Unwanted when the account is gone."""
        user_id = self._export.user_id
        account = await collecting.account(self._database, user_id)
        if account is None:
            raise _Unwanted
        now = utcnow()
        settings: Settings = self._app.state.settings
        for name, text in readmes(account["username"], settings.public_url, now).items():
            await self._writer.add_text(name, text)
        await self._writer.add_document("account.json", account)
        self._total = await collecting.bytes_of_files(self._database, user_id)
        await self._list(archive.ITEMS, collecting.items(self._database, user_id))
        await self._files(user_id)
        for name, collect in (
            ("rooms", collecting.rooms),
            ("messages", collecting.messages),
            ("reactions", collecting.reactions),
            ("notifications", collecting.notifications),
            ("mails", collecting.mails),
            ("sessions", collecting.sessions),
            ("audit", collecting.audit),
        ):
            await self._list(f"{name}.json", collect(self._database, user_id))
        manifest = archive.Manifest(
            format=archive.FORMAT,
            version=archive.VERSION,
            id=self._export.name,
            created_at=now,
            application=f"Musubi {__version__}",
            counts=self._counts,
            unreadable_files=tuple(self._unreadable),
            parts=tuple(self._writer.parts),
        )
        await self._writer.add_document(archive.MANIFEST, manifest.model_dump())

    async def _list(self, path: str, entries: AsyncIterator[collecting.Entry]) -> None:
        self._counts[path.removesuffix(".json")] = await self._writer.add_list(path, entries)

    async def _files(self, user_id: int) -> None:
        """The bytes of each file, and then the list of all."""
        paths: dict[int, str] = {}
        async for row in collecting.files(self._database, user_id):
            path = archive.path_of_file(row.id, row.filename)
            try:
                await self._writer.add(path, self._bytes_of(row))
            except Missing:
                # What else there is shall not wait for what nobody has any more.
                log.error("file without bytes", file_id=row.id)  # noqa: TRY400 - there is nothing behind it
                self._unreadable.append(row.filename)
            else:
                paths[row.id] = path

        async def entries() -> AsyncIterator[collecting.Entry]:
            async for row in collecting.files(self._database, user_id):
                fields = dict(row._mapping)
                del fields["blob"]
                # One that was uploaded meanwhile comes too late.
                if row.id in paths or row.filename in self._unreadable:
                    yield {**fields, "path": paths.get(row.id)}

        await self._list(archive.FILES, entries())

    async def _bytes_of(self, row: AnyRow) -> AsyncIterator[bytes]:
        async for piece in files_of(self._app).storage.read(file_key(row.blob)):
            yield piece
            self._done += len(piece)
            await self._note_progress()

    async def _note_progress(self) -> None:
        if time.monotonic() - self._noted_at < _NOTE_SECONDS:
            return
        self._noted_at = time.monotonic()
        percent = min(99, 100 * self._done // max(self._total, 1))
        async with self._database.transaction() as session:
            if await repository.note_export(session, self._export.id, progress=percent) is None:
                raise _Unwanted

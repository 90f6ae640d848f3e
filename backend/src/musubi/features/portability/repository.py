"""The SQL of exports and imports. Whose they are is part of every question."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.core.clock import utcnow
from musubi.core.types import AnyRow
from musubi.features.files.models import File
from musubi.features.items.models import Item
from musubi.features.portability.models import DataExport, DataImport, ExportState, ImportedThing, ImportState

SHOWN = 10
"""How many exports, and imports, of one person are listed."""
EXPORT_COLUMNS = (
    DataExport.id, DataExport.user_id, DataExport.name, DataExport.state, DataExport.progress, DataExport.attempts,
    DataExport.size, DataExport.sha256, DataExport.created_at, DataExport.finished_at, DataExport.expires_at,
)  # fmt: skip
IMPORT_COLUMNS = (
    DataImport.id, DataImport.user_id, DataImport.name, DataImport.archive, DataImport.state, DataImport.progress,
    DataImport.attempts, DataImport.report, DataImport.created_at, DataImport.finished_at,
)  # fmt: skip
_UNTRACKED = {"synchronize_session": False}


async def list_exports(reader: AsyncConnection, user_id: int) -> Sequence[AnyRow]:
    """The newest first."""
    statement = select(*EXPORT_COLUMNS).where(DataExport.user_id == user_id)
    return (await reader.execute(statement.order_by(DataExport.id.desc()).limit(SHOWN))).all()


async def find_ready(reader: AsyncConnection | AsyncSession, user_id: int, name: str) -> AnyRow | None:
    """An export of this user's that can be downloaded."""
    mine = (DataExport.name == name, DataExport.user_id == user_id)
    ready = (DataExport.state == ExportState.READY, DataExport.expires_at > utcnow())
    return (await reader.execute(select(*EXPORT_COLUMNS).where(*mine, *ready))).first()


async def is_preparing(session: AsyncSession, user_id: int) -> bool:
    mine = (DataExport.user_id == user_id, DataExport.state == ExportState.PREPARING)
    return await session.scalar(select(DataExport.id).where(*mine).limit(1)) is not None


async def add_export(session: AsyncSession, user_id: int, name: str) -> AnyRow:
    values = {
        "user_id": user_id, "name": name, "state": ExportState.PREPARING, "progress": 0, "attempts": 0,
        "created_at": utcnow(),
    }  # fmt: skip
    return (await session.execute(insert(DataExport).values(values).returning(*EXPORT_COLUMNS))).one()


async def begin_export(session: AsyncSession, export_id: int) -> AnyRow | None:
    """Count an attempt; the export, or None when it isn't to be prepared any more."""
    return await _change_export(session, export_id, attempts=DataExport.attempts + 1)


async def note_export(session: AsyncSession, export_id: int, **values: Any) -> AnyRow | None:
    """Change an export that is being prepared; None when it isn't any more."""
    return await _change_export(session, export_id, **values)


async def _change_export(session: AsyncSession, export_id: int, **values: Any) -> AnyRow | None:
    preparing = (DataExport.id == export_id, DataExport.state == ExportState.PREPARING)
    statement = update(DataExport).where(*preparing).values(**values).returning(*EXPORT_COLUMNS)
    return (await session.execute(statement, execution_options=_UNTRACKED)).first()


async def expire(session: AsyncSession, *conditions: Any) -> list[str]:
    """Let exports that are ready be so no longer; their names."""
    over = update(DataExport).where(DataExport.state == ExportState.READY, *conditions)
    gone = await session.scalars(
        over.values(state=ExportState.EXPIRED, expires_at=None).returning(DataExport.name),
        execution_options=_UNTRACKED,
    )
    return list(gone)


async def fail_exports(session: AsyncSession, before: datetime) -> int:
    """Give up those that have been in preparation since `before`."""
    late = (DataExport.state == ExportState.PREPARING, DataExport.created_at < before)
    statement = update(DataExport).where(*late).values(state=ExportState.FAILED, finished_at=utcnow())
    return len((await session.scalars(statement.returning(DataExport.id), execution_options=_UNTRACKED)).all())


async def list_imports(reader: AsyncConnection, user_id: int) -> Sequence[AnyRow]:
    """The newest first."""
    statement = select(*IMPORT_COLUMNS).where(DataImport.user_id == user_id)
    return (await reader.execute(statement.order_by(DataImport.id.desc()).limit(SHOWN))).all()


async def count_taken(connection: AsyncConnection | AsyncSession, import_id: int) -> AnyRow:
    """How many `items` and `files` came by this import."""
    statement = select(
        func.count(ImportedThing.item_id).label("items"), func.count(ImportedThing.file_id).label("files")
    )
    return (await connection.execute(statement.where(ImportedThing.import_id == import_id))).one()


async def is_importing(session: AsyncConnection | AsyncSession, user_id: int) -> bool:
    mine = (DataImport.user_id == user_id, DataImport.state == ImportState.IMPORTING)
    return await session.scalar(select(DataImport.id).where(*mine).limit(1)) is not None


async def add_import(session: AsyncSession, user_id: int, name: str, archive: str) -> AnyRow:
    values = {
        "user_id": user_id, "name": name, "archive": archive, "state": ImportState.IMPORTING, "progress": 0,
        "attempts": 0, "report": {}, "created_at": utcnow(),
    }  # fmt: skip
    return (await session.execute(insert(DataImport).values(values).returning(*IMPORT_COLUMNS))).one()


async def count_attempt(session: AsyncSession, import_id: int) -> AnyRow | None:
    """Begin an import once more; None when it doesn't go on any more."""
    return await note_import(session, import_id, attempts=DataImport.attempts + 1)


async def note_import(session: AsyncSession, import_id: int, **values: Any) -> AnyRow | None:
    """Change an import that goes on; None when it doesn't any more."""
    going = (DataImport.id == import_id, DataImport.state == ImportState.IMPORTING)
    statement = update(DataImport).where(*going).values(**values).returning(*IMPORT_COLUMNS)
    return (await session.execute(statement, execution_options=_UNTRACKED)).first()


async def fail_imports(session: AsyncSession, before: datetime) -> list[str]:
    """Give up those that have gone on since `before`; their names."""
    late = (DataImport.state == ImportState.IMPORTING, DataImport.created_at < before)
    statement = update(DataImport).where(*late).values(state=ImportState.FAILED, finished_at=utcnow())
    return list(await session.scalars(statement.returning(DataImport.name), execution_options=_UNTRACKED))


async def things_there(
    reader: AsyncConnection | AsyncSession, user_id: int, archive: str, *, kind: str
) -> dict[int, int]:
    """What of an archive is here already: the id in the archive, and the one here. `kind`: `item` or `file`."""
    model, own_id = (Item, ImportedThing.item_id) if kind == "item" else (File, ImportedThing.file_id)
    mine = (ImportedThing.user_id == user_id, ImportedThing.archive == archive, own_id.is_not(None))
    rows = await reader.execute(select(ImportedThing.thing, own_id).where(*mine))
    there = {int(thing.partition(":")[2]): int(own) for thing, own in rows if own is not None}
    # An archive of this account, brought back to where it was made: what it names is what is here.
    made_here = select(DataExport.id).where(DataExport.user_id == user_id, DataExport.name == archive)
    if await reader.scalar(made_here) is not None:
        owned = await reader.scalars(select(model.id).where(model.owner_id == user_id))
        there |= {own: own for own in owned}
    return there


async def things_of(reader: AsyncConnection, import_id: int, *, kind: str) -> set[int]:
    """The ids in the archive of what came by this import."""
    mine = (ImportedThing.import_id == import_id, ImportedThing.thing.startswith(f"{kind}:"))
    return {int(thing.partition(":")[2]) for thing in await reader.scalars(select(ImportedThing.thing).where(*mine))}


async def note_things(session: AsyncSession, rows: Collection[dict[str, Any]]) -> None:
    """Note what became of things of an archive, each with `user_id`, `archive`, `thing`, `import_id`, and `item_id` or
    `file_id`."""
    await session.execute(insert(ImportedThing), list(rows))


async def set_created_at(session: AsyncSession, file_id: int, created_at: datetime) -> None:
    """Let a file be as old as it was where it came from."""
    statement = update(File).where(File.id == file_id).values(created_at=created_at)
    await session.execute(statement, execution_options=_UNTRACKED)


async def forget(session: AsyncSession, *user_ids: int) -> tuple[list[str], list[str]]:
    """Delete every export and import of these users; the names of the exports, and those of the imports."""
    exports = delete(DataExport).where(DataExport.user_id.in_(user_ids)).returning(DataExport.name)
    imports = delete(DataImport).where(DataImport.user_id.in_(user_ids)).returning(DataImport.name)
    names = [list(await session.scalars(statement, execution_options=_UNTRACKED)) for statement in (exports, imports)]
    return names[0], names[1]


async def known_names(reader: AsyncConnection, names: Collection[str]) -> set[str]:
    """Those of `names` whose bytes are still needed."""
    exports = select(DataExport.name).where(
        DataExport.name.in_(names), DataExport.state.in_((ExportState.PREPARING, ExportState.READY))
    )
    imports = select(DataImport.name).where(DataImport.name.in_(names), DataImport.state == ImportState.IMPORTING)
    return {*await reader.scalars(exports), *await reader.scalars(imports)}

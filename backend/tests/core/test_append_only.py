"""Tables to which rows are only added: the database itself sees to it, whoever asks."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Executable, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import UpdateBase

from musubi.core.append_only import APPEND_ONLY, protect, release
from musubi.core.clock import utcnow
from musubi.core.models import Base
from musubi.features.audit.models import AuditEntry
from tests.sql import database_of


@pytest.fixture
async def entry(app: FastAPI) -> int:
    """The number of an entry in the audit log."""
    row = {"at": utcnow(), "action": "user.updated", "object_type": "user", "details": {}}
    async with database_of(app).transaction() as session:
        return (await session.execute(insert(AuditEntry).returning(AuditEntry.id), row)).scalar_one()


async def count(app: FastAPI, action: str) -> int:
    async with database_of(app).reading() as reader:
        statement = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == action)
        return await reader.scalar(statement) or 0


async def execute(app: FastAPI, *statements: Executable, values: dict[str, Any] | None = None) -> None:
    """Run statements in one transaction."""
    async with database_of(app).transaction() as session:
        for statement in statements:
            await session.execute(statement, values, execution_options={"synchronize_session": False})


FORBIDDEN = [
    update(AuditEntry).values(action="x.y"),
    update(AuditEntry).values(actor_id=AuditEntry.actor_id),
    update(AuditEntry).where(AuditEntry.id > 0).values(id=AuditEntry.id + 1000),
    delete(AuditEntry),
    delete(AuditEntry).where(AuditEntry.action == "user.updated"),
]


@pytest.mark.parametrize("statement", FORBIDDEN, ids=str)
async def test_the_database_refuses(app: FastAPI, entry: int, statement: UpdateBase) -> None:
    with pytest.raises(DBAPIError, match="audit_entries is append-only"):
        await execute(app, statement)
    async with database_of(app).reading() as reader:
        assert (await reader.execute(select(AuditEntry.id, AuditEntry.action))).all() == [(entry, "user.updated")]


async def test_refusing_undoes_what_came_with_it(app: FastAPI, entry: int) -> None:
    addition = insert(AuditEntry).values(at=utcnow(), action="user.deleted", object_type="user", details={})
    with pytest.raises(DBAPIError):
        await execute(app, addition, delete(AuditEntry))
    assert await count(app, "user.deleted") == 0


async def test_by_way_of_the_mapped_object(app: FastAPI, entry: int) -> None:
    async def change() -> None:
        async with database_of(app).transaction() as session:
            (await session.get_one(AuditEntry, entry)).action = "x.y"

    async def remove() -> None:
        async with database_of(app).transaction() as session:
            await session.delete(await session.get_one(AuditEntry, entry))

    for attempt in (change, remove):
        with pytest.raises(DBAPIError, match="append-only"):
            await attempt()
    assert await count(app, "user.updated") == 1


async def test_taking_the_place_of_a_row_is_changing_it(app: FastAPI, entry: int) -> None:
    into, otherwise = "INSERT INTO", " ON CONFLICT (id) DO UPDATE SET action = excluded.action"
    forms = [(into, otherwise)]
    if database_of(app).is_sqlite:
        forms += [("INSERT OR REPLACE INTO", ""), ("REPLACE INTO", "")]
    for verb, rest in forms:
        statement = text(
            f"{verb} audit_entries (id, at, action, object_type, details) "
            f"VALUES (:id, CURRENT_TIMESTAMP, 'x.y', 'user', '{{}}'){rest}"
        )
        with pytest.raises(DBAPIError, match="append-only"):
            await execute(app, statement, values={"id": entry})
    assert await count(app, "user.updated") == 1


async def test_what_was_protected_can_be_released(app: FastAPI, entry: int) -> None:
    async with database_of(app).transaction() as session:
        connection = await session.connection()
        await connection.run_sync(release, "audit_entries")
        await session.execute(delete(AuditEntry).execution_options(synchronize_session=False))
        await connection.run_sync(protect, "audit_entries")
    assert await count(app, "user.updated") == 0
    await execute(app, insert(AuditEntry).values(at=utcnow(), action="user.updated", object_type="user", details={}))
    with pytest.raises(DBAPIError, match="append-only"):
        await execute(app, delete(AuditEntry))


def test_which_tables_are() -> None:
    marked = [table.name for table in Base.metadata.sorted_tables if table.info.get(APPEND_ONLY)]
    assert marked == ["audit_entries"]

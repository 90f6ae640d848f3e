"""What the application asks its database, and how the database goes about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI
from sqlalchemy import event

from musubi.core.database import Database

Statement = tuple[str, Any]
"""A statement as the driver got it, and its parameters."""


@contextmanager
def watch(app: FastAPI) -> Iterator[list[Statement]]:
    """Collects the statements that are sent meanwhile; beginning a transaction is none."""
    engine = database_of(app).engine.sync_engine
    seen: list[Statement] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def explain(app: FastAPI, statement: Statement) -> str:
    """The plan of a statement, as text."""
    database = database_of(app)
    text, parameters = statement
    prefix = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    async with database.reading() as reader:
        rows = (await reader.exec_driver_sql(f"{prefix} {text}", parameters)).all()
    return "\n".join(str(row[-1]) for row in rows)


async def analyze(app: FastAPI) -> None:
    """Let the planner know how full the tables are."""
    async with database_of(app).transaction() as session:
        await (await session.connection()).exec_driver_sql("ANALYZE")


def database_of(app: FastAPI) -> Database:
    """The application's database."""
    database = app.state.database
    assert isinstance(database, Database)
    return database

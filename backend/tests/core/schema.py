"""Looking into a database from outside the application."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from musubi.core.models import Base
from musubi.settings import async_database_url


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    """A connection whose transaction is committed at the end."""
    engine = create_async_engine(async_database_url(url), poolclass=NullPool)
    async with engine.begin() as connection:
        yield connection
    await engine.dispose()


async def shape_of(url: str) -> dict[str, Any]:
    """Everything the database is made of, as its own catalogue tells it, in an order that doesn't matter."""

    def read(connection: Connection) -> dict[str, Any]:
        inspector = inspect(connection)
        shape: dict[str, Any] = {}
        for table in inspector.get_table_names():
            shape[table] = {
                "columns": sorted((c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)),
                "key": inspector.get_pk_constraint(table),
                "indexes": sorted(str(i["name"]) for i in inspector.get_indexes(table)),
                "unique": sorted(str(u["name"]) for u in inspector.get_unique_constraints(table)),
                "foreign": sorted(str(f["name"]) for f in inspector.get_foreign_keys(table)),
            }
        if connection.dialect.name == "sqlite":
            statement = "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
            shape["triggers"] = list(connection.execute(text(statement)).scalars())
        return shape

    async with connected(url) as connection:
        return await connection.run_sync(read)


async def counts(url: str) -> dict[str, int]:
    """How many rows every table has."""
    async with connected(url) as connection:
        return {
            table.name: await connection.scalar(text(f"SELECT count(*) FROM {table.name}")) or 0  # noqa: S608
            for table in Base.metadata.sorted_tables
        }

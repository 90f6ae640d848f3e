"""Connections for commands that go through a whole database: one each, and no pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from musubi.backup.errors import BackupError
from musubi.settings import Settings

_SERVER = "musubi"
"""How the connections of servers call themselves."""


def has_database(settings: Settings) -> bool:
    """Whether there is a database at all, be it an empty one. SQLite would make one."""
    return not settings.is_sqlite or database_file(settings).is_file()


def database_file(settings: Settings) -> Path:
    """The file of an embedded database."""
    return Path(settings.database.database or "")


@asynccontextmanager
async def snapshot(url: URL) -> AsyncIterator[AsyncConnection]:
    """A connection that sees the database as it is now, whatever is written meanwhile; nobody waits for it."""
    engine = _engine(url, begin="BEGIN")
    options: dict[str, Any] = (
        {}
        if url.get_backend_name() == "sqlite"
        else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    )
    try:
        async with engine.connect() as connection:
            await connection.execution_options(**options)
            # Its moment is that of the first look.
            await connection.execute(text("SELECT 1"))
            if url.get_backend_name() == "sqlite":
                await connection.execute(text("SELECT count(*) FROM sqlite_master"))
            yield connection
    finally:
        await engine.dispose()


@asynccontextmanager
async def changing(url: URL) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that is committed at the end, or rolled back when the block raises.

    Foreign keys are not looked at in SQLite. What is written there may be lost by a crash of the machine until the file
    is synchronized.
    """
    engine = _engine(url, begin="BEGIN IMMEDIATE", pragmas=("synchronous=OFF", "foreign_keys=OFF"))
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


def refuse_servers(connection: Connection) -> None:
    """Raise BackupError while servers are connected to this PostgreSQL database."""
    others = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = :name AND pid <> pg_backend_pid()"
    )
    if connection.scalar(others, {"name": _SERVER}):
        raise BackupError("servers are connected to the database: stop them first")


def _engine(url: URL, *, begin: str, pragmas: tuple[str, ...] = ()) -> AsyncEngine:
    is_sqlite = url.get_backend_name() == "sqlite"
    arguments: dict[str, Any] = (
        {"timeout": 10.0}
        if is_sqlite
        # What was prepared before a table was made anew doesn't fit it any more.
        else {
            "timeout": 10,
            "prepared_statement_cache_size": 0,
            "server_settings": {"jit": "off", "application_name": f"{_SERVER} command"},
        }
    )
    engine = create_async_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
    if is_sqlite:

        @event.listens_for(engine.sync_engine, "connect")
        def connect(connection: Any, _record: object) -> None:
            connection.isolation_level = None
            cursor = connection.cursor()
            for pragma in pragmas:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(engine.sync_engine, "begin")
        def start(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

    return engine

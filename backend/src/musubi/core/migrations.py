"""Bringing a database to the shape that this version of the code expects."""

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from musubi.core import schema_compatibility
from musubi.core.clock import utcnow

SCRIPTS = Path(__file__).parents[1] / "migrations"

_ADVISORY_LOCK = 7_305_002


class DatabaseTooNew(Exception):
    """The database was migrated by a newer version of the code."""


@dataclass(frozen=True, slots=True)
class State:
    """How far a database is."""

    current: str | None
    """The revision it has; None when it is empty."""
    head: str
    """The revision this code expects."""
    is_newer: bool = False
    """Whether newer code has migrated it since, and said that this code may go on."""

    @property
    def is_current(self) -> bool:
        """Whether this code can work with it as it is."""
        return self.is_newer or self.current == self.head


async def state(url: URL) -> State:
    """How far the database is. Raises DatabaseTooNew, or the driver's error when it can't be reached."""
    scripts = ScriptDirectory.from_config(_config())
    head = scripts.get_current_head() or ""
    known = {script.revision for script in scripts.walk_revisions()}

    def look(connection: Connection) -> State:
        current = MigrationContext.configure(connection).get_current_revision()
        if current is None or current in known:
            return State(current, head)
        if schema_compatibility.remembered(connection) not in known:
            raise DatabaseTooNew(current)
        return State(current, head, is_newer=True)

    found: State = await _run(url, look)
    return found


def cuts_off(current: str) -> bool:
    """Whether migrating a database from `current` to the newest shape stops the code that `current` came with from
    working; else both can run on it at the same time."""
    scripts = ScriptDirectory.from_config(_config())
    return schema_compatibility.cuts_off(scripts, current, scripts.get_current_head() or "")


async def upgrade(url: URL, revision: str = "head") -> None:
    """Migrate forward, in one transaction; of several processes at once, one does it and the others wait."""
    await _run(url, lambda connection: _alembic(connection, command.upgrade, revision))


def upgrade_within(connection: Connection, revision: str = "head") -> None:
    """Migrate forward in a transaction that somebody else commits."""
    _alembic(connection, command.upgrade, revision)


def revision_of(connection: Connection) -> str | None:
    """The revision that a database has; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def knows(revision: str) -> bool:
    """Whether this code can bring an empty database to that revision."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


async def downgrade(url: URL, revision: str) -> None:
    """Migrate back to `revision` (`base`: to nothing)."""
    await _run(url, lambda connection: _alembic(connection, command.downgrade, revision))


def copy_sqlite(source: Path, directory: Path, label: str) -> Path:
    """Copy a SQLite file that may be in use into `directory`, for its owner's eyes only; the path of the copy."""
    directory.mkdir(parents=True, exist_ok=True)
    # Two processes may start within the same second; neither must write over the other's copy.
    prefix = f"{source.stem}-{_stamp(utcnow())}-{label}-"
    descriptor, target = tempfile.mkstemp(prefix=prefix, suffix=source.suffix, dir=directory)  # with mode 0600
    os.close(descriptor)
    with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(target)) as copy:
        origin.backup(copy)
    return Path(target)


def _stamp(instant: datetime) -> str:
    return instant.strftime("%Y%m%dT%H%M%SZ")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config


def _alembic(connection: Connection, run: Callable[[Config, str], None], revision: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    config = _config()
    config.attributes["connection"] = connection
    run(config, revision)
    reached = MigrationContext.configure(connection).get_current_revision()
    schema_compatibility.remember(connection, ScriptDirectory.from_config(config), reached)


async def _run(url: URL, work: Callable[[Connection], Any]) -> Any:
    engine = create_async_engine(url, poolclass=NullPool)
    if url.get_backend_name() == "sqlite":
        # Foreign keys stay off: SQLite changes a table by making it anew, and dropping the old one would cascade.
        @event.listens_for(engine.sync_engine, "connect")
        def connect(connection: Any, _record: object) -> None:
            connection.isolation_level = None

        @event.listens_for(engine.sync_engine, "begin")
        def begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()

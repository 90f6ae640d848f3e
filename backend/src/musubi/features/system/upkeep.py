"""What the application clears away by itself, and what it does for its database."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import structlog
from fastapi import FastAPI

from musubi.core import sqlite_upkeep
from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.idempotency import KEPT_FOR, IdempotencyKey
from musubi.core.jobs import Periodic
from musubi.core.jobs.deletion import delete_in_batches
from musubi.core.outbox import KEPT, OutboxMessage

log = structlog.get_logger("musubi.system")


async def _clear_idempotency_keys(app: FastAPI) -> None:
    outdated = IdempotencyKey.claimed_at < utcnow() - KEPT_FOR
    count = await delete_in_batches(app.state.database, IdempotencyKey.id, outdated)
    log.info("idempotency keys cleared", count=count)


CLEAR_IDEMPOTENCY_KEYS = Periodic("system.clear_idempotency_keys", _clear_idempotency_keys, every=timedelta(hours=1))
"""Deletes the kept replies that no repeated request gets any more."""


async def _clear_outbox(app: FastAPI) -> None:
    count = await delete_in_batches(app.state.database, OutboxMessage.id, OutboxMessage.created_at < utcnow() - KEPT)
    log.info("outbox cleared", count=count)


CLEAR_OUTBOX = Periodic("system.clear_outbox", _clear_outbox, every=timedelta(minutes=10))
"""Deletes the messages that every process has taken long ago."""


async def _shorten_log(app: FastAPI) -> None:
    file = _database_file(app)
    if file is not None:
        with _another_time():
            done = await asyncio.to_thread(sqlite_upkeep.shorten_log, file)
            log.info("log copied", bytes_before=done.log_size_before, bytes=done.log_size, whole=done.is_whole)


SHORTEN_LOG = Periodic("system.shorten_log", _shorten_log, every=timedelta(minutes=10))
"""Keeps the write-ahead log of the embedded database short."""


async def _refresh_statistics(app: FastAPI) -> None:
    file = _database_file(app)
    if file is not None:
        with _another_time():
            await asyncio.to_thread(sqlite_upkeep.refresh_statistics, file)
            log.info("statistics refreshed")


REFRESH_STATISTICS = Periodic("system.refresh_statistics", _refresh_statistics, every=timedelta(hours=12))
"""Lets the planner of the embedded database know how full its tables are."""


def _database_file(app: FastAPI) -> Path | None:
    """The embedded database; None for PostgreSQL, which looks after itself."""
    database: Database = app.state.database
    file = database.engine.url.database
    return Path(file) if database.is_sqlite and file else None


@contextmanager
def _another_time() -> Iterator[None]:
    """A block that gives up when somebody writes for longer than it waits."""
    try:
        yield
    except sqlite3.OperationalError as error:
        log.info("the database is busy", reason=str(error))

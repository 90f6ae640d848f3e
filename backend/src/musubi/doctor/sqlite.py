"""The embedded database: whether its file is whole, and how it is doing."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from musubi.core.sqlite_upkeep import LARGE_LOG_BYTES, state_of
from musubi.doctor.finding import Finding, bad, ok, size_of, warn
from musubi.settings import Settings

_MUCH_FREE = 256 * 1024 * 1024


async def look_at_sqlite(settings: Settings) -> list[Finding]:
    """A damaged page, a log that only grows, room that nobody uses."""
    file = settings.database.database
    if not file:
        return [bad("database", "it is kept in memory: a restart loses everything", fix="name a file in DATABASE_URL")]
    try:
        return await asyncio.to_thread(lambda: list(_look(Path(file))))
    except sqlite3.OperationalError as error:
        return [warn("database", f"it is busy: {error}", fix="try again in a moment")]
    except sqlite3.DatabaseError as error:
        return [_damaged(str(error))]


def _look(file: Path) -> Iterator[Finding]:
    with closing(sqlite3.connect(file, timeout=5)) as connection:
        [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
        # As every process of ours does; some network drives can't.
        [mode] = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if verdict != "ok":
        yield _damaged(verdict)
        return
    state = state_of(file)
    text = f"{size_of(state.size)}, log {size_of(state.log_size)}, free pages {size_of(state.free)}: whole"
    if mode != "wal":
        text = f"journal mode {mode}: readers and writers wait for each other"
        yield warn("database", text, fix="keep the file on a disk of this machine, or use PostgreSQL")
    if state.log_size >= LARGE_LOG_BYTES:
        fix = "stop what reads for a long time, such as a copy under way; the log is then cut back within minutes"
        yield warn("database", text, fix=fix)
    elif state.free >= _MUCH_FREE and 2 * state.free >= state.size:
        yield warn("database", text, fix=f"stop the server and run: sqlite3 {file} VACUUM")
    else:
        yield ok("database", text)


def _damaged(what: str) -> Finding:
    return bad("database", f"the file is damaged: {what}", fix="stop the server and run `musubi restore` with a backup")

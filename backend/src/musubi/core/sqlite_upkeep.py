"""What a SQLite file wants done to it from time to time, and how it is doing.

Its write-ahead log is copied back into the file by whoever commits, as far as no reader still needs it. Under readers
that always overlap it never gets to the beginning again, and grows; that is mended here. So are the statistics that
the planner goes by, which SQLite keeps only when it is told to.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

LARGE_LOG_BYTES = 64 * 1024 * 1024
"""From here on the log is cut back to nothing. By itself SQLite keeps it at about 4 MiB."""
_PATIENCE_SECONDS = 0.25
"""How long anyone who writes may have to wait for us, and we for them."""
_ROWS_LOOKED_AT = 400
"""Of each index, by the advice of SQLite: enough to tell it from others, few enough to take no time."""


_ALL_TABLES = 0x10002


@dataclass(frozen=True, slots=True)
class FileState:
    """How a database file is doing; sizes in bytes."""

    size: int
    log_size: int
    free: int
    """Of `size`, what holds nothing: what comes next is written there."""
    journal_mode: str


@dataclass(frozen=True, slots=True)
class Shortened:
    """What was done."""

    log_size_before: int
    log_size: int
    is_whole: bool
    """Whether all of the log is in the file now; if not, somebody reads or writes, and it is done another time."""


def log_of(file: Path) -> Path:
    """The write-ahead log of a database."""
    return file.with_name(f"{file.name}-wal")


def state_of(file: Path) -> FileState:
    """Look at a database that may be in use. Raises sqlite3.Error."""
    with closing(sqlite3.connect(file, timeout=_PATIENCE_SECONDS)) as connection:
        page_size, free, pages = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_size", "freelist_count", "page_count")
        )
        mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    return FileState(pages * page_size, _size_of(log_of(file)), free * page_size, mode)


def refresh_statistics(file: Path) -> None:
    """Let the planner know how full the tables are, by a look at a few rows of each index. Raises sqlite3.Error."""
    with closing(sqlite3.connect(file, timeout=_PATIENCE_SECONDS, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA analysis_limit = {_ROWS_LOOKED_AT}")
        # Before 3.46 it only looks at tables that this connection has asked for something.
        looks_at_all = sqlite3.sqlite_version_info >= (3, 46)
        connection.execute(f"PRAGMA optimize = {_ALL_TABLES}" if looks_at_all else "ANALYZE")


def shorten_log(file: Path, *, large_log_bytes: int = LARGE_LOG_BYTES) -> Shortened:
    """Copy the log into a database that may be in use, and cut it back if it is large, without keeping anyone waiting.

    Raises sqlite3.Error when it can't be used at all.
    """
    before = _size_of(log_of(file))
    with closing(sqlite3.connect(file, timeout=_PATIENCE_SECONDS, isolation_level=None)) as connection:
        # Passive: as much as goes while others read and write.
        _, in_log, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        is_whole = in_log == copied
        if is_whole and before >= large_log_bytes:
            # It waits for whoever reads, and lets nobody write meanwhile; with all of it copied that is a moment.
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            is_whole = not busy
    return Shortened(before, _size_of(log_of(file)), is_whole)


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0

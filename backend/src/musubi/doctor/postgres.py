"""PostgreSQL: whether this server and this database are such as Musubi needs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from musubi.core.clock import utcnow
from musubi.core.types import AnyRow
from musubi.doctor.finding import Finding, bad, ok, warn
from musubi.settings import Settings

OLDEST = 15
_CLOCK_SECONDS = 2.0
_CLOCK_BROKEN_SECONDS = 30.0

_ASKED = text("""
    SELECT current_setting('server_version_num')::int AS version,
           current_setting('server_version') AS version_name,
           current_setting('max_connections')::int AS max_connections,
           current_setting('superuser_reserved_connections')::int AS reserved,
           clock_timestamp() AS now,
           pg_encoding_to_char(encoding) AS encoding, datctype AS locale,
           EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') AS has_trigrams
    FROM pg_database WHERE datname = current_database()
""")


async def look_at_postgres(settings: Settings) -> list[Finding]:
    """Version, search, locale, connections and clock."""
    engine = create_async_engine(settings.database, poolclass=NullPool, connect_args={"timeout": 10})
    try:
        async with engine.connect() as connection:
            before = utcnow()
            row = (await connection.execute(_ASKED)).one()
            ahead = _ahead(row.now, before, utcnow())
    except (DBAPIError, OSError, TimeoutError) as error:
        reason = str(error).splitlines()[0]
        return [bad("database", f"it can't be asked: {reason}", fix="see that its user may read its catalogue")]
    finally:
        await engine.dispose()
    return [*judge(row, settings), judge_clock(ahead)]


def judge(row: AnyRow | Any, settings: Settings) -> Iterator[Finding]:
    """What the server's answers mean. `row` has the columns that are asked for."""
    if row.version < OLDEST * 10_000:
        fix = f"update it to {OLDEST} or newer"
        yield bad("postgresql", f"version {row.version_name} is too old", fix=fix)
    else:
        yield ok("postgresql", f"version {row.version_name}")
    if not row.has_trigrams:
        yield bad("postgresql", "the extension pg_trgm isn't there: search needs it", fix="install postgresql-contrib")
    if row.encoding != "UTF8" or row.locale in ("C", "POSIX"):
        text = f"encoding {row.encoding}, locale {row.locale}: Japanese can't be searched"
        fix = "back up, make the database anew with ENCODING UTF8 and a locale such as C.UTF-8, and restore"
        yield bad("postgresql", text, fix=fix)
    yield _connections(row.max_connections - row.reserved, settings.database_pool_size)


def _connections(there: int, pool_size: int) -> Finding:
    # As many for reading as for changes, and one that migrates or looks, as we do now.
    processes = (there - 1) // (2 * pool_size)
    text = f"{there} connections, {2 * pool_size} for each process: enough for {processes}"
    fix = "raise max_connections, or lower MUSUBI_DATABASE_POOL_SIZE"
    if processes < 1:
        return bad("postgresql", text, fix=fix)
    if processes < 2:
        return warn("postgresql", f"{text}, and an update needs two for a moment", fix=fix)
    return ok("postgresql", f"{text} processes")


def _ahead(theirs: datetime, before: datetime, after: datetime) -> float:
    """By how many seconds the database's clock is ahead of ours; what the way takes counts for neither."""
    if theirs < before:
        return (theirs - before).total_seconds()
    return max((theirs - after).total_seconds(), 0.0)


def judge_clock(ahead: float) -> Finding:
    """Whether both clocks tell the same time."""
    text = f"this machine and the database are {abs(ahead):.1f} s apart"
    fix = "let both follow a time server (chrony, systemd-timesyncd)"
    if abs(ahead) >= _CLOCK_BROKEN_SECONDS:
        return bad("time", text, fix=fix)
    return warn("time", text, fix=fix) if abs(ahead) >= _CLOCK_SECONDS else ok("time", text)

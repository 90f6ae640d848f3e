"""The database: one engine, reading connections, and the transaction that a request gets.

Reads run as Core statements on a connection without a transaction of its own (those that most requests make, by
`core.queries`); changes run in one `AsyncSession` per request that is committed before the reply is sent. Nobody else
commits.
"""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import anyio
from fastapi import Depends
from pydantic_core import from_json
from sqlalchemy import URL, ExceptionContext, event, exc, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker, create_async_engine
from starlette.requests import HTTPConnection

from musubi.core import metrics
from musubi.core.measured_pool import MeasuredPool

if TYPE_CHECKING:
    from musubi.core.driver_pool import DriverPool

Write = Callable[[AsyncSession], Awaitable[None]]

_READING = "musubi_reading"
_OUTLIVING = "outlives_rollback"
_AFTER_COMMIT = "after_commit"

# In seconds: how long a request waits for one of the connections.
_POOL_TIMEOUT = 10.0

_LEAST_ROOM = 1024 * 1024
"""In bytes: with less, an embedded database soon refuses what is to be written."""

# Any number will do as long as nothing else in this database uses it for pg_advisory_xact_lock.
_ADVISORY_LOCKS = {"superusers": 7_305_001, "files": 7_305_002}


class Database:
    """One database and its pool. Embedded: a SQLite file; otherwise PostgreSQL."""

    def __init__(self, url: URL | str, *, pool_size: int = 20) -> None:
        """`pool_size` bounds the connections for changes, and on PostgreSQL those for queries as well."""
        url = make_url(url)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        connect_args: dict[str, Any] = (
            # How long a writer waits for the one before it.
            {"timeout": 10.0}
            if self.is_sqlite
            # jit: its planning costs more than our short statements ever win back.
            else {"timeout": 10, "server_settings": {"jit": "off", "application_name": "musubi"}}
        )
        self.engine = create_async_engine(
            url,
            poolclass=MeasuredPool,
            pool_size=pool_size,
            # Opening a connection for one request costs more than waiting for one that is open.
            max_overflow=0,
            pool_timeout=_POOL_TIMEOUT,
            connect_args=connect_args,
            # Errors and logged statements would show what people wrote, and the hashes of their passwords.
            hide_parameters=True,
            json_deserializer=from_json,
        )
        event.listen(self.engine.sync_engine, "handle_error", _note_error)
        self.driver_pool: DriverPool | None = None
        if self.is_sqlite:
            _configure_sqlite(self)
        else:
            event.listen(self.engine.sync_engine, "checkout", _refuse_closed_connection)
            self.driver_pool = _driver_pool(
                {**self.engine.dialect.create_connect_args(url)[1], **connect_args}, pool_size
            )
        self._reading_engine = self.engine.execution_options(
            **({_READING: True} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"})
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading; each statement sees what was committed before it."""
        async with self._reading_engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session that is committed at the end, or rolled back when the block raises."""
        async with self._sessions() as session:
            try:
                yield session
                await session.commit()
            except BaseException:
                # A client that hangs up must not keep the rollback, or what has to outlive it, from happening.
                with anyio.CancelScope(shield=True):
                    await session.rollback()
                    for write in session.info.pop(_OUTLIVING, ()):
                        async with self.transaction() as survivor:
                            await write(survivor)
                raise
        for callback in session.info.pop(_AFTER_COMMIT, ()):
            await callback()

    def announce(self, sql: str, arguments: Sequence[Any]) -> None:
        """Tell whoever listens to the statements that SQLAlchemy sends of one that goes around it."""
        for listener in self.engine.sync_engine.dispatch.before_cursor_execute:
            listener(None, None, sql, arguments, None, False)

    async def ping(self) -> None:
        """Ask the database for an answer; raises whatever its driver raises when there is none."""
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

    def pools(self) -> Iterator[tuple[str, int, int]]:
        """Of each pool its name, how many connections it may have, and how many are in use."""
        pool = self.engine.sync_engine.pool
        if isinstance(pool, MeasuredPool):
            yield "session", pool.size(), pool.checkedout()
        if self.driver_pool is not None:
            yield "driver", self.driver_pool.size, self.driver_pool.in_use

    @property
    def has_room(self) -> bool:
        """Whether the disk that an embedded database lies on has room for a change. Of a server's disk the server
        itself has to tell."""
        file = self.engine.url.database
        if not self.is_sqlite or file is None:
            return True
        return shutil.disk_usage(Path(file).parent).free >= _LEAST_ROOM

    async def dispose(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
        if self.driver_pool is not None:
            await self.driver_pool.close()


def outlive_rollback(session: AsyncSession, write: Write) -> None:
    """Run `write` in a transaction of its own if this one is rolled back.

    For what an error reply must not undo: the session that a stolen token ends is ended although the request
    that noticed it answers 401. Do the same change in `session` too when the request may also succeed.
    """
    session.info.setdefault(_OUTLIVING, []).append(write)


def after_commit(session: AsyncSession, callback: Callable[[], Awaitable[None]]) -> None:
    """Run `callback` once this transaction is committed. It is lost if the process dies in between, so it may only
    do what is harmless to lose, such as dropping a cached value that expires anyway."""
    session.info.setdefault(_AFTER_COMMIT, []).append(callback)


async def exclusive(session: AsyncSession, name: str, subject: int = 0) -> None:
    """Hold the lock `name`, of one `subject` if there are many, until the transaction ends, so that a rule over many
    rows can be checked and kept.

    SQLite needs none: its writing transactions already run one at a time.
    """
    if session.get_bind().dialect.name == "postgresql":
        # Two subjects that share the lower bits wait for each other, which is harmless.
        keys = {"key": _ADVISORY_LOCKS[name], "subject": subject & 0x7FFF_FFFF}
        await session.execute(text("SELECT pg_advisory_xact_lock(:key, :subject)"), keys)


# Classes of SQLSTATE: no connection, not let in, no such database, out of resources, deadlock, being shut down, disk.
_UNAVAILABLE_STATES = ("08", "28", "3D", "40", "53", "57", "58")


def is_unavailable(error: BaseException) -> bool:
    """Whether the database could not be asked at all (gone, full, locked), as opposed to asked wrongly."""
    if isinstance(error, exc.DBAPIError):
        lost = error.connection_invalidated or isinstance(error, exc.OperationalError | exc.InterfaceError)
        return lost or _has_unavailable_state(error.orig)
    # What a query of `core.queries` raises is the driver's own.
    return isinstance(error, exc.TimeoutError | ConnectionError | TimeoutError) or _has_unavailable_state(error)


def _has_unavailable_state(error: BaseException | None) -> bool:
    return (getattr(error, "sqlstate", None) or "").startswith(_UNAVAILABLE_STATES)


def note_failure(error: Exception) -> None:
    """Count a statement that failed."""
    is_conflict = isinstance(error, exc.IntegrityError) or (getattr(error, "sqlstate", None) or "").startswith("23")
    kind = "conflict" if is_conflict else "unavailable" if is_unavailable(error) else "other"
    metrics.database_failures.labels(kind).inc()


def _note_error(context: ExceptionContext) -> None:
    error = context.sqlalchemy_exception or context.original_exception
    # The pool has told of a connection that could not be had.
    if context.connection is not None and isinstance(error, Exception):
        note_failure(error)


def _driver_pool(arguments: dict[str, Any], size: int) -> "DriverPool":
    # Only where it is needed: loading the driver takes a while.
    from musubi.core.driver_pool import DriverPool

    return DriverPool(arguments, size=size, timeout=_POOL_TIMEOUT)


def _configure_sqlite(database: Database) -> None:
    @event.listens_for(database.engine.sync_engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        # The driver would begin transactions by itself, and later than we want.
        connection.isolation_level = None
        cursor: sqlite3.Cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(database.engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        # A deferred transaction that turns writer fails at once when another one wrote meanwhile; an immediate
        # one waits for its turn. Reading begins none at all: inside one, SQLite would go on showing what the first
        # statement saw.
        if not connection.get_execution_options().get(_READING):
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def _refuse_closed_connection(connection: Any, _record: object, _proxy: object) -> None:
    # Costs no round trip, unlike a ping: asyncpg already knows that the server has hung up.
    if connection.driver_connection.is_closed():
        raise exc.DisconnectionError


def database_of(connection: HTTPConnection) -> Database:
    """The application's database."""
    return connection.app.state.database  # type: ignore[no-any-return]


async def _session(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
    async with database_of(connection).transaction() as session:
        yield session


async def _reader(connection: HTTPConnection) -> AsyncIterator[AsyncConnection]:
    async with database_of(connection).reading() as reader:
        yield reader


# scope="function": both end before the reply is sent. With FastAPI's default they would end after it, and a client
# could be told 201 for a row that then fails to commit.
SessionDep = Annotated[AsyncSession, Depends(_session, scope="function")]
ReaderDep = Annotated[AsyncConnection, Depends(_reader, scope="function")]

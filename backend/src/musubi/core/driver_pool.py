"""PostgreSQL without SQLAlchemy in between, for the reads that `core.queries` makes on most requests."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from pydantic_core import from_json, to_json

from musubi.core.database import note_failure
from musubi.core.measured_pool import waiting


class DriverPool:
    """Up to `size` connections, opened as they are needed; each statement is a transaction of its own.

    asyncpg has a pool, which makes a task to give a connection back, and a timer to get one. That is half as much
    again as the statement costs.
    """

    def __init__(self, arguments: Mapping[str, Any], *, size: int, timeout: float) -> None:
        """`arguments` are those of `asyncpg.connect`, as SQLAlchemy takes them from a URL; `timeout`, in seconds, is
        how long a statement waits for a connection."""
        self._arguments = dict(arguments)
        cache_size = self._arguments.pop("prepared_statement_cache_size", None)
        if cache_size is not None:
            self._arguments["statement_cache_size"] = cache_size
        self._timeout = timeout
        self.size = size
        self.in_use = 0
        self._places = asyncio.Semaphore(size)
        self._idle: list[Any] = []

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> list[Any]:
        """The rows that a SELECT gives. Raises TimeoutError, OSError, or the driver's own errors."""
        if self._places.locked():
            with waiting("driver"):
                async with asyncio.timeout(self._timeout):
                    await self._places.acquire()
        else:
            await self._places.acquire()
        self.in_use += 1
        try:
            return await self._fetch(sql, arguments)
        except Exception as error:
            note_failure(error)
            raise
        finally:
            self.in_use -= 1
            self._places.release()

    async def close(self) -> None:
        """Close the connections. None may be in use."""
        while self._idle:
            await self._idle.pop().close()

    async def _fetch(self, sql: str, arguments: Sequence[Any]) -> list[Any]:
        connection = await self._connection()
        try:
            rows: list[Any] = await connection.fetch(sql, *arguments)
        except BaseException:
            # An answer may still be under way, which the next statement must not get.
            connection.terminate()
            raise
        self._idle.append(connection)
        return rows

    async def _connection(self) -> Any:
        while self._idle:
            connection = self._idle.pop()
            # It knows when the server has hung up.
            if not connection.is_closed():
                return connection
        connection = await asyncpg.connect(**self._arguments)
        for kind in ("json", "jsonb"):
            await connection.set_type_codec(kind, schema="pg_catalog", encoder=to_json, decoder=from_json)
        return connection

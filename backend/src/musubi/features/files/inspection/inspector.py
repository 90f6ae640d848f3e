"""The interface of inspection."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pebble import ProcessExpired

from musubi.adapters.inspection.verdict import Inspected, Reason, Refused
from musubi.adapters.inspection.worker import look
from musubi.core import metrics
from musubi.features.files.inspection.pool import Broken, Pool
from musubi.features.files.types import FileType

__all__ = ["Inspected", "Inspector", "Reason", "Refused", "TooBusy"]

_WAITING_PER_WORKER = 16
"""Some seconds of work."""
_END_SECONDS = 10.0
"""How long the processes may take to end before the server ends without seeing it."""


class TooBusy(Exception):
    """More files wait to be looked at than may, or nothing can look at any now."""


@contextmanager
def _counted() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        metrics.inspections.labels(refused.reason.value).inc()
        raise
    except TooBusy:
        metrics.inspections.labels("busy").inc()
        raise
    metrics.inspections.labels("good").inc()


class Inspector:
    """Looks into files in worker processes; they start with the first file."""

    def __init__(self, *, workers: int, memory_mib: int, seconds: float) -> None:
        """`workers`: how many files are looked at at once; each may use `memory_mib` more than its process starts with,
        and take `seconds`."""
        self._workers = workers
        self._memory_mib = memory_mib
        self._seconds = seconds
        self._free = asyncio.Semaphore(workers)
        self._present = 0
        self._pool: Pool | None = None
        self._is_closed = False

    async def inspect(self, path: Path, file_type: FileType) -> Inspected:
        """Whether what is in the file `path` is of this type, and what of it is worth knowing.

        Raises Refused, TooBusy.
        """
        with metrics.timed(metrics.inspection_duration), _counted():
            return await self._wait_and_look(path, file_type)

    async def close(self) -> None:
        """End the processes."""
        self._is_closed = True
        if self._pool is not None:
            await asyncio.wait([self._pool.end()], timeout=_END_SECONDS)
            self._pool = None

    async def _wait_and_look(self, path: Path, file_type: FileType) -> Inspected:
        if self._present >= self._workers * (1 + _WAITING_PER_WORKER):
            raise TooBusy
        self._present += 1
        try:
            async with self._free:
                return await self._look(path, file_type)
        finally:
            self._present -= 1

    async def _look(self, path: Path, file_type: FileType) -> Inspected:
        """In new processes when the old ones broke while they had nothing to do, or over another file."""
        try:
            return await self._look_once(path, file_type)
        except Broken:
            pass
        try:
            return await self._look_once(path, file_type)
        except Broken as error:
            raise TooBusy from error

    async def _look_once(self, path: Path, file_type: FileType) -> Inspected:
        if self._is_closed:
            raise TooBusy
        if self._pool is None:
            self._pool = Pool(workers=self._workers, memory_mib=self._memory_mib)
        pool = self._pool
        try:
            return await pool.run(self._seconds, look, path, file_type.content_type, self._seconds)
        except (TimeoutError, MemoryError, ProcessExpired) as error:
            raise Refused(Reason.TOO_EXPENSIVE) from error
        except Broken:
            if self._pool is pool:
                self._pool = None
                pool.end()
            raise

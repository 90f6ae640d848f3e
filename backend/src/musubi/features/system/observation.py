"""What nobody passes by and so has to be looked at: pools, rooms, the queue, the disk, the process itself."""

import asyncio
import os
import resource
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog
from fastapi import FastAPI

from musubi import __version__
from musubi.core import metrics
from musubi.core.clock import utcnow
from musubi.core.database import Database, is_unavailable
from musubi.core.last_backup import last_backup
from musubi.features.system import repository
from musubi.features.system.health import failing_part
from musubi.settings import Settings

log = structlog.get_logger("musubi.metrics")

_EVERY_SECONDS = 5.0
_SHARED_EVERY = 3
"""So many times as rarely: what is the same for all processes, each of which asks for it."""


@asynccontextmanager
async def observing(app: FastAPI) -> AsyncIterator[None]:
    """A block during which this is looked after, if the settings say that somebody wants to know."""
    settings: Settings = app.state.settings
    if settings.metrics_port is None:
        yield
        return
    task = asyncio.create_task(Observation(app).go_on())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Observation:
    """Of one application, in its process."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._cpu_seconds = 0.0

    async def go_on(self) -> None:
        """Look every few seconds, until cancelled."""
        metrics.build_info.labels(__version__).set(1)
        metrics.processes.set(1)
        loop = asyncio.get_running_loop()
        rounds = 0
        while True:
            await self._attempt(is_shared_due=rounds % _SHARED_EVERY == 0)
            rounds += 1
            due = loop.time() + _EVERY_SECONDS
            await asyncio.sleep(_EVERY_SECONDS)
            metrics.loop_lag.set(max(loop.time() - due, 0))

    async def look(self) -> None:
        """At everything, once. Raises what asking the database raises."""
        await self._look_here()
        await self._look_at_the_installation()

    async def _attempt(self, *, is_shared_due: bool) -> None:
        try:
            await self._look_here()
            if is_shared_due:
                await self._look_at_the_installation()
        except Exception as error:
            # It comes round again.
            if not is_unavailable(error):
                log.exception("what is measured could not be looked at")

    async def _look_here(self) -> None:
        state = self._app.state
        self._look_at_the_process()
        database: Database = state.database
        for name, size, in_use in database.pools():
            metrics.pool_size.labels(name).set(size)
            metrics.pool_in_use.labels(name).set(in_use)
        metrics.live_rooms.set(len(state.rooms.streams))
        metrics.bus_connected.set(state.bus.is_healthy)
        metrics.ready.set(await failing_part(self._app) is None)

    async def _look_at_the_installation(self) -> None:
        now = utcnow()
        database: Database = self._app.state.database
        async with database.reading() as reader:
            jobs = await repository.count_jobs(reader, now)
            outbox = await repository.count_outbox(reader)
        for state in ("waiting", "running", "dead"):
            metrics.jobs.labels(state).set(getattr(jobs, state))
        metrics.jobs_oldest.set(0 if jobs.oldest is None else (now - jobs.oldest).total_seconds())
        metrics.outbox_messages.set(outbox.messages)
        metrics.outbox_oldest.set(0 if outbox.oldest is None else max((now - outbox.oldest).total_seconds(), 0))
        settings: Settings = self._app.state.settings
        disk = shutil.disk_usage(settings.data_dir)
        metrics.data_free_bytes.set(disk.free)
        metrics.data_size_bytes.set(disk.total)
        backup = last_backup(settings.data_dir)
        metrics.backup_success.set(0 if backup is None else backup.finished_at.timestamp())

    def _look_at_the_process(self) -> None:
        spent = time.process_time()
        metrics.cpu_seconds.inc(spent - self._cpu_seconds)
        self._cpu_seconds = spent
        metrics.open_files_limit.set(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        # Where the kernel tells, which is Linux.
        with suppress(FileNotFoundError):
            metrics.resident_bytes.set(int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
            metrics.open_files.set(sum(1 for _ in _DESCRIPTORS.iterdir()))


_STATM = Path("/proc/self/statm")
_DESCRIPTORS = Path("/proc/self/fd")

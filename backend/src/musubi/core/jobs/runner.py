"""Takes what is due, and has it done by so many at once."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import structlog

from musubi.core.database import is_unavailable
from musubi.core.jobs.queue import Claim, Queue
from musubi.core.jobs.schedules import Schedules

log = structlog.get_logger("musubi.jobs")

# All in seconds.
_LONGEST_PAUSE = 30.0
_SCHEDULES_EVERY = 3600.0
_CANCEL_PATIENCE = 10.0


class Runner:
    """The tasks of one process."""

    def __init__(
        self,
        queue: Queue,
        schedules: Schedules,
        run: Callable[[Claim], Awaitable[object]],
        *,
        workers: int,
        poll_seconds: float,
    ) -> None:
        self._queue = queue
        self._schedules = schedules
        self._run = run
        self._workers = workers
        self._poll_seconds = poll_seconds
        self._wake = asyncio.Event()
        self._stopping = False
        self._looking: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._schedules_due = 0.0
        self._failures = 0

    def start(self) -> None:
        """Begin to look for jobs. Must be called in the event loop."""
        if self._workers:
            self._looking = asyncio.create_task(self._look())

    def wake(self) -> None:
        """Look now instead of at the next poll."""
        self._wake.set()

    async def stop(self, grace_seconds: float) -> None:
        """Take nothing more, let what runs finish for so long, and give the rest back."""
        self._stopping = True
        self.wake()
        if self._looking is not None:
            await _end({self._looking}, grace_seconds)
        await _end(self._running, grace_seconds)

    async def _look(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                await self._keep_schedules()
                await self._take()
            except Exception as error:
                self._note_failure(error)
            else:
                self._note_success()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._wake.wait()

    async def _keep_schedules(self) -> None:
        if time.monotonic() >= self._schedules_due:
            await self._schedules.keep()
            self._schedules_due = time.monotonic() + _SCHEDULES_EVERY

    async def _take(self) -> None:
        """As many as there are places free. The next place that becomes free asks again, so once is enough."""
        free = self._workers - len(self._running)
        for claim in await self._queue.claim(free) if free else ():
            task = asyncio.create_task(self._do(claim))
            self._running.add(task)
            task.add_done_callback(self._done)

    async def _do(self, claim: Claim) -> None:
        await self._run(claim)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("job could not be run", exc_info=error)
        # There is a place free.
        self.wake()

    def _pause(self) -> float:
        longer = self._poll_seconds * 2.0 ** min(self._failures, 10)
        return min(longer, max(self._poll_seconds, _LONGEST_PAUSE))

    def _note_failure(self, error: Exception) -> None:
        """One line for each outage; what is none is a fault of ours, and told with its traceback."""
        self._failures += 1
        if not is_unavailable(error):
            log.error("jobs can't be looked for", exc_info=error)
        elif self._failures == 1:
            log.warning("jobs wait for the database", reason=type(error).__name__)

    def _note_success(self) -> None:
        if self._failures:
            log.info("jobs go on")
        self._failures = 0


async def _end(tasks: set[asyncio.Task[None]], patience: float) -> None:
    """Wait for the tasks, then cancel those that are left and wait for what they do about it."""
    if tasks:
        _, left = await asyncio.wait(tasks, timeout=patience)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=_CANCEL_PATIENCE)

"""One job, from when it was taken to when what came of it is written down."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from enum import Enum, auto
from functools import partial
from random import uniform

import structlog
from fastapi import FastAPI

from musubi.core import context, metrics
from musubi.core.database import is_unavailable
from musubi.core.jobs.kinds import AnyKind, Discard, JobKind, Periodic
from musubi.core.jobs.models import MAX_ERROR_LENGTH
from musubi.core.jobs.queue import Claim, Queue
from musubi.core.jobs.schedules import until_next
from musubi.core.logging import blank_credentials
from musubi.core.reporting import report

log = structlog.get_logger("musubi.jobs")

_FIRST_DELAY = timedelta(seconds=10)
_LONGEST_DELAY = timedelta(hours=3)
# In seconds: how long a handler that was cancelled may still clean up.
_CLEAN_UP_SECONDS = 5.0
# In seconds, and doubling: how long to wait before what came of a job is written down again.
_FIRST_PAUSE_SECONDS = 0.5


class _Cut(Enum):
    """Why a handler was not let finish."""

    TIMEOUT = auto()
    LEASE_LOST = auto()
    STOPPING = auto()


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after so many attempts: anything up to a bound that triples, so that jobs that failed
    together are not tried again together."""
    # The exponent is bounded because a periodic job may fail for years.
    bound = min(_FIRST_DELAY * 3.0 ** min(attempts - 1, 12), _LONGEST_DELAY)
    return bound * uniform(0, 1)  # noqa: S311 - nothing to guess


class Execution:
    """Runs what a claim asks for, and keeps its lease meanwhile."""

    def __init__(self, app: FastAPI, queue: Queue, kinds: Mapping[str, AnyKind]) -> None:
        self._app = app
        self._queue = queue
        self._kinds = kinds

    async def run(self, claim: Claim) -> BaseException | None:
        """To be the whole of a task. Cancelled, it cancels the handler and gives the job back.

        Returns what the job failed with; None when it was done, or isn't ours any more.
        """
        context.request_id.set(claim.request_id)
        context.locale.set(claim.locale)
        context.actor_id.set(None)
        structlog.contextvars.bind_contextvars(job=claim.kind, job_id=claim.id)
        kind = self._kinds[claim.kind]
        if isinstance(kind, JobKind) and claim.attempts > kind.max_attempts:
            # Nobody was left to say what came of the last attempt.
            log.error("job is dead", attempts=claim.attempts - 1, reason="its process ended")
            metrics.job_runs.labels(claim.kind, "dead").inc()
            error = ChildProcessError("The process ended before the job did")
            self._report(claim, error)
            await self._settle(partial(self._queue.bury, claim, str(error)))
            return error
        over = asyncio.Event()
        handler = asyncio.create_task(self._handle(kind, claim))
        renewal = asyncio.create_task(self._keep_lease(claim, over))
        try:
            with metrics.timed(metrics.job_duration.labels(claim.kind)):
                cut = await self._watch(kind, handler, renewal)
            return await self._record(kind, claim, handler, cut)
        finally:
            over.set()
            await renewal

    async def _handle(self, kind: AnyKind, claim: Claim) -> None:
        started = time.perf_counter()
        if isinstance(kind, Periodic):
            await kind.handler(self._app)
        else:
            await kind.handler(self._app, claim.payload)
        log.info("job done", attempts=claim.attempts, duration_ms=round((time.perf_counter() - started) * 1000, 1))

    async def _watch(self, kind: AnyKind, handler: asyncio.Task[None], renewal: asyncio.Task[None]) -> _Cut | None:
        """Wait for the handler, and cancel it when it may not go on; None when it came to an end by itself."""
        tasks = {handler, renewal}
        try:
            await asyncio.wait(tasks, timeout=kind.timeout.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
            if handler.done():
                return None
            cut = _Cut.LEASE_LOST if renewal.done() else _Cut.TIMEOUT
        except asyncio.CancelledError:
            cut = _Cut.STOPPING
        handler.cancel()
        await asyncio.wait({handler}, timeout=_CLEAN_UP_SECONDS)
        if not handler.done():
            log.error("job goes on although it was cancelled")
        return cut

    async def _record(
        self, kind: AnyKind, claim: Claim, handler: asyncio.Task[None], cut: _Cut | None
    ) -> BaseException | None:
        error: BaseException | None
        if not handler.done() or handler.cancelled():
            error = asyncio.CancelledError("cancelled")
        else:
            error = handler.exception()
        metrics.job_runs.labels(claim.kind, _outcome(kind, claim, error, cut)).inc()
        if error is None:
            await self._settle(self._success(kind, claim))
        elif cut is _Cut.LEASE_LOST:
            log.warning("job was taken over by another process")
        elif cut is _Cut.STOPPING:
            log.info("job is given back")
            await self._settle(partial(self._queue.give_back, claim), patient=False)
        else:
            if cut is _Cut.TIMEOUT:
                error = TimeoutError(f"not done after {kind.timeout.total_seconds():g} seconds")
            await self._settle(self._failure(kind, claim, error))
            return error
        return None

    def _success(self, kind: AnyKind, claim: Claim) -> Callable[[], Awaitable[bool]]:
        if isinstance(kind, Periodic):
            return partial(self._queue.reschedule, claim, until_next(kind))
        return partial(self._queue.finish, claim)

    def _failure(self, kind: AnyKind, claim: Claim, error: BaseException) -> Callable[[], Awaitable[bool]]:
        line = _one_line(error)
        delay = retry_delay(claim.attempts)
        if isinstance(kind, Periodic):
            log.error("periodic job failed", attempts=claim.attempts, exc_info=error)
            if not is_unavailable(error):
                self._report(claim, error)
            return partial(self._queue.postpone, claim, min(delay, kind.every), line)
        if _is_last(kind, claim, error):
            log.error("job is dead", attempts=claim.attempts, exc_info=error)
            self._report(claim, error)
            return partial(self._queue.bury, claim, line)
        log.warning("job failed", attempts=claim.attempts, exc_info=error)
        return partial(self._queue.postpone, claim, delay, line)

    def _report(self, claim: Claim, error: BaseException) -> None:
        report(self._app, error, where=f"job {claim.kind}", job_id=claim.id, attempts=claim.attempts)

    async def _settle(self, write: Callable[[], Awaitable[bool]], *, patient: bool = True) -> None:
        """Write down what came of it. While the database is away this is tried for as long as a lease lasts; after
        that the job runs again."""
        give_up = time.monotonic() + (self._queue.lease.total_seconds() if patient else 0)
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                if not await write():
                    log.warning("job was taken over by another process")
            except Exception as error:
                if not is_unavailable(error) or time.monotonic() + pause > give_up:
                    log.exception("what came of a job could not be kept; it will run again")
                    return
            else:
                return
            await asyncio.sleep(pause)
            pause *= 2

    async def _keep_lease(self, claim: Claim, over: asyncio.Event) -> None:
        """Renew the lease until the job is over; returns before that only when the lease is another's."""
        interval = self._queue.lease.total_seconds() / 3
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(interval):
                    await over.wait()
                return
            try:
                if not await self._queue.renew(claim):
                    return
            except Exception as error:
                # As long as nobody has taken the job it is ours, however late we are.
                log.warning("lease could not be renewed", reason=_one_line(error))


def _is_last(kind: AnyKind, claim: Claim, error: BaseException) -> bool:
    """Whether the job is dead after this failure."""
    return isinstance(kind, JobKind) and (isinstance(error, Discard) or claim.attempts >= kind.max_attempts)


def _outcome(kind: AnyKind, claim: Claim, error: BaseException | None, cut: _Cut | None) -> str:
    """What became of an attempt, as `metrics.job_runs` calls it."""
    if error is None:
        return "done"
    if cut is _Cut.LEASE_LOST:
        return "lost"
    if cut is _Cut.STOPPING:
        return "given_back"
    if _is_last(kind, claim, error):
        return "dead"
    return "timeout" if cut is _Cut.TIMEOUT else "failed"


def _one_line(error: BaseException) -> str:
    """What is kept of an error: its class and the first line of its text, without what looks like a credential and
    without what no database takes for text."""
    text = next((line for line in str(error).splitlines() if line.strip()), "")
    line = text if isinstance(error, Discard) and text else f"{type(error).__name__}: {text}".removesuffix(": ")
    storable = line.replace("\0", "").encode(errors="replace").decode()
    return blank_credentials(storable)[:MAX_ERROR_LENGTH]

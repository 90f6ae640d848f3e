"""What the application has of jobs: putting one into a transaction, and running what is due."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core import context
from musubi.core.clock import utcnow
from musubi.core.database import after_commit
from musubi.core.jobs.execution import Execution
from musubi.core.jobs.kinds import AnyKind, JobKind, Periodic
from musubi.core.jobs.models import Job
from musubi.core.jobs.queue import Claim, Queue
from musubi.core.jobs.runner import Runner
from musubi.core.jobs.schedules import Schedules

LEASE = timedelta(seconds=30)
"""How long a job stays with a process that doesn't renew its lease, because it died."""


class Jobs:
    """The jobs of an application, which every process of it works on."""

    def __init__(
        self,
        app: FastAPI,
        kinds: Iterable[AnyKind],
        *,
        workers: int,
        poll_seconds: float = 1.0,
        grace_seconds: float = 5.0,
        lease: timedelta = LEASE,
    ) -> None:
        """`workers`: how many run at once in this process, 0 for none. It looks for new ones every `poll_seconds`,
        and gives those that run `grace_seconds` to finish when it stops.

        Raises RuntimeError when two kinds have one name.
        """
        self._kinds: dict[str, AnyKind] = {}
        for kind in kinds:
            if kind.name in self._kinds:
                raise RuntimeError(f"two kinds of jobs are named {kind.name}")
            self._kinds[kind.name] = kind
        database = app.state.database
        periodics = [kind for kind in self._kinds.values() if isinstance(kind, Periodic)]
        self._grace_seconds = grace_seconds
        self._queue = Queue(database, self._kinds, lease)
        self._schedules = Schedules(database, periodics)
        self._execution = Execution(app, self._queue, self._kinds)
        self._runner = Runner(
            self._queue,
            self._schedules,
            # Looked up each time: traces put something around it later.
            lambda claim: self.execute(claim),  # noqa: PLW0108
            workers=workers,
            poll_seconds=poll_seconds,
        )

    async def enqueue(
        self, session: AsyncSession, kind: JobKind, payload: dict[str, Any], *, not_before: datetime | None = None
    ) -> None:
        """Have `kind` done once this transaction is committed, and not before that moment; not at all if it isn't.

        `payload` is what JSON can hold. Put ids there, and nothing secret: rows are read by operators and lie in
        every copy of the database. Raises LookupError when no feature lists the kind.
        """
        if self._kinds.get(kind.name) is not kind:
            raise LookupError(f"no feature lists the job {kind.name}")
        now = utcnow()
        session.add(
            Job(
                kind=kind.name,
                payload=payload,
                due_at=max(now, not_before or now),
                created_at=now,
                request_id=context.request_id.get(),
                locale=context.locale.get(),
            )
        )
        after_commit(session, self.woken)

    def start(self) -> None:
        """Begin to work, in the running event loop."""
        self._runner.start()

    async def stop(self) -> None:
        """Take nothing more, and return once nothing runs here any more."""
        await self._runner.stop(self._grace_seconds)

    async def execute(self, claim: Claim) -> BaseException | None:
        """Run one job, in a task of its own; what it failed with, None when it was done or is another's by now."""
        return await self._execution.run(claim)

    async def woken(self) -> None:
        """Look for what is due now instead of at the next poll; a callback for `after_commit`."""
        self._runner.wake()

    async def drain(self) -> int:
        """Do everything that is due, one after another, until nothing is; returns how many were done or tried.

        For tests and commands, in processes that run no jobs by themselves.
        """
        await self._schedules.keep()
        count = 0
        while claims := await self._queue.claim(1):
            for claim in claims:
                # A task of its own: it leaves the job's request id and language in its context.
                await asyncio.create_task(self.execute(claim))
                count += 1
        return count

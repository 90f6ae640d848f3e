"""The SQL by which processes share the work: a job is taken on a lease, and only who holds the lease may settle it.

Taking a job moves `due_at` to when the lease ends, as Amazon's SQS does with its visibility timeout. So a job whose
process died is simply due again, and nobody has to look for it.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select, update

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.jobs.models import Job


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in the hands of this process."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempts: int
    """How often it was taken, this time included."""
    lease: str
    request_id: str | None
    locale: str

    def is_still_ours(self) -> ColumnElement[bool]:
        """Another process that took the job when the lease had run out has put a lease of its own there."""
        return and_(Job.id == self.id, Job.lease == self.lease)


_CLAIMED = (Job.id, Job.kind, Job.payload, Job.attempts, Job.lease, Job.request_id, Job.locale)


class Queue:
    """The jobs of the kinds that this process knows; those of others are left to newer versions of the code.

    What settles a claim returns whether it still was ours; if not, nothing was changed.
    """

    def __init__(self, database: Database, kinds: Collection[str], lease: timedelta) -> None:
        self._database = database
        self.lease = lease
        self._is_ours = and_(Job.dead_at.is_(None), Job.kind.in_(sorted(kinds)))

    async def claim(self, limit: int) -> list[Claim]:
        """Take up to `limit` jobs that are due, those that have waited longest."""
        # Looking first costs an idle process one indexed read; taking costs SQLite its only write lock.
        due = and_(self._is_ours, Job.due_at <= utcnow())
        async with self._database.reading() as reader:
            if await reader.scalar(select(Job.id).where(due).limit(1)) is None:
                return []
        # A common table expression, because PostgreSQL may run a plain subquery, and lock, more than once.
        chosen = (
            select(Job.id).where(due).order_by(Job.due_at).limit(limit).with_for_update(skip_locked=True).cte("chosen")
        )
        take = (
            update(Job)
            .where(Job.id.in_(select(chosen.c.id)))
            .values(due_at=utcnow() + self.lease, lease=secrets.token_hex(16), attempts=Job.attempts + 1)
            .returning(*_CLAIMED)
        )
        async with self._database.transaction() as session:
            rows = (await session.execute(take, execution_options={"synchronize_session": False})).all()
        return [Claim(*row) for row in rows]

    async def renew(self, claim: Claim) -> bool:
        """Begin the lease anew."""
        return await self._change(claim, {"due_at": utcnow() + self.lease})

    async def finish(self, claim: Claim) -> bool:
        """It is done."""
        async with self._database.transaction() as session:
            done = delete(Job).where(claim.is_still_ours()).returning(Job.id)
            return await session.scalar(done, execution_options={"synchronize_session": False}) is not None

    async def reschedule(self, claim: Claim, delay: timedelta) -> bool:
        """It is done, and is to be done again after `delay`."""
        return await self._change(claim, {"due_at": utcnow() + delay, "lease": None, "attempts": 0, "last_error": None})

    async def postpone(self, claim: Claim, delay: timedelta, error: str) -> bool:
        """It failed, and is to be tried again after `delay`."""
        return await self._change(claim, {"due_at": utcnow() + delay, "lease": None, "last_error": error})

    async def bury(self, claim: Claim, error: str) -> bool:
        """It failed for good."""
        return await self._change(claim, {"dead_at": utcnow(), "lease": None, "last_error": error})

    async def give_back(self, claim: Claim) -> bool:
        """Let another process take it at once; this attempt doesn't count."""
        return await self._change(claim, {"due_at": utcnow(), "lease": None, "attempts": Job.attempts - 1})

    async def _change(self, claim: Claim, values: Mapping[str, Any]) -> bool:
        async with self._database.transaction() as session:
            change = update(Job).where(claim.is_still_ours()).values(values).returning(Job.id)
            return await session.scalar(change, execution_options={"synchronize_session": False}) is not None

"""The rows of periodic jobs: each has one, which is never taken away as long as someone runs it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import uniform

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.jobs.kinds import Periodic
from musubi.core.jobs.models import Job

# By how much the time between two runs may differ, so that what began together doesn't stay together.
_JITTER = 0.05
# While versions change, a process of the old one may still run what this one doesn't know. Nobody has for a day: it is
# a leftover. Should the old version come back, it puts its row there again.
_ABANDONED_AFTER = timedelta(days=1)


def until_next(periodic: Periodic) -> timedelta:
    """How long after a run the next one is due."""
    return periodic.every * uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - nothing to guess


class Schedules:
    """Keeps the rows in accord with the code."""

    def __init__(self, database: Database, periodics: Iterable[Periodic]) -> None:
        self._database = database
        self._periodics = {periodic.name: periodic for periodic in periodics}

    async def keep(self) -> None:
        """Make the rows that are missing, bring forward what the code now wants sooner, drop what is abandoned.

        Any number of processes may do it at once. It only reads when all is well.
        """
        now = utcnow()
        statement = select(Job.schedule, Job.due_at).where(Job.schedule.is_not(None))
        async with self._database.reading() as reader:
            rows: dict[str, datetime] = {row.schedule: row.due_at for row in await reader.execute(statement)}
        missing = [periodic for name, periodic in self._periodics.items() if name not in rows]
        late = [
            periodic
            for name, periodic in self._periodics.items()
            if name in rows and rows[name] > now + periodic.every * (1 + _JITTER)
        ]
        abandoned = [
            name for name, due_at in rows.items() if name not in self._periodics and due_at < now - _ABANDONED_AFTER
        ]
        if missing or late or abandoned:
            await self._change(now, missing, late, abandoned)

    async def _change(self, now: datetime, missing: list[Periodic], late: list[Periodic], abandoned: list[str]) -> None:
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        async with self._database.transaction() as session:
            if missing:
                rows = [
                    {
                        "kind": periodic.name,
                        "schedule": periodic.name,
                        "payload": {},
                        "due_at": now + periodic.every,
                        "attempts": 0,
                        "created_at": now,
                        "locale": "en",
                    }
                    for periodic in missing
                ]
                await session.execute(insert(Job).values(rows).on_conflict_do_nothing())
            for periodic in late:
                sooner = update(Job).where(Job.schedule == periodic.name, Job.lease.is_(None))
                await session.execute(sooner.values(due_at=now + periodic.every))
            gone = delete(Job).where(Job.schedule.in_(abandoned), Job.due_at < now - _ABANDONED_AFTER)
            await session.execute(gone)

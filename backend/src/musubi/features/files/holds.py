"""Holding back the removal of bytes while a backup reads them.

A backup has its rows from one moment, and reads the bytes that they name afterwards. What is deleted meanwhile loses
its row at once and its bytes by a job. So the backup puts a row of its own among the jobs before that moment, and as
long as it is there no bytes are removed. The row is due when the hold ends by itself: a backup that lives moves that
on, and one that was killed leaves a job that does nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import anyio
import structlog
from fastapi import FastAPI
from sqlalchemy import delete, func, insert, select, update

from musubi.core.clock import utcnow
from musubi.core.database import Database, is_unavailable
from musubi.core.jobs import Job, JobKind

log = structlog.get_logger("musubi.files")

LASTS = timedelta(minutes=2)
"""How long a hold lasts that nobody renews."""


class HoldLost(Exception):
    """The hold was not renewed in time, or somebody took it away: bytes may have been removed since."""


async def _end(_app: FastAPI, _payload: dict[str, Any]) -> None:
    log.warning("a backup did not finish: bytes are removed again")


HOLD_REMOVALS = JobKind("files.hold_removals", _end)
"""Nothing is to be done: that the row is due, and goes, is all."""


async def held_until(database: Database) -> datetime | None:
    """Until when no bytes may be removed, unless that is moved on; None when they may be."""
    statement = select(func.max(Job.due_at)).where(Job.kind == HOLD_REMOVALS.name, Job.due_at > utcnow())
    async with database.reading() as reader:
        until: datetime | None = await reader.scalar(statement)
    return until


class Hold:
    """A hold of this process."""

    def __init__(self, database: Database, job_id: int) -> None:
        self._database = database
        self._job_id = job_id

    async def renew(self) -> None:
        """Begin it anew. Raises HoldLost, and what the database raises."""
        async with self._database.transaction() as session:
            mine = (Job.id == self._job_id, Job.lease.is_(None), Job.due_at > utcnow())
            change = update(Job).where(*mine).values(due_at=utcnow() + LASTS).returning(Job.id)
            if await session.scalar(change, execution_options={"synchronize_session": False}) is None:
                raise HoldLost

    async def keep(self) -> None:
        """Renew it again and again, until cancelled. A database that is away for a moment is no reason to end."""
        while True:
            await asyncio.sleep(LASTS.total_seconds() / 6)
            try:
                await self.renew()
            except Exception as error:
                if not is_unavailable(error):
                    raise


@asynccontextmanager
async def removals_held(database: Database) -> AsyncIterator[Hold]:
    """A block while which no bytes are removed that a row named when it began.

    Whoever relies on it renews it once more at the end, and so learns whether it held. Raises what the database
    raises.
    """
    now = utcnow()
    row = {
        "kind": HOLD_REMOVALS.name, "payload": {}, "due_at": now + LASTS, "attempts": 0, "created_at": now,
        "locale": "en",
    }  # fmt: skip
    async with database.transaction() as session:
        job_id = (await session.execute(insert(Job).values(row).returning(Job.id))).scalar_one()
    hold = Hold(database, job_id)
    keeping = asyncio.create_task(hold.keep())
    try:
        yield hold
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError, HoldLost):
            await keeping
        with anyio.CancelScope(shield=True):
            await _release(database, job_id)


async def _release(database: Database, job_id: int) -> None:
    try:
        async with database.transaction() as session:
            await session.execute(delete(Job).where(Job.id == job_id))
    except Exception as error:
        if not is_unavailable(error):
            raise
        log.warning("a hold on removals ends only by itself", reason=type(error).__name__)

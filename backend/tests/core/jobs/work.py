"""Jobs to be run by tests, and a look at their rows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select

from musubi.core.database import Database
from musubi.core.jobs import Job, JobKind
from musubi.core.types import AnyRow

# What must never be waited for longer, however busy the machine is.
PATIENCE_SECONDS = 30

Behaviour = Callable[[], Awaitable[None]]


class Work:
    """A kind of job that notes what it was given, and then does whatever a test wants of it."""

    def __init__(self, name: str = "test.work", behaviour: Behaviour | None = None, **options: Any) -> None:
        self.kind = JobKind(name, self._handle, **options)
        self.payloads: list[dict[str, Any]] = []
        self.behaviour = behaviour

    async def _handle(self, _app: FastAPI, payload: dict[str, Any]) -> None:
        self.payloads.append(payload)
        if self.behaviour is not None:
            await self.behaviour()


class Gate:
    """A behaviour that stays where it is until the test opens it."""

    def __init__(self) -> None:
        self.reached, self.opened = asyncio.Event(), asyncio.Event()
        self.cancelled = False

    async def __call__(self) -> None:
        self.reached.set()
        try:
            await self.opened.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise


def failing(error: BaseException) -> Behaviour:
    """A behaviour that raises `error`."""

    async def fail() -> None:
        raise error

    return fail


async def patiently(event: asyncio.Event) -> None:
    """Wait for what is sure to come."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        await event.wait()


async def rows(database: Database) -> list[AnyRow]:
    """Every job there is, the periodic ones left out."""
    columns = Job.__table__.columns
    async with database.reading() as reader:
        return list(await reader.execute(select(*columns).where(Job.schedule.is_(None)).order_by(Job.id)))


async def only_row(database: Database) -> AnyRow:
    """The one job there is."""
    [row] = await rows(database)
    return row

"""What comes round by itself: in one process at a time, for ever."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from fastapi import FastAPI
from sqlalchemy import select

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.jobs import Job, Jobs, Periodic
from musubi.core.types import AnyRow
from tests.conftest import Clock
from tests.core.jobs.conftest import JobsMaker
from tests.core.jobs.work import Behaviour, Gate, failing, patiently
from tests.sql import database_of, watch

HOUR = timedelta(hours=1)


class Round:
    """A periodic job that counts its runs."""

    def __init__(self, name: str = "test.round", every: timedelta = HOUR, behaviour: Behaviour | None = None) -> None:
        self.kind = Periodic(name, self._handle, every=every)
        self.runs = 0
        self.behaviour = behaviour

    async def _handle(self, _app: FastAPI) -> None:
        self.runs += 1
        if self.behaviour is not None:
            await self.behaviour()


async def schedules(database: Database) -> dict[str, AnyRow]:
    async with database.reading() as reader:
        found = await reader.execute(select(*Job.__table__.columns).where(Job.schedule.is_not(None)))
        return {row.schedule: row for row in found}


async def due_at(database: Database, name: str = "test.round") -> datetime:
    found = (await schedules(database))[name].due_at
    assert isinstance(found, datetime)
    return found


async def test_it_comes_round(database: Database, make_jobs: JobsMaker, moving_clock: Clock) -> None:
    again = Round()
    jobs = make_jobs(again.kind)
    for runs in range(4):
        assert await jobs.drain() == (1 if runs else 0), "the first run is due an interval after the first start"
        assert again.runs == runs
        assert HOUR * 0.94 < await due_at(database) - utcnow() < HOUR * 1.06
        moving_clock.forward(minutes=50)
        assert await jobs.drain() == 0
        moving_clock.forward(minutes=20)
    row = (await schedules(database))["test.round"]
    assert (row.attempts, row.lease, row.dead_at) == (0, None, None)


async def test_starting_again_changes_nothing(database: Database, make_jobs: JobsMaker, moving_clock: Clock) -> None:
    again = Round()
    await make_jobs(again.kind).drain()
    before = await schedules(database)
    moving_clock.forward(minutes=30)
    await make_jobs(again.kind).drain()
    assert await schedules(database) == before


async def test_many_that_start_at_once_make_one_row(
    make_database: Callable[[], Database], make_jobs: JobsMaker
) -> None:
    kinds = [Round(f"test.round{number}").kind for number in range(3)]
    processes = [make_jobs(*kinds, database=make_database()) for _ in range(5)]
    await asyncio.gather(*(jobs.drain() for jobs in processes))
    assert len(await schedules(make_database())) == 3


async def test_of_two_processes_one_does_it(
    make_database: Callable[[], Database], make_jobs: JobsMaker, moving_clock: Clock
) -> None:
    gate = Gate()
    again = Round(behaviour=gate)
    processes = [make_jobs(again.kind, database=make_database()) for _ in range(2)]
    for jobs in processes:
        await jobs.drain()
    moving_clock.forward(hours=2)
    busy = asyncio.create_task(processes[0].drain())
    await patiently(gate.reached)
    assert await processes[1].drain() == 0
    gate.opened.set()
    assert await busy == 1
    assert await processes[1].drain() == 0
    assert again.runs == 1


async def test_two_runners_share_it(
    make_database: Callable[[], Database], make_jobs: JobsMaker, moving_clock: Clock
) -> None:
    gate = Gate()
    gate.opened.set()
    again = Round(behaviour=gate)
    processes = [make_jobs(again.kind, database=make_database(), poll_seconds=0.02) for _ in range(2)]
    for jobs in processes:
        await jobs.drain()
    moving_clock.forward(hours=2)
    for jobs in processes:
        jobs.start()
    await patiently(gate.reached)
    for jobs in processes:
        await jobs.stop()
    assert again.runs == 1


async def test_one_that_fails_is_tried_again_sooner_and_never_dead(
    database: Database, make_jobs: JobsMaker, moving_clock: Clock
) -> None:
    again = Round(every=timedelta(days=7), behaviour=failing(ValueError("full")))
    jobs = make_jobs(again.kind)
    await jobs.drain()
    moving_clock.forward(days=8)
    for attempts in range(1, 15):
        assert await jobs.drain() == 1
        row = (await schedules(database))["test.round"]
        assert (row.attempts, row.lease, row.dead_at) == (attempts, None, None)
        assert row.last_error == "ValueError: full"
        assert row.due_at - utcnow() <= timedelta(hours=3)
        moving_clock.forward(hours=3)
    again.behaviour = None
    await jobs.drain()
    row = (await schedules(database))["test.round"]
    assert (row.attempts, row.last_error) == (0, None)
    assert row.due_at - utcnow() > timedelta(days=6)


async def test_one_that_fails_is_not_tried_later_than_usual(
    database: Database, make_jobs: JobsMaker, moving_clock: Clock
) -> None:
    again = Round(every=timedelta(seconds=5), behaviour=failing(ValueError()))
    jobs = make_jobs(again.kind)
    await jobs.drain()
    for _ in range(10):
        moving_clock.forward(seconds=6)
        assert await jobs.drain() == 1


async def test_one_that_is_now_wanted_sooner_comes_sooner(database: Database, make_jobs: JobsMaker) -> None:
    await make_jobs(Round(every=timedelta(days=30)).kind).drain()
    assert await due_at(database) - utcnow() > timedelta(days=29)
    await make_jobs(Round(every=HOUR).kind).drain()
    assert await due_at(database) - utcnow() <= HOUR
    await make_jobs(Round(every=timedelta(days=30)).kind).drain()
    assert await due_at(database) - utcnow() <= HOUR, "one that is wanted more rarely runs once more before"


async def test_one_that_no_version_knows_any_more_is_dropped(
    database: Database, make_jobs: JobsMaker, moving_clock: Clock
) -> None:
    stays, goes = Round("test.stays"), Round("test.goes")
    older, newer = make_jobs(stays.kind, goes.kind), make_jobs(stays.kind)
    await older.drain()
    # Both versions are running, for days: each does its own.
    for _ in range(3):
        moving_clock.forward(hours=23)
        await older.drain()
        await newer.drain()
        assert set(await schedules(database)) == {"test.stays", "test.goes"}
    # The older one has stopped.
    moving_clock.forward(hours=24)
    await newer.drain()
    assert "test.goes" in await schedules(database)
    moving_clock.forward(hours=2)
    await newer.drain()
    assert set(await schedules(database)) == {"test.stays"}
    # And comes back.
    await older.drain()
    assert set(await schedules(database)) == {"test.stays", "test.goes"}


async def test_after_days_of_standstill_what_is_known_is_run(
    database: Database, make_jobs: JobsMaker, moving_clock: Clock
) -> None:
    stays, goes = Round("test.stays"), Round("test.goes")
    await make_jobs(stays.kind, goes.kind).drain()
    moving_clock.forward(days=7)
    assert await make_jobs(stays.kind).drain() == 1
    assert (stays.runs, goes.runs) == (1, 0)
    assert set(await schedules(database)) == {"test.stays"}


async def test_what_is_in_order_is_only_read(app: FastAPI) -> None:
    jobs: Jobs = app.state.jobs
    await jobs.drain()
    now = utcnow()
    async with database_of(app).transaction() as session:
        name = "test.of_another_version"
        session.add(Job(kind=name, schedule=name, payload={}, due_at=now, created_at=now, locale="en"))
    with watch(app) as statements:
        await jobs.drain()
    assert all(sql.startswith("SELECT") for sql, _ in statements)

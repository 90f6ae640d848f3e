"""The tasks that do jobs in the background: how they begin, end, and bear a database that is away."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import exc
from structlog.testing import capture_logs

import musubi.app
from musubi.app import FEATURES
from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.feature import Feature
from musubi.core.jobs import Jobs
from musubi.operations import prepare
from musubi.settings import Settings
from tests.conftest import AppMaker
from tests.core.jobs.conftest import JobsMaker
from tests.core.jobs.work import Gate, Work, failing, only_row, patiently, rows
from tests.sql import database_of, watch


async def put(database: Database, jobs: Jobs, work: Work, count: int = 1) -> None:
    async with database.transaction() as session:
        for number in range(count):
            await jobs.enqueue(session, work.kind, {"number": number})


@pytest.fixture
def extra(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Work that the application knows."""
    work = Work("extra.work", Gate())
    monkeypatch.setattr(musubi.app, "FEATURES", (Feature("extra", jobs=(work.kind,)), *FEATURES))
    return work


def gate_of(work: Work) -> Gate:
    assert isinstance(work.behaviour, Gate)
    return work.behaviour


def app_of(client: Any) -> FastAPI:
    app = client._transport.app
    assert isinstance(app, FastAPI)
    return app


async def test_the_application_does_its_jobs_while_it_lives(extra: Work, make_client: AppMaker) -> None:
    app = app_of(await make_client(job_workers=1))
    await put(database_of(app), app.state.jobs, extra)
    await patiently(gate_of(extra).reached)
    gate_of(extra).opened.set()


async def test_without_workers_it_leaves_them_to_others(extra: Work, make_client: AppMaker) -> None:
    idle, busy = app_of(await make_client(job_workers=0)), app_of(await make_client(job_workers=1))
    with watch(idle) as statements:
        await put(database_of(busy), busy.state.jobs, extra)
        await patiently(gate_of(extra).reached)
    gate_of(extra).opened.set()
    assert statements == []


async def test_a_command_does_no_jobs(extra: Work, make_client: AppMaker, settings: Settings) -> None:
    app = app_of(await make_client())
    await put(database_of(app), app.state.jobs, extra)
    await prepare(settings.model_copy(update={"job_workers": 2}))
    assert extra.payloads == []
    assert (await only_row(database_of(app))).attempts == 0


async def test_no_more_run_at_once_than_there_are_workers(database: Database, make_jobs: JobsMaker) -> None:
    running, most = 0, 0
    others_done = asyncio.Event()

    async def count() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if len(work.payloads) <= 2:
            # Two stay, so that there is one place for all the others.
            await patiently(others_done)
        elif len(work.payloads) == 20:
            others_done.set()
        await asyncio.sleep(0)
        running -= 1

    work = Work(behaviour=count)
    jobs = make_jobs(work.kind, workers=3, poll_seconds=3600)
    await put(database, jobs, work, 20)
    jobs.start()
    await patiently(others_done)
    assert most == 3


async def test_what_is_under_way_may_finish_when_the_process_stops(database: Database, make_jobs: JobsMaker) -> None:
    gate = Gate()
    work = Work(behaviour=gate)
    jobs = make_jobs(work.kind, workers=1)
    await put(database, jobs, work, 2)
    jobs.start()
    await patiently(gate.reached)
    stopping = asyncio.create_task(jobs.stop())
    await asyncio.sleep(0)
    gate.opened.set()
    await stopping
    assert not gate.cancelled
    assert len(work.payloads) == 1, "nothing more is taken"
    assert (await only_row(database)).attempts == 0


async def test_what_does_not_finish_is_handed_over_at_once(
    database: Database, make_database: Callable[[], Database], make_jobs: JobsMaker
) -> None:
    gate = Gate()
    work = Work(behaviour=gate)
    jobs = make_jobs(work.kind, grace_seconds=0.01)
    await put(database, jobs, work)
    jobs.start()
    await patiently(gate.reached)
    await jobs.stop()
    assert gate.cancelled
    row = await only_row(database)
    assert (row.lease, row.attempts, row.last_error, row.dead_at) == (None, 0, None, None)
    assert row.due_at <= utcnow()

    other = make_jobs(work.kind, database=make_database())
    gate.opened.set()
    assert await other.drain() == 1
    assert await rows(database) == []


async def test_stopping_what_was_never_started_is_nothing(make_jobs: JobsMaker) -> None:
    await make_jobs().stop()


class Outage:
    """Lets a method fail so many times, as it does while the database is away."""

    def __init__(self, method: Callable[..., Awaitable[Any]], times: int, error: Exception) -> None:
        self._method = method
        self._error = error
        self.left = times

    async def __call__(self, *arguments: Any) -> Any:
        if self.left:
            self.left -= 1
            raise self._error
        return await self._method(*arguments)


AWAY = exc.OperationalError("SELECT 1", {}, ConnectionRefusedError())


async def test_it_bears_a_database_that_is_away_and_says_so_once(database: Database, make_jobs: JobsMaker) -> None:
    gate = Gate()
    work = Work(behaviour=gate)
    jobs = make_jobs(work.kind, poll_seconds=0.001)
    outage = jobs._queue.claim = Outage(jobs._queue.claim, 5, AWAY)  # type: ignore[method-assign, assignment]
    await put(database, jobs, work)
    with capture_logs() as lines:
        jobs.start()
        await patiently(gate.reached)
        gate.opened.set()
        await jobs.stop()
    assert outage.left == 0
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("jobs wait for the database", "warning"),
        ("jobs go on", "info"),
        ("job done", "info"),
    ]


async def test_a_fault_of_ours_does_not_end_it_either(database: Database, make_jobs: JobsMaker) -> None:
    gate = Gate()
    work = Work(behaviour=gate)
    jobs = make_jobs(work.kind, poll_seconds=0.001)
    jobs._queue.claim = Outage(jobs._queue.claim, 2, ZeroDivisionError())  # type: ignore[method-assign, assignment]
    await put(database, jobs, work)
    with capture_logs() as lines:
        jobs.start()
        await patiently(gate.reached)
        gate.opened.set()
        await jobs.stop()
    assert [line["event"] for line in lines] == ["jobs can't be looked for"] * 2 + ["jobs go on", "job done"]


async def test_what_came_of_a_job_is_kept_when_the_database_is_back(
    database: Database, make_jobs: JobsMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("musubi.core.jobs.execution._FIRST_PAUSE_SECONDS", 0.001)
    work = Work()
    jobs = make_jobs(work.kind)
    jobs._queue.finish = Outage(jobs._queue.finish, 3, AWAY)  # type: ignore[method-assign, assignment]
    await put(database, jobs, work)
    await jobs.drain()
    assert await rows(database) == []
    assert len(work.payloads) == 1


async def test_if_it_does_not_come_back_in_time_the_job_runs_again(database: Database, make_jobs: JobsMaker) -> None:
    work = Work()
    jobs = make_jobs(work.kind, lease=timedelta(seconds=0.1))
    jobs._queue.finish = Outage(jobs._queue.finish, 1, AWAY)  # type: ignore[method-assign, assignment]
    await put(database, jobs, work)
    with capture_logs() as lines:
        await jobs.drain()
    assert [line["event"] for line in lines] == ["job done", "what came of a job could not be kept; it will run again"]
    assert (await only_row(database)).lease is not None


async def test_a_lease_that_can_not_be_renewed_does_not_end_the_job(database: Database, make_jobs: JobsMaker) -> None:
    renewed = asyncio.Event()
    work = Work(behaviour=lambda: patiently(renewed))
    jobs = make_jobs(work.kind, lease=timedelta(seconds=0.03))
    outage = Outage(jobs._queue.renew, 2, AWAY)

    async def renew(claim: Any) -> bool:
        is_ours = await outage(claim)
        renewed.set()
        return bool(is_ours)

    jobs._queue.renew = renew  # type: ignore[method-assign]
    await put(database, jobs, work)
    [claim] = await jobs._queue.claim(1)
    await jobs._execution.run(claim)
    assert outage.left == 0
    assert await rows(database) == []


async def test_its_log_lines_name_the_job_and_show_no_payload(database: Database, make_jobs: JobsMaker) -> None:
    work = Work(behaviour=failing(ValueError("no")))
    jobs = make_jobs(work.kind)
    async with database.transaction() as session:
        await jobs.enqueue(session, work.kind, {"secret": "hunter2"})
    with capture_logs() as lines:
        await jobs.drain()
    [line] = lines
    assert (line["event"], line["attempts"]) == ("job failed", 1)
    assert "hunter2" not in str(line)

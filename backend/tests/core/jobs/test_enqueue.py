"""A job is there if, and only if, the change is that asked for it."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

import musubi.app
from musubi.app import FEATURES, create_app
from musubi.core import context
from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.feature import Feature
from musubi.core.jobs import JobKind, Periodic
from musubi.settings import Settings
from tests.conftest import Clock
from tests.core.jobs.conftest import JobsMaker
from tests.core.jobs.work import Gate, Work, only_row, patiently, rows


async def test_what_is_committed_is_done_once_and_then_gone(database: Database, make_jobs: JobsMaker) -> None:
    work = Work()
    jobs = make_jobs(work.kind)
    async with database.transaction() as session:
        await jobs.enqueue(session, work.kind, {"number": 1, "text": "結び", "nested": [None, {"a": True}]})
        assert await rows(database) == []
    assert work.payloads == []
    assert await jobs.drain() == 1
    assert work.payloads == [{"number": 1, "text": "結び", "nested": [None, {"a": True}]}]
    assert await rows(database) == []
    assert await jobs.drain() == 0


async def test_what_is_rolled_back_leaves_no_job(database: Database, make_jobs: JobsMaker) -> None:
    work = Work()
    jobs = make_jobs(work.kind)

    async def change() -> None:
        async with database.transaction() as session:
            await jobs.enqueue(session, work.kind, {})
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change()
    assert await rows(database) == []
    assert await jobs.drain() == 0


async def test_a_runner_of_the_same_process_begins_at_once(database: Database, make_jobs: JobsMaker) -> None:
    begun = Gate()
    work = Work(behaviour=begun)
    # So long that only being woken explains it.
    jobs = make_jobs(work.kind, poll_seconds=3600)
    jobs.start()
    for _ in range(2):
        begun.reached.clear()
        begun.opened.set()
        async with database.transaction() as session:
            await jobs.enqueue(session, work.kind, {})
        await patiently(begun.reached)


async def test_a_runner_of_another_process_finds_it(
    database: Database, make_database: Any, make_jobs: JobsMaker
) -> None:
    begun = Gate()
    work = Work(behaviour=begun)
    make_jobs(work.kind, database=make_database(), poll_seconds=0.05).start()
    async with database.transaction() as session:
        await make_jobs(work.kind).enqueue(session, work.kind, {})
    await patiently(begun.reached)
    begun.opened.set()


async def test_not_before_its_time(database: Database, make_jobs: JobsMaker, moving_clock: Clock) -> None:
    work = Work()
    jobs = make_jobs(work.kind)
    async with database.transaction() as session:
        await jobs.enqueue(session, work.kind, {}, not_before=utcnow() + timedelta(hours=1))
    moving_clock.forward(minutes=59)
    assert await jobs.drain() == 0
    moving_clock.forward(minutes=1)
    assert await jobs.drain() == 1


async def test_a_moment_that_has_passed_is_now(database: Database, make_jobs: JobsMaker) -> None:
    work = Work()
    jobs = make_jobs(work.kind)
    async with database.transaction() as session:
        await jobs.enqueue(session, work.kind, {}, not_before=utcnow() - timedelta(days=1))
    row = await only_row(database)
    assert row.due_at == row.created_at


async def test_those_that_waited_longest_come_first(
    database: Database, make_jobs: JobsMaker, moving_clock: Clock
) -> None:
    work = Work()
    jobs = make_jobs(work.kind)
    for hours in (3, 1, 2):
        async with database.transaction() as session:
            await jobs.enqueue(session, work.kind, {"hours": hours}, not_before=utcnow() + timedelta(hours=hours))
    moving_clock.forward(hours=4)
    await jobs.drain()
    assert work.payloads == [{"hours": 1}, {"hours": 2}, {"hours": 3}]


async def test_it_runs_in_the_context_of_the_request_that_asked_for_it(
    database: Database, make_jobs: JobsMaker
) -> None:
    seen: list[tuple[str | None, str, int | None]] = []

    async def look(_app: FastAPI, _payload: dict[str, Any]) -> None:
        seen.append((context.request_id.get(), context.locale.get(), context.actor_id.get()))

    kind = JobKind("test.look", look)
    jobs = make_jobs(kind)
    context.request_id.set("request-of-hanako")
    context.locale.set("ja")
    context.actor_id.set(7)
    async with database.transaction() as session:
        await jobs.enqueue(session, kind, {})
    context.request_id.set("another")
    context.locale.set("en")
    await jobs.drain()
    assert seen == [("request-of-hanako", "ja", None)]
    assert (context.request_id.get(), context.locale.get(), context.actor_id.get()) == ("another", "en", 7)


async def test_only_what_a_feature_lists_can_be_asked_for(database: Database, make_jobs: JobsMaker) -> None:
    listed, unlisted = Work("test.same"), Work("test.same")
    jobs = make_jobs(listed.kind)
    for kind in (unlisted.kind, Work("test.other").kind):
        async with database.transaction() as session:
            with pytest.raises(LookupError, match=kind.name):
                await jobs.enqueue(session, kind, {})


def test_an_application_with_two_jobs_of_one_name_is_not_made(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_app: FastAPI, _payload: Any = None) -> None: ...

    twins = (JobKind("test.same", nothing), Periodic("test.same", nothing, every=timedelta(days=1)))
    monkeypatch.setattr(musubi.app, "FEATURES", (Feature("extra", jobs=twins), *FEATURES))
    with pytest.raises(RuntimeError, match=r"two kinds of jobs are named test\.same"):
        create_app(settings)


def test_every_job_is_named_after_its_feature() -> None:
    names = [(feature.name, kind.name) for feature in FEATURES for kind in feature.jobs]
    assert names
    assert [name for feature, name in names if not name.startswith(f"{feature}.") or len(name) > 100] == []

"""A job is one process's at a time, and whoever has lost it changes nothing."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.jobs import Job, Jobs
from musubi.core.jobs.queue import Claim, Queue
from tests.conftest import Clock
from tests.core.jobs.conftest import JobsMaker
from tests.core.jobs.work import Gate, Work, only_row, patiently, rows
from tests.sql import analyze, database_of, explain, watch

MANY = 200


async def put(database: Database, jobs: Jobs, work: Work, count: int = 1) -> None:
    async with database.transaction() as session:
        for number in range(count):
            await jobs.enqueue(session, work.kind, {"number": number})


async def test_two_processes_do_each_job_once(
    database: Database, make_database: Callable[[], Database], make_jobs: JobsMaker
) -> None:
    finished = asyncio.Event()

    async def count() -> None:
        await asyncio.sleep(0)
        if sum(len(work.payloads) for work in crew) == MANY:
            finished.set()

    crew = [Work(behaviour=count) for _ in range(2)]
    processes = [make_jobs(work.kind, database=make_database(), workers=3, poll_seconds=0.05) for work in crew]
    await put(database, make_jobs(crew[0].kind), crew[0], MANY)
    for jobs in processes:
        jobs.start()
    await patiently(finished)
    for jobs in processes:
        await jobs.stop()
    done = Counter(payload["number"] for work in crew for payload in work.payloads)
    assert done == dict.fromkeys(range(MANY), 1)
    assert all(work.payloads for work in crew), "both had a share"
    assert await rows(database) == []


async def test_claims_at_once_never_overlap(
    database: Database, make_database: Callable[[], Database], make_jobs: JobsMaker
) -> None:
    work = Work()
    await put(database, make_jobs(work.kind), work, 40)
    queues = [Queue(make_database(), [work.kind.name], timedelta(seconds=30)) for _ in range(4)]
    taken = await asyncio.gather(*(queue.claim(7) for queue in queues for _ in range(2)))
    ids = [claim.id for claims in taken for claim in claims]
    assert len(ids) == len(set(ids)) == 40
    assert max(len(claims) for claims in taken) == 7


async def test_a_job_that_is_being_done_is_not_taken_again(database: Database, make_jobs: JobsMaker) -> None:
    gate = Gate()
    work = Work(behaviour=gate)
    jobs, other = make_jobs(work.kind), make_jobs(work.kind)
    await put(database, jobs, work)
    jobs.start()
    await patiently(gate.reached)
    assert await other.drain() == 0
    gate.opened.set()


async def test_a_job_whose_process_died_is_taken_when_its_lease_has_run_out(
    database: Database, make_jobs: JobsMaker, moving_clock: Clock
) -> None:
    work = Work()
    jobs = make_jobs(work.kind)
    await put(database, jobs, work)
    await jobs._queue.claim(1)
    moving_clock.forward(seconds=29)
    assert await jobs.drain() == 0
    moving_clock.forward(seconds=2)
    assert await jobs.drain() == 1
    assert await rows(database) == []


@pytest.mark.parametrize(
    "late",
    [
        lambda queue, claim: queue.finish(claim),
        lambda queue, claim: queue.renew(claim),
        lambda queue, claim: queue.bury(claim, "late"),
        lambda queue, claim: queue.postpone(claim, timedelta(), "late"),
        lambda queue, claim: queue.reschedule(claim, timedelta()),
        lambda queue, claim: queue.give_back(claim),
    ],
    ids=["finish", "renew", "bury", "postpone", "reschedule", "give_back"],
)
async def test_whoever_has_lost_the_lease_changes_nothing(
    database: Database,
    make_jobs: JobsMaker,
    moving_clock: Clock,
    late: Callable[[Queue, Claim], Awaitable[bool]],
) -> None:
    work = Work()
    jobs = make_jobs(work.kind)
    await put(database, jobs, work)
    queue = jobs._queue
    [first] = await queue.claim(1)
    moving_clock.forward(seconds=31)
    [second] = await queue.claim(1)
    before = await only_row(database)
    assert not await late(queue, first)
    assert await only_row(database) == before
    assert await late(queue, second), "whose it is can"


async def test_as_long_as_nobody_has_taken_it_a_late_finisher_is_in_time(
    database: Database, make_jobs: JobsMaker, moving_clock: Clock
) -> None:
    work = Work()
    jobs = make_jobs(work.kind)
    await put(database, jobs, work)
    [claim] = await jobs._queue.claim(1)
    moving_clock.forward(hours=1)
    assert await jobs._queue.finish(claim)
    assert await rows(database) == []


async def test_the_lease_is_renewed_while_the_job_goes_on(database: Database, make_jobs: JobsMaker) -> None:
    renewed = asyncio.Event()
    work = Work(behaviour=lambda: patiently(renewed))
    jobs = make_jobs(work.kind, lease=timedelta(seconds=0.3))
    renew, ends = jobs._queue.renew, []

    async def note(claim: Claim) -> bool:
        is_ours = await renew(claim)
        ends.append((await only_row(database)).due_at)
        if len(ends) == 3:
            renewed.set()
        return is_ours

    jobs._queue.renew = note  # type: ignore[method-assign]
    await put(database, jobs, work)
    await jobs.drain()
    assert ends == sorted(set(ends)), "each ends later than the one before"
    assert len(work.payloads) == 1
    assert await rows(database) == []


async def test_a_job_that_another_process_has_taken_over_is_cancelled_here(
    database: Database, make_jobs: JobsMaker
) -> None:
    gate = Gate()
    work = Work(behaviour=gate)
    jobs = make_jobs(work.kind, lease=timedelta(seconds=0.05))
    await put(database, jobs, work)
    running = asyncio.create_task(jobs.drain())
    await patiently(gate.reached)
    async with database.transaction() as session:
        taken = update(Job).values(lease="of another process", due_at=utcnow() + timedelta(minutes=1), attempts=2)
        await session.execute(taken)
    assert await running == 1
    assert gate.cancelled
    row = await only_row(database)
    assert (row.lease, row.attempts, row.last_error) == ("of another process", 2, None)


async def test_kinds_that_this_process_does_not_know_are_left_to_others(
    database: Database, make_jobs: JobsMaker
) -> None:
    """While versions change, the newer one may have asked for what the older one knows nothing of."""
    old, new = Work("test.old"), Work("test.new")
    newer = make_jobs(old.kind, new.kind)
    await put(database, newer, new)
    await put(database, newer, old)
    assert await make_jobs(old.kind).drain() == 1
    row = await only_row(database)
    assert (row.kind, row.attempts, row.lease) == ("test.new", 0, None)
    assert await newer.drain() == 1


async def test_looking_for_jobs_is_one_read_by_an_index(app: FastAPI) -> None:
    now = utcnow()
    async with database_of(app).transaction() as session:
        session.add_all(
            Job(
                kind="system.clear_idempotency_keys", payload={}, due_at=now + timedelta(days=1), locale="en",
                created_at=now, dead_at=now if number % 2 else None,
            )
            for number in range(2000)
        )  # fmt: skip
    await analyze(app)
    jobs = app.state.jobs
    with watch(app) as idle:
        assert await jobs._queue.claim(2) == []
    [look] = idle
    assert look[0].startswith("SELECT")
    assert "ix_jobs_due_at" in await explain(app, look)

    async with database_of(app).transaction() as session:
        await session.execute(update(Job).where(Job.id == 1).values(due_at=now))
    with watch(app) as busy:
        assert len(await jobs._queue.claim(2)) == 1
    [_, take] = busy
    assert take[0].lstrip().startswith(("UPDATE", "WITH"))
    plan = await explain(app, take)
    assert "ix_jobs_due_at" in plan
    assert "Seq Scan on jobs" not in plan
    assert "SCAN jobs" not in plan

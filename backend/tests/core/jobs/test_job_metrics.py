"""What becomes of attempts is counted and timed by kind."""

import asyncio

import pytest

from musubi.core.database import Database
from musubi.core.jobs import Discard
from tests.conftest import Clock
from tests.core.jobs.conftest import JobsMaker
from tests.core.jobs.test_attempts import put
from tests.core.jobs.work import Behaviour, Gate, Work, failing, patiently
from tests.scraping import Recorded

RUNS, DURATION = "musubi_job_runs_total", "musubi_job_duration_seconds_count"


@pytest.mark.parametrize(
    ("outcome", "behaviour", "attempts"),
    [
        ("done", None, 3),
        ("failed", failing(ValueError("not now")), 3),
        ("dead", failing(ValueError("not now")), 1),
        ("dead", failing(Discard("never")), 3),
    ],
)
async def test_outcomes(
    database: Database, make_jobs: JobsMaker, outcome: str, behaviour: Behaviour | None, attempts: int
) -> None:
    work = Work(behaviour=behaviour, max_attempts=attempts)
    jobs = make_jobs(work.kind)
    await put(database, jobs, work)
    recorded = Recorded()
    assert await jobs.drain() == 1
    assert recorded.since(RUNS) == 1
    assert recorded.since(RUNS, kind="test.work", outcome=outcome) == 1
    assert recorded.since(DURATION, kind="test.work") == 1


async def test_a_job_that_is_given_back(database: Database, make_jobs: JobsMaker) -> None:
    gate = Gate()
    work = Work(behaviour=gate)
    jobs = make_jobs(work.kind, grace_seconds=0)
    await put(database, jobs, work)
    recorded = Recorded()
    jobs.start()
    await patiently(gate.reached)
    await jobs.stop()
    assert recorded.since(RUNS, kind="test.work", outcome="given_back") == 1


async def test_a_job_whose_process_ended(database: Database, make_jobs: JobsMaker, moving_clock: Clock) -> None:
    work = Work(max_attempts=1)
    jobs = make_jobs(work.kind)
    await put(database, jobs, work)
    # Taken, and never heard of again.
    assert len(await jobs._queue.claim(1)) == 1
    moving_clock.forward(minutes=5)
    recorded = Recorded()
    await asyncio.wait_for(jobs.drain(), 30)
    assert recorded.since(RUNS, kind="test.work", outcome="dead") == 1
    assert work.payloads == []

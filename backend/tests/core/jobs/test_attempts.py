"""What happens to a job whose handler fails, takes too long or takes its process along."""

import asyncio
from datetime import timedelta

import pytest

from musubi.core.database import Database
from musubi.core.jobs import Discard, Jobs
from musubi.core.jobs.execution import retry_delay
from tests.conftest import Clock
from tests.core.jobs.conftest import JobsMaker
from tests.core.jobs.work import Gate, Work, failing, only_row, patiently, rows


async def put(database: Database, jobs: Jobs, work: Work) -> None:
    async with database.transaction() as session:
        await jobs.enqueue(session, work.kind, {})


def test_delays_triple_up_to_a_bound_and_are_spread() -> None:
    bounds = {1: 10, 2: 30, 3: 90, 4: 270, 9: 10800, 100_000: 10800}
    for attempts, seconds in bounds.items():
        delays = [retry_delay(attempts).total_seconds() for _ in range(300)]
        assert 0 <= min(delays) < seconds * 0.1
        assert seconds * 0.9 < max(delays) <= seconds


async def test_a_failure_is_tried_again_later(
    database: Database, make_jobs: JobsMaker, moving_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(behaviour=failing(ValueError("no answer")))
    jobs = make_jobs(work.kind)
    asked: list[int] = []

    def delay(attempts: int) -> timedelta:
        asked.append(attempts)
        return timedelta(minutes=attempts)

    monkeypatch.setattr("musubi.core.jobs.execution.retry_delay", delay)
    await put(database, jobs, work)
    assert await jobs.drain() == 1
    row = await only_row(database)
    assert (row.attempts, row.lease, row.dead_at, row.last_error) == (1, None, None, "ValueError: no answer")

    moving_clock.forward(seconds=59)
    assert await jobs.drain() == 0
    moving_clock.forward(seconds=2)
    assert await jobs.drain() == 1
    assert asked == [1, 2]

    work.behaviour = None
    moving_clock.forward(minutes=3)
    assert await jobs.drain() == 1
    assert await rows(database) == []


async def test_after_its_last_attempt_it_is_dead(database: Database, make_jobs: JobsMaker, moving_clock: Clock) -> None:
    work = Work(behaviour=failing(OSError()), max_attempts=3)
    jobs = make_jobs(work.kind)
    await put(database, jobs, work)
    for _ in range(3):
        assert (await only_row(database)).dead_at is None
        assert await jobs.drain() == 1
        moving_clock.forward(days=1)
    row = await only_row(database)
    assert row.dead_at is not None
    assert (row.attempts, row.lease, row.last_error) == (3, None, "OSError")
    assert await jobs.drain() == 0
    assert len(work.payloads) == 3


async def test_what_trying_again_would_not_help_is_dead_at_once(database: Database, make_jobs: JobsMaker) -> None:
    work = Work(behaviour=failing(Discard("The account is gone")))
    jobs = make_jobs(work.kind)
    await put(database, jobs, work)
    await jobs.drain()
    row = await only_row(database)
    assert row.dead_at is not None
    assert (row.attempts, row.last_error) == (1, "The account is gone")


async def test_a_job_that_kills_its_process_each_time_ends_dead(
    database: Database, make_jobs: JobsMaker, moving_clock: Clock
) -> None:
    work = Work(max_attempts=2)
    jobs = make_jobs(work.kind)
    await put(database, jobs, work)
    for attempt in (1, 2):
        # As a process does that dies before it has settled anything.
        [claim] = await jobs._queue.claim(1)
        assert claim.attempts == attempt
        assert await jobs.drain() == 0
        moving_clock.forward(seconds=31)
    await jobs.drain()
    row = await only_row(database)
    assert row.dead_at is not None
    assert row.last_error == "The process ended before the job did"
    assert work.payloads == [], "it is not begun a third time"


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (RuntimeError("first line\nsecond line"), "RuntimeError: first line"),
        (RuntimeError(""), "RuntimeError"),
        (RuntimeError("\n\nx"), "RuntimeError: x"),
        (RuntimeError("a" * 1000), "RuntimeError: " + "a" * 286),
        (RuntimeError("NUL \0 is no text"), "RuntimeError: NUL  is no text"),
        (OSError("no such file: \udc80"), "OSError: no such file: ?"),
        (OSError("smtp://me:hunter2@example.com"), "OSError: smtp://me:[redacted]@example.com"),
        (OSError("GET /verify-email?token=abc.def failed"), "OSError: GET /verify-email?token=[redacted] failed"),
        (Discard("Authorization: Bearer abc.def"), "Authorization: Bearer [redacted]"),
        (Discard(""), "Discard"),
        (asyncio.CancelledError(), "CancelledError: cancelled"),
    ],
    ids=ascii,
)  # fmt: skip
async def test_of_an_error_one_line_is_kept_without_credentials(
    database: Database, make_jobs: JobsMaker, error: BaseException, kept: str
) -> None:
    work = Work(behaviour=failing(error))
    jobs = make_jobs(work.kind)
    await put(database, jobs, work)
    await jobs.drain()
    assert (await only_row(database)).last_error == kept


async def test_a_handler_that_takes_too_long_is_cancelled_and_tried_again(
    database: Database, make_jobs: JobsMaker
) -> None:
    gate = Gate()
    work = Work(behaviour=gate, timeout=timedelta(seconds=0.01))
    jobs = make_jobs(work.kind)
    await put(database, jobs, work)
    await jobs.drain()
    assert gate.cancelled
    row = await only_row(database)
    assert (row.attempts, row.lease, row.dead_at) == (1, None, None)
    assert row.last_error == "TimeoutError: not done after 0.01 seconds"


async def test_what_is_done_in_spite_of_the_timeout_is_done(database: Database, make_jobs: JobsMaker) -> None:
    async def finish_anyway() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return

    work = Work(behaviour=finish_anyway, timeout=timedelta(seconds=0.01))
    jobs = make_jobs(work.kind)
    await put(database, jobs, work)
    await jobs.drain()
    assert await rows(database) == []


async def test_other_jobs_go_on_beside_one_that_fails(database: Database, make_jobs: JobsMaker) -> None:
    gate = Gate()
    bad, good = Work("test.bad", failing(ValueError())), Work("test.good", gate)
    jobs = make_jobs(bad.kind, good.kind)
    await put(database, jobs, bad)
    await put(database, jobs, good)
    jobs.start()
    await patiently(gate.reached)
    gate.opened.set()
    await jobs.stop()
    assert [row.kind for row in await rows(database)] == ["test.bad"]

"""No job is lost, however the processes that do them end, and whatever becomes of the database meanwhile."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from musubi.core import migrations
from musubi.core.database import Database
from musubi.core.idempotency import IdempotencyKey
from musubi.core.jobs import Job, Jobs
from musubi.settings import async_database_url
from tests.conftest import Clock
from tests.faults.job_process import NOTE
from tests.processes import PATIENCE_SECONDS, environment
from tests.services import Postgres, postgres

BACKEND = Path(__file__).parents[2]
ROUNDS = 8
PROCESSES = 2
BATCH = 60
# How many jobs are done in a round before a process is ended: chance draws a number of this range.
DONE = range(1, 40)


class Crew:
    """Processes that do jobs, and what they said they did."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._url = url
        self._processes: list[subprocess.Popen[bytes]] = []
        self._read, self._write = os.pipe()
        self._lines = asyncio.StreamReader()
        self._ready: set[int] = set()
        self.done: set[int] = set()

    async def __aenter__(self) -> Self:
        protocol = asyncio.StreamReaderProtocol(self._lines)
        self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: protocol, os.fdopen(self._read, "rb", buffering=0)
        )
        for number in range(PROCESSES):
            self.start(number)
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        self._transport.close()
        os.close(self._write)

    def start(self, number: int) -> None:
        """Start the process of that number, in the place of the one before it."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.job_process", str(self._write)],
            cwd=BACKEND,
            env=environment(self._folder, {"DATABASE_URL": self._url}),
            pass_fds=[self._write],
            stdin=subprocess.DEVNULL,
        )
        self._processes[number : number + 1] = [process]

    def kill(self, number: int) -> None:
        """End a process as a crash would."""
        self._processes[number].kill()
        self._processes[number].wait()

    async def stop(self, number: int) -> None:
        """End a process in order; it gives back what it can't finish."""
        process = self._processes[number]
        while process.pid not in self._ready:
            await self.hear()
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0

    def is_alive(self) -> bool:
        return all(process.poll() is None for process in self._processes)

    async def hear(self) -> None:
        """Wait for the next job that is done, or the next process that is ready."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            number = int(await self._lines.readline())
        if number < 0:
            self._ready.add(-number)
        else:
            self.done.add(number)


class Queue:
    """The database, as whoever asks for the jobs sees it."""

    def __init__(self, url: str) -> None:
        app = FastAPI()
        app.state.database = self.database = Database(async_database_url(url))
        app.state.pipe = os.open(os.devnull, os.O_WRONLY)
        self.jobs = Jobs(app, [NOTE], workers=0)
        self.asked_for: set[int] = set()

    async def ask(self, count: int) -> None:
        """Ask for so many more, and for as many in a change that is then undone."""
        first = len(self.asked_for) + 1
        numbers = range(first, first + count)
        async with self.database.transaction() as session:
            for number in numbers:
                await self.jobs.enqueue(session, NOTE, {"number": number})
        self.asked_for.update(numbers)
        with pytest.raises(ZeroDivisionError):
            await self._ask_in_vain(count)

    async def _ask_in_vain(self, count: int) -> None:
        async with self.database.transaction() as session:
            for number in range(count):
                await self.jobs.enqueue(session, NOTE, {"number": 1_000_000 + number})
            await session.flush()
            raise ZeroDivisionError

    async def written(self) -> set[int]:
        async with self.database.reading() as reader:
            return set(await reader.scalars(select(IdempotencyKey.user_id)))

    async def left(self) -> list[tuple[int, bool]]:
        """Attempts, and whether it is dead, of each job that is still there."""
        statement = select(Job.attempts, Job.dead_at.is_not(None)).where(Job.schedule.is_(None))
        async with self.database.reading() as reader:
            return [(row[0], row[1]) for row in await reader.execute(statement)]


@pytest.fixture
def cluster() -> Iterator[Postgres]:
    with postgres() as database:
        yield database


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'musubi.sqlite3'}"
    cluster: Postgres = request.getfixturevalue("cluster")
    return cluster.url


@pytest.fixture
async def queue(url: str) -> AsyncIterator[Queue]:
    await migrations.upgrade(async_database_url(url))
    async with AsyncExitStack() as stack:
        queue = Queue(url)
        stack.push_async_callback(queue.database.dispose)
        yield queue


async def test_every_job_is_done_although_processes_are_killed(
    queue: Queue, url: str, tmp_path: Path, moving_clock: Clock
) -> None:
    chance = random.Random(20261122)  # noqa: S311 - the same kills in every run
    async with Crew(tmp_path, url) as crew:
        for _ in range(ROUNDS):
            await queue.ask(BATCH)
            for _ in range(chance.choice(DONE)):
                await crew.hear()
            victim = chance.randrange(PROCESSES)
            if chance.random() < 0.3:
                await crew.stop(victim)
            else:
                crew.kill(victim)
            crew.start(victim)
        while not crew.done >= queue.asked_for:
            await crew.hear()
        for number in range(PROCESSES):
            await crew.stop(number)
    assert crew.done == queue.asked_for == await queue.written()

    # What a process had just done when it was killed is there until its lease has run out, and is then done again.
    moving_clock.forward(seconds=5)
    await queue.jobs.drain()
    assert await queue.left() == []
    assert await queue.written() == queue.asked_for


async def test_processes_bear_a_database_that_goes_away(cluster: Postgres, tmp_path: Path) -> None:
    await migrations.upgrade(async_database_url(cluster.url))
    before = Queue(cluster.url)
    await before.ask(BATCH)
    async with Crew(tmp_path, cluster.url) as crew:
        for _ in range(BATCH // 4):
            await crew.hear()
        cluster.kill()
        assert crew.is_alive()
        cluster.start()
        after = Queue(cluster.url)
        while not crew.done >= before.asked_for:
            await crew.hear()
        assert crew.is_alive(), "the same processes went on"
        for number in range(PROCESSES):
            await crew.stop(number)
    assert await after.written() == before.asked_for
    await before.database.dispose()
    await after.database.dispose()

"""Three processes on PostgreSQL and Valkey in every storm there is: nothing acknowledged is lost."""

import asyncio
import contextlib
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import pytest

from tests.continuity.cluster import cluster
from tests.continuity.history import delays_of
from tests.continuity.installation import Installation
from tests.continuity.storm import storm
from tests.services import Postgres, Valkey, black_hole

LATE_SECONDS = 2.0
"""How late a message may be, whatever is broken but the database."""
SLACK_SECONDS = 3.0
"""What a machine that is busy with other things adds to that, in rare cases."""


Start = Callable[..., contextlib.AbstractAsyncContextManager[Installation]]


@pytest.fixture
def start(tmp_path: Path, database: Postgres, store: Valkey) -> Start:
    """Starts the cluster, with faults of its own or behind proxies."""
    return partial(cluster, tmp_path, database, store)


async def test_processes_are_killed(start: Start) -> None:
    async with start() as installation, storm(installation) as weather:
        for number in range(8):
            await weather.until_acknowledged(80)
            await installation.kill(installation.servers[number % 3])
        await weather.until_acknowledged(80)


async def test_what_is_committed_is_not_published(start: Start) -> None:
    """Half of it is lost between commit and publication, and now and then the process dies there."""
    async with start(lost=0.5, killed=0.01) as installation, storm(installation) as weather:
        await installation.outlast(deaths=6)
        await weather.until_acknowledged(50)


async def test_the_bus_is_killed_and_then_gone(start: Start, store: Valkey) -> None:
    async with start() as installation, storm(installation) as weather:
        for _ in range(20):
            await asyncio.to_thread(store.kill)
            await weather.until_acknowledged(10)
            await asyncio.to_thread(store.start)
            await weather.until_acknowledged(10)
        await asyncio.to_thread(store.kill)
        before = len(weather.history.delays)
        await weather.until_passed(60)
        delays = weather.history.delays[before:]
        await asyncio.to_thread(store.start)
        await weather.until_acknowledged(50)
    _judge(delays)


async def test_the_database_is_restarted(start: Start, database: Postgres) -> None:
    async with start() as installation, storm(installation) as weather:
        for end in (database.stop, database.kill) * 2:
            await weather.until_acknowledged(80)
            await asyncio.to_thread(end)
            await asyncio.to_thread(database.start)
        await weather.until_acknowledged(80)


async def test_the_way_to_the_bus_is_a_black_hole(start: Start, store: Valkey) -> None:
    async with (
        black_hole(store.port) as proxy,
        start(store_port=proxy.port) as installation,
        storm(installation) as weather,
    ):
        delays: list[float] = []
        for _ in range(2):
            await weather.until_acknowledged(50)
            proxy.swallow()
            before = len(weather.history.delays)
            await weather.until_passed(15)
            delays += weather.history.delays[before:]
            proxy.release()
        await weather.until_acknowledged(50)
    _judge(delays)


async def test_the_way_to_the_database_is_a_black_hole(start: Start, database: Postgres) -> None:
    async with (
        black_hole(database.port) as proxy,
        start(database_port=proxy.port) as installation,
        storm(installation) as weather,
    ):
        for _ in range(2):
            await weather.until_acknowledged(50)
            proxy.swallow()
            # Until those who write have noticed that nobody answers any more.
            await weather.until_cut_off(4)
            proxy.release()
        await weather.until_acknowledged(50)


async def test_processes_are_restarted_in_order(start: Start) -> None:
    async with start() as installation, storm(installation) as weather:
        for server in installation.servers:
            await weather.until_acknowledged(80)
            await installation.roll(server)
        await weather.until_acknowledged(80)
    assert weather.history.closes.keys() == {1012}
    assert weather.history.reconnects > 0


def _judge(delays: list[float]) -> None:
    """Most are in time, all are in time as far as a busy machine can be held to it."""
    sys.stdout.write(f"{len(delays)} arrivals meanwhile: {delays_of(delays)}\n")
    late = [delay for delay in delays if delay > LATE_SECONDS]
    assert len(delays) > 100
    assert median(delays) < LATE_SECONDS
    assert len(late) <= len(delays) // 100, delays_of(delays)
    assert max(delays) < LATE_SECONDS + SLACK_SECONDS, delays_of(delays)

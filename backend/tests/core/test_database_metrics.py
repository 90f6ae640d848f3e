"""Who waits for the database, and what it doesn't do, is counted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import exc, text

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.idempotency import IdempotencyKey
from musubi.settings import async_database_url
from tests.scraping import Recorded

WAITS, TIMEOUTS = "musubi_database_pool_wait_seconds_count", "musubi_database_pool_timeouts_total"
FAILURES = "musubi_database_failures_total"


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """A database with room for one at a time."""
    database = Database(async_database_url(url), pool_size=1)
    try:
        yield database
    finally:
        await database.dispose()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with opened(database_url) as database:
        yield database


async def test_only_who_finds_nothing_free_waits(database: Database) -> None:
    recorded = Recorded()
    async with database.reading() as reader:
        await reader.execute(text("SELECT 1"))
        assert recorded.since(WAITS) == 0
        waiting = asyncio.create_task(database.ping())
        # Its first step takes it as far as the queue.
        await asyncio.sleep(0)
    await waiting
    assert recorded.since(WAITS, pool="session") == 1
    assert recorded.since(TIMEOUTS) == 0


async def test_who_waits_in_vain(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musubi.core.database._POOL_TIMEOUT", 0.1)
    recorded = Recorded()
    async with opened(database_url) as database, database.reading() as reader:
        await reader.execute(text("SELECT 1"))
        with pytest.raises(exc.TimeoutError):
            await database.ping()
    assert recorded.since(WAITS, pool="session") == 1
    assert recorded.since(TIMEOUTS, pool="session") == 1
    assert recorded.since(FAILURES, kind="unavailable") == 1


async def test_failures_by_kind(database: Database) -> None:
    recorded = Recorded()
    row = {"user_id": 1, "key": "twice", "fingerprint": "", "claimed_at": utcnow()}
    with pytest.raises(exc.IntegrityError):
        async with database.transaction() as session:
            session.add_all([IdempotencyKey(**row), IdempotencyKey(**row)])
    assert (recorded.since(FAILURES), recorded.since(FAILURES, kind="conflict")) == (1, 1)
    with pytest.raises(exc.DBAPIError):
        async with database.reading() as reader:
            await reader.execute(text("SELECT nothing FROM nowhere"))
    assert recorded.since(FAILURES) == 2


async def test_a_database_that_is_not_there_is_a_failure() -> None:
    database = Database("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    recorded = Recorded()
    with pytest.raises(OSError, match=r"refused|Connect"):
        await database.ping()
    assert recorded.since(FAILURES, kind="unavailable") == 1
    await database.dispose()

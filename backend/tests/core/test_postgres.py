"""What only happens with a database server: connections that end. Not collected in embedded mode."""

import asyncio
import os

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import bindparam, exc, func, literal, select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from musubi.core.database import Database, is_unavailable
from musubi.core.queries import Query
from musubi.settings import async_database_url
from tests.scraping import Recorded
from tests.sql import database_of
from tests.support import Actor, error_of

OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.fixture
def database(app: FastAPI) -> Database:
    return database_of(app)


def lives(process: int) -> bool:
    """Whether there is such a process on this machine, whoever owns it."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def kill_connections(database: Database) -> int:
    """End every connection of the application, as a restart of the server does; how many there were."""
    engine = create_async_engine(database.engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        processes = (await connection.scalars(text(f"SELECT pid {OTHERS}"))).all()
        await connection.execute(text(f"SELECT pg_terminate_backend(pid) {OTHERS}"))
        # A process ends, which closes its connection, and the event loop notices when it next waits for a socket: all
        # of that takes less time than a question of our own, but not none.
        for _ in range(10_000):
            if not any(map(lives, processes)):
                break
            await connection.execute(text("SELECT 1"))
        else:
            raise AssertionError("the connections live on")
        await connection.execute(text("SELECT 1"))
    await engine.dispose()
    return len(processes)


async def test_after_the_connections_were_ended_the_next_request_is_served(member: Actor, database: Database) -> None:
    for number in range(3):
        assert await kill_connections(database) >= 1
        assert (await member.get("/items")).status_code == 200
        assert await kill_connections(database) >= 1
        assert (await member.post("/items", json={"title": "x"})).status_code == 201
        assert (await member.get("/items")).json()["meta"]["total"] == number + 1


async def test_a_transaction_whose_connection_ends_is_undone(member: Actor, database: Database) -> None:
    async def write() -> None:
        async with database.transaction() as session:
            await session.execute(text("DELETE FROM items"))
            await kill_connections(database)
            await session.execute(text("SELECT 1"))

    await member.make_item()
    with pytest.raises(exc.DBAPIError) as raised:
        await write()
    assert is_unavailable(raised.value)
    assert (await member.get("/items")).json()["meta"]["total"] == 1


async def test_without_the_server_it_is_unavailable_and_says_so(
    member: Actor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError("nobody listens")

    await kill_connections(database)
    with monkeypatch.context() as patched:
        patched.setattr(database.engine.sync_engine.dialect, "connect", refuse)
        for reply in (await member.get("/items"), await member.post("/items", json={"title": "x"})):
            assert reply.status_code == 503
            assert error_of(reply)["code"] == "SERVICE_UNAVAILABLE"
            assert reply.headers["Retry-After"] == "5"
        ready = await member.client.get("/health/ready")
        assert ready.status_code == 503
        assert error_of(ready)["details"] == {"failing": "database"}
        assert (await member.client.get("/health")).status_code == 200
    assert (await member.get("/items")).status_code == 200


async def test_a_query_that_was_given_up_leaves_nothing_behind(app: FastAPI, database: Database) -> None:
    """Its answer must not become the next one's."""
    slow = Query(select(func.pg_sleep(60), literal("late").label("word")))
    quick = Query(select(literal("soon").label("word")))
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await slow.all(database, {})
        assert [row.word for row in await quick.all(database, {})] == ["soon"]


async def test_an_error_of_the_driver_is_told_from_a_database_that_is_away(database: Database) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError) as raised:
        await Query(select(literal(1) / bindparam("zero", 0))).all(database, {})
    assert not is_unavailable(raised.value)


async def test_reads_that_wait_for_each_other_are_counted(database_url: str) -> None:
    database = Database(async_database_url(database_url), pool_size=1)
    query, recorded = Query(select(literal(1).label("one"))), Recorded()
    await asyncio.gather(*(query.all(database, {}) for _ in range(3)))
    assert recorded.since("musubi_database_pool_wait_seconds_count", pool="driver") == 2
    assert ("driver", 1, 0) in database.pools()
    with pytest.raises(asyncpg.DivisionByZeroError):
        await Query(select((literal(1) / bindparam("by", 0)).label("none"))).all(database, {})
    assert recorded.since("musubi_database_failures_total", kind="other") == 1
    await database.dispose()

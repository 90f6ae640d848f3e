"""The one rule of transactions, and what may differ from it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from httpx import AsyncClient
from sqlalchemy import event, exc, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import Message

from musubi.core.clock import utcnow
from musubi.core.database import (
    Database,
    SessionDep,
    after_commit,
    exclusive,
    is_unavailable,
    outlive_rollback,
)
from musubi.core.errors import Conflict
from musubi.core.http.route import Route
from musubi.core.idempotency import IdempotencyKey
from musubi.core.permissions import public
from tests.asgi import call
from tests.sql import database_of
from tests.support import Actor, error_of


def row(key: str) -> IdempotencyKey:
    """Any row of a table that refers to no other."""
    return IdempotencyKey(user_id=1, key=key, fingerprint="", claimed_at=utcnow())


async def keys(database: Database) -> list[str]:
    async with database.reading() as reader:
        return list(await reader.scalars(select(IdempotencyKey.key).order_by(IdempotencyKey.key)))


@pytest.fixture
def database(app: FastAPI) -> Database:
    return database_of(app)


router = APIRouter(prefix="/api/v1/probe", route_class=Route, dependencies=[Depends(public)])


@router.post("/write/{key}", status_code=201)
async def write(session: SessionDep, key: str) -> dict[str, str]:
    session.add(row(key))
    return {"written": key}


@router.post("/write-and-fail/{key}")
async def write_and_fail(session: SessionDep, key: str) -> None:
    async def survive(survivor: AsyncSession) -> None:
        survivor.add(row(f"{key} survived"))

    session.add(row(key))
    await session.flush()
    outlive_rollback(session, survive)
    raise Conflict


@contextmanager
def failing_commits(database: Database, error: Exception) -> Iterator[None]:
    def fail(_connection: Any) -> None:
        raise error

    event.listen(database.engine.sync_engine, "commit", fail)
    try:
        yield
    finally:
        event.remove(database.engine.sync_engine, "commit", fail)


async def test_the_reply_is_sent_when_the_row_is_there(app: FastAPI, database: Database) -> None:
    """Whoever is told 201 finds it: also another connection, at the very moment the reply begins."""
    app.include_router(router)
    seen: list[tuple[int, list[str]]] = []

    async def spying(scope: Any, receive: Any, send: Any) -> None:
        async def spy(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.append((message["status"], await keys(database)))
            await send(message)

        await app(scope, receive, spy)

    await call(spying, "POST", b"/api/v1/probe/write/a")
    await call(spying, "POST", b"/api/v1/probe/write-and-fail/b")
    assert seen == [(201, ["a"]), (409, ["a", "b survived"])]


@pytest.mark.parametrize(
    ("error", "status"),
    [(RuntimeError("disk full"), 500), (exc.OperationalError("COMMIT", {}, Exception("disk full")), 503)],
)
async def test_what_is_not_committed_is_no_success(
    client: AsyncClient, app: FastAPI, database: Database, error: Exception, status: int
) -> None:
    app.include_router(router)
    with failing_commits(database, error):
        reply = await client.post("/api/v1/probe/write/a")
    assert reply.status_code == status
    assert "disk full" not in reply.text
    assert await keys(database) == []
    assert (await client.post("/api/v1/probe/write/a")).status_code == 201


async def test_an_item_that_is_not_committed_is_no_success(member: Actor, database: Database) -> None:
    with failing_commits(database, RuntimeError("disk full")):
        reply = await member.post("/items", json={"title": "x"})
    assert reply.status_code == 500
    assert error_of(reply)["code"] == "INTERNAL_SERVER_ERROR"
    assert (await member.get("/items")).json()["meta"]["total"] == 0


async def fail(database: Database, prepare: Callable[[AsyncSession], None]) -> None:
    """A transaction that writes and then fails."""
    async with database.transaction() as session:
        session.add(row("undone"))
        await session.flush()
        prepare(session)
        raise Conflict


async def test_an_error_undoes_what_was_written(database: Database) -> None:
    with pytest.raises(Conflict):
        await fail(database, lambda _: None)
    assert await keys(database) == []


async def test_what_outlives_a_rollback_is_written_then_and_only_then(database: Database) -> None:
    async def survive(session: AsyncSession) -> None:
        session.add(row("survivor"))

    async with database.transaction() as session:
        outlive_rollback(session, survive)
        session.add(row("a"))
    assert await keys(database) == ["a"]
    with pytest.raises(Conflict):
        await fail(database, lambda session: outlive_rollback(session, survive))
    assert await keys(database) == ["a", "survivor"]


async def test_hanging_up_undoes_what_was_written_and_lets_the_rest_outlive_it(database: Database) -> None:
    begun = asyncio.Event()

    async def survive(session: AsyncSession) -> None:
        await session.execute(text("SELECT 1"))
        session.add(row("survivor"))

    async def request() -> None:
        async with database.transaction() as session:
            session.add(row("a"))
            await session.flush()
            outlive_rollback(session, survive)
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(request())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await keys(database) == ["survivor"]


async def test_after_a_commit_and_not_after_a_rollback(database: Database) -> None:
    told: list[list[str]] = []

    async def tell() -> None:
        told.append(await keys(database))

    async with database.transaction() as session:
        after_commit(session, tell)
        after_commit(session, tell)
        session.add(row("a"))
        await session.flush()
        assert told == []
    assert told == [["a"], ["a"]]
    with pytest.raises(Conflict):
        await fail(database, lambda session: after_commit(session, tell))
    assert len(told) == 2


async def test_a_commit_that_fails_is_none(database: Database) -> None:
    told: list[bool] = []

    async def tell() -> None:
        told.append(True)

    async def write() -> None:
        async with database.transaction() as session:
            after_commit(session, tell)
            session.add(row("a"))

    with failing_commits(database, RuntimeError("disk full")), pytest.raises(RuntimeError):
        await write()
    assert (told, await keys(database)) == ([], [])


async def test_a_rule_over_many_rows_holds_for_whoever_takes_turns(database: Database) -> None:
    async def add_the_only_one(number: int) -> None:
        async with database.transaction() as session:
            await exclusive(session, "superusers")
            count = await session.scalar(select(func.count()).select_from(IdempotencyKey))
            # Meanwhile everyone else may look, if they can.
            await keys(database)
            if not count:
                session.add(row(str(number)))

    await asyncio.gather(*(add_the_only_one(number) for number in range(8)))
    assert len(await keys(database)) == 1


async def test_many_write_at_once_and_none_fails(member: Actor) -> None:
    item = await member.make_item()
    replies = await asyncio.gather(
        *(member.post("/items", json={"title": f"number {number}"}) for number in range(15)),
        *(member.patch(f"/items/{item['id']}", json={"title": f"by {number}"}) for number in range(15)),
        *(member.get("/items") for _ in range(15)),
    )
    assert [reply.status_code for reply in replies] == [201] * 15 + [200] * 30
    page = (await member.get("/items", params={"limit": 100})).json()
    assert page["meta"]["total"] == len(page["data"]) == 16
    assert (await member.get(f"/items/{item['id']}")).json()["version"] == 16


async def test_reading_does_not_wait_for_a_writer(database: Database) -> None:
    async with database.transaction() as session:
        session.add(row("a"))
        await session.flush()
        async with asyncio.timeout(5):
            assert await keys(database) == []
    assert await keys(database) == ["a"]


async def test_reading_changes_nothing(database: Database) -> None:
    """No transaction stays open behind a reading connection, so that nothing is kept from being cleaned up."""
    async with database.reading() as reader:
        await reader.scalar(select(func.count()).select_from(IdempotencyKey))
        if not database.is_sqlite:
            idle = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND datname = current_database()"
            assert await reader.scalar(text(idle)) == 0
        async with database.transaction() as session:
            session.add(row("a"))
        assert await reader.scalar(select(func.count()).select_from(IdempotencyKey)) == 1


@pytest.mark.parametrize(
    ("error", "unavailable"),
    [
        (exc.OperationalError("SELECT 1", {}, Exception()), True),
        (exc.InterfaceError("SELECT 1", {}, Exception()), True),
        (exc.TimeoutError(), True),
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (exc.ProgrammingError("SELECT nonsense", {}, Exception()), False),
        (exc.IntegrityError("INSERT", {}, Exception()), False),
        (exc.DataError("SELECT 1", {}, Exception()), False),
        (ValueError(), False),
        (OSError(), False),
    ],
)
def test_what_counts_as_unavailable(error: Exception, *, unavailable: bool) -> None:
    assert is_unavailable(error) is unavailable

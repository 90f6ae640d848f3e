"""What is cleared away by itself."""

from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import select, text
from structlog.testing import capture_logs

from musubi.core.clock import utcnow
from musubi.core.idempotency import KEPT_FOR, IdempotencyKey
from musubi.core.jobs.deletion import delete_in_batches
from musubi.core.outbox import KEPT, OutboxMessage
from musubi.core.sqlite_upkeep import log_of
from musubi.settings import Settings
from tests.conftest import AppMaker, Clock
from tests.features.files.seeds import app_of
from tests.sql import database_of, watch
from tests.support import Actor, make_actor


async def add_keys(app: FastAPI, **ages: timedelta) -> None:
    async with database_of(app).transaction() as session:
        for key, age in ages.items():
            session.add(IdempotencyKey(user_id=1, key=key, fingerprint="", claimed_at=utcnow() - age))


async def keys(app: FastAPI) -> list[str]:
    async with database_of(app).reading() as reader:
        return list(await reader.scalars(select(IdempotencyKey.key).order_by(IdempotencyKey.key)))


async def test_keys_that_nobody_can_repeat_any_more_go(app: FastAPI, moving_clock: Clock) -> None:
    await app.state.jobs.drain()
    hour = timedelta(hours=1)
    await add_keys(app, kept=KEPT_FOR - 2 * hour, outdated=KEPT_FOR)
    moving_clock.forward(minutes=59)
    await app.state.jobs.drain()
    assert await keys(app) == ["kept", "outdated"], "it is not time yet"
    moving_clock.forward(minutes=1)
    await app.state.jobs.drain()
    assert await keys(app) == ["kept"]


async def test_messages_that_every_process_has_taken_go(app: FastAPI, moving_clock: Clock) -> None:
    await app.state.jobs.drain()
    for topic, age in (("kept", timedelta(minutes=-1)), ("outdated", timedelta(minutes=1))):
        async with database_of(app).transaction() as session:
            session.add(OutboxMessage(topic=topic, payload={}, created_at=utcnow() - age))
    moving_clock.forward(seconds=KEPT.total_seconds())
    await app.state.jobs.drain()
    async with database_of(app).reading() as reader:
        assert list(await reader.scalars(select(OutboxMessage.topic))) == ["kept"]


async def test_many_rows_go_in_batches(app: FastAPI) -> None:
    await add_keys(app, **{f"key{number:02}": timedelta(minutes=number) for number in range(25)})
    outdated = IdempotencyKey.claimed_at < utcnow() - timedelta(minutes=2.5)
    with watch(app) as statements:
        assert await delete_in_batches(database_of(app), IdempotencyKey.id, outdated, batch=10) == 22
    assert sum(sql.startswith("DELETE") for sql, _ in statements) == 3
    assert await keys(app) == ["key00", "key01", "key02"]
    assert await delete_in_batches(database_of(app), IdempotencyKey.id, outdated) == 0


async def test_the_embedded_database_is_looked_after(app: FastAPI, member: Actor, moving_clock: Clock) -> None:
    await app.state.jobs.drain()
    moving_clock.forward(days=1)
    with capture_logs() as lines:
        await app.state.jobs.drain()
    events = {line["event"] for line in lines}
    database = database_of(app)
    assert ("log copied" in events) == ("statistics refreshed" in events) == database.is_sqlite
    if database.is_sqlite:
        async with database.reading() as reader:
            assert await reader.scalar(text("SELECT count(*) FROM sqlite_stat1"))


async def test_a_server_that_stops_leaves_no_log(make_client: AppMaker, settings: Settings) -> None:
    client = await make_client()
    await make_actor(client, "hanako")
    database = database_of(app_of(client))
    file = settings.database.database
    if not database.is_sqlite or file is None:
        return
    assert log_of(Path(file)).stat().st_size > 0
    await database.dispose()
    assert not log_of(Path(file)).exists(), "the last connection copies it"

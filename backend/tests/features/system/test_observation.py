"""What is looked at for metrics, because nobody passes by it."""

import asyncio
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import insert, update

from musubi.core.clock import utcnow
from musubi.core.jobs import Job
from musubi.core.last_backup import LastBackup, note_backup
from musubi.core.metrics import REGISTRY
from musubi.core.outbox import OutboxMessage
from musubi.features.system.observation import Observation, observing
from musubi.settings import Settings
from tests.conftest import AppMaker
from tests.features.files.seeds import app_of
from tests.scraping import Scrape


async def seen(app: FastAPI) -> Scrape:
    await Observation(app).look()
    return Scrape.of_registry(REGISTRY)


async def test_jobs_and_outbox_are_counted_in_the_database(app: FastAPI) -> None:
    now = utcnow()
    jobs = [
        {"kind": "mail.send", "dead_at": now, "due_at": now},
        {"kind": "mail.send", "due_at": now - timedelta(minutes=7)},
        {"kind": "mail.send", "due_at": now - timedelta(minutes=2)},
        {"kind": "mail.send", "due_at": now + timedelta(minutes=1), "lease": "somebody's"},
    ]
    defaults = {"payload": {}, "attempts": 1, "created_at": now, "locale": "en", "lease": None, "dead_at": None}
    async with app.state.database.transaction() as session:
        await session.execute(insert(Job), [{**defaults, **job} for job in jobs])
        message = {"topic": "frame", "payload": {}, "created_at": now - timedelta(minutes=90)}
        await session.execute(insert(OutboxMessage), [message])
    scrape = await seen(app)
    counts = {state: scrape.sum("musubi_jobs", state=state) for state in ("waiting", "running", "dead")}
    assert counts == {"waiting": 2, "running": 1, "dead": 1}
    assert 420 <= scrape.sum("musubi_jobs_oldest_waiting_seconds") < 480
    assert scrape.sum("musubi_outbox_messages") == 1
    assert 5400 <= scrape.sum("musubi_outbox_oldest_age_seconds") < 5460
    async with app.state.database.transaction() as session:
        await session.execute(update(Job).values(dead_at=now))
    scrape = await seen(app)
    assert scrape.sum("musubi_jobs", state="dead") == 4
    assert scrape.sum("musubi_jobs_oldest_waiting_seconds") == 0


async def test_backups_and_room_on_the_disk(app: FastAPI, settings: Settings) -> None:
    assert (await seen(app)).sum("musubi_backup_last_success_timestamp_seconds") == 0
    finished_at = utcnow() - timedelta(days=3)
    note_backup(settings.data_dir, LastBackup(finished_at, 4711, "/srv/backups/one"))
    scrape = await seen(app)
    assert scrape.sum("musubi_backup_last_success_timestamp_seconds") == pytest.approx(finished_at.timestamp())
    assert 0 < scrape.sum("musubi_data_free_bytes") < scrape.sum("musubi_data_size_bytes")


async def test_the_process_and_its_pools(app: FastAPI) -> None:
    scrape = await seen(app)
    assert scrape.sum("musubi_ready") == 1
    assert scrape.sum("musubi_process_resident_bytes") > 10 * 1024 * 1024
    assert 0 < scrape.sum("musubi_process_open_files") < scrape.sum("musubi_process_open_files_limit")
    size = scrape.sum("musubi_database_pool_size", pool="session")
    assert size == app.state.settings.database_pool_size
    async with app.state.database.transaction() as session:
        await session.connection()
        assert (await seen(app)).sum("musubi_database_pool_in_use", pool="session") == 1
    assert (await seen(app)).sum("musubi_database_pool_in_use", pool="session") == 0


async def test_a_process_that_is_told_to_stop_is_not_ready(app: FastAPI) -> None:
    app.state.hub.send_away()
    assert (await seen(app)).sum("musubi_ready") == 0


async def test_nothing_is_looked_at_where_nobody_asks(make_client: AppMaker) -> None:
    def tasks() -> int:
        return sum("Observation" in str(task.get_coro()) for task in asyncio.all_tasks())

    app = app_of(await make_client())
    async with observing(app):
        assert tasks() == 0
    app.state.settings = app.state.settings.model_copy(update={"metrics_port": 9464})
    async with observing(app):
        assert tasks() == 1
    assert tasks() == 0

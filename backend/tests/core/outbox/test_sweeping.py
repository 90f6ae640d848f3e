"""What didn't come over the bus is found in the database."""

import asyncio
from datetime import timedelta

import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy import insert

from musubi.core import clock
from musubi.core.database import Database
from musubi.core.outbox import OutboxMessage, outbox
from tests.core.outbox.process import PATIENCE_SECONDS, TOPIC, Cable, Process, StartProcess, write
from tests.sql import watch


async def test_what_the_bus_lost_is_found(start: StartProcess, cable: Cable, monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself, without being told that anything was missed."""
    monkeypatch.setattr(outbox, "SWEEP_SECONDS", 0.01)
    maker, other = await start(), await start()
    cable.is_cut = True
    await maker.say({"n": 1})
    await other.until_taken({"n": 1})
    assert maker.taken == [{"n": 1}]


async def test_it_looks_more_often_while_the_bus_is_down(
    start: StartProcess, cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SWEEP_SECONDS", 3600.0)
    monkeypatch.setattr(outbox, "SWEEP_SECONDS_WITHOUT_BUS", 0.01)
    maker = await start()
    cable.is_cut = True
    other = Process(maker.database, cable)
    cable.buses[-1].is_healthy = False
    await other.outbox.listen()
    await maker.say({"n": 1})
    await other.until_taken({"n": 1})
    await other.outbox.close()


@pytest.mark.usefixtures("no_sweeps")
async def test_it_looks_at_once_when_told_of_a_gap(start: StartProcess, cable: Cable) -> None:
    maker, other = await start(), await start()
    cable.is_cut = True
    await maker.say({"n": 1})
    other.outbox.look_now()
    await other.until_taken({"n": 1})


@pytest.mark.usefixtures("no_sweeps")
async def test_what_a_process_left_that_died_after_its_commit_is_taken(start: StartProcess, app: FastAPI) -> None:
    one, other = await start(), await start()
    await write(app, {"n": 1})
    for process in (one, other):
        await process.sweep()
        await process.sweep()
        assert process.taken == [{"n": 1}]


@pytest.mark.usefixtures("no_sweeps")
async def test_what_was_committed_before_listening_is_not_taken(start: StartProcess, app: FastAPI) -> None:
    await write(app, {"n": "before"})
    process = await start()
    await write(app, {"n": "after"})
    await process.sweep()
    assert process.taken == [{"n": "after"}]


@pytest.mark.usefixtures("no_sweeps")
async def test_listening_twice_is_listening_once(start: StartProcess, app: FastAPI) -> None:
    process = await start()
    await write(app, {"n": 1})
    await asyncio.gather(process.outbox.listen(), process.outbox.listen())
    await process.sweep()
    assert process.taken == [{"n": 1}]


@pytest.mark.usefixtures("no_sweeps")
async def test_listening_begins_when_the_database_can_be_asked(start: StartProcess, app: FastAPI) -> None:
    """Otherwise it would not be known what was there before."""
    maker = await start()
    late = Process(Database("sqlite+aiosqlite:////nowhere/musubi.sqlite3"), Cable())
    with pytest.raises(Exception, match="unable to open"):
        await late.outbox.listen()
    await late.database.dispose()
    late.app.state.database = app.state.database
    await write(app, {"n": "before"})
    await late.outbox.listen()
    await maker.say({"n": "after"})
    await late.sweep()
    assert late.taken == [{"n": "after"}]
    await late.outbox.close()


@pytest.mark.usefixtures("no_sweeps")
async def test_numbers_may_appear_out_of_order(start: StartProcess, app: FastAPI) -> None:
    """They are given out before the commit: a transaction that began earlier can end later."""
    process = await start()
    for message_id in (1003, 1001, 1002):
        await write(app, {"n": message_id}, id=message_id)
        await process.sweep()
    assert process.taken == [{"n": 1003}, {"n": 1001}, {"n": 1002}]


@pytest.mark.usefixtures("no_sweeps")
async def test_a_long_transaction_is_not_missed(start: StartProcess, app: FastAPI) -> None:
    process = await start()
    started = clock.utcnow() - outbox.WINDOW + timedelta(seconds=15)
    await write(app, {"n": "quick"})
    await process.sweep()
    await write(app, {"n": "long"}, created_at=started)
    await process.sweep()
    assert process.taken == [{"n": "quick"}, {"n": "long"}]


@pytest.mark.usefixtures("no_sweeps")
async def test_many_that_were_missed_are_all_taken(start: StartProcess, app: FastAPI) -> None:
    process = await start()
    async with app.state.database.transaction() as session:
        rows = [{"topic": TOPIC, "payload": {"n": n}, "created_at": clock.utcnow()} for n in range(1201)]
        await session.execute(insert(OutboxMessage), rows)
    await process.sweep()
    assert process.taken == [{"n": n} for n in range(1201)]


@pytest.mark.usefixtures("no_sweeps")
async def test_a_sweep_that_fails_is_not_the_last(
    start: StartProcess, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = await start()
    await write(app, {"n": 1})
    with monkeypatch.context() as patch:
        failed = asyncio.Event()

        async def fail(database: Database) -> list[int]:
            failed.set()
            raise RuntimeError("of any kind")

        patch.setattr(outbox, "_recent", fail)
        with structlog.testing.capture_logs() as logged:
            process.outbox.look_now()
            await asyncio.wait_for(failed.wait(), PATIENCE_SECONDS)
    process.outbox.look_now()
    await process.until_taken({"n": 1})
    assert [entry["event"] for entry in logged] == ["outbox sweep failed"]


@pytest.mark.usefixtures("no_sweeps")
async def test_looking_costs_one_query_as_long_as_nothing_was_missed(start: StartProcess, app: FastAPI) -> None:
    process = await start()
    await process.say(*({"n": n} for n in range(20)))
    with watch(app) as statements:
        await process.sweep()
    [(sql, _)] = statements
    assert "payload" not in sql

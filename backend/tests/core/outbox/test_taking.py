"""What is committed is taken by every process, once."""

import asyncio
from types import SimpleNamespace

import pytest
import structlog
from fastapi import FastAPI

from musubi.core.outbox import outbox
from tests.conftest import Clock
from tests.core.outbox.process import TOPIC, Cable, StartProcess, write


@pytest.mark.usefixtures("no_sweeps")
async def test_of_what_was_rolled_back_nobody_hears(start: StartProcess, cable: Cable) -> None:
    maker, other = await start(), await start()

    async def change_one_s_mind() -> None:
        async with maker.database.transaction() as session:
            await maker.outbox.publish(session, TOPIC, {"n": 1})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change_one_s_mind()
    await maker.sweep()
    await other.sweep()
    assert (maker.taken, other.taken, cable.passed) == ([], [], [])


@pytest.mark.usefixtures("no_sweeps")
async def test_nobody_hears_before_the_commit(start: StartProcess, cable: Cable) -> None:
    maker = await start()
    async with maker.database.transaction() as session:
        await maker.outbox.publish(session, TOPIC, {"n": 1})
        assert (maker.taken, cable.passed) == ([], [])
    assert maker.taken == [{"n": 1}]


@pytest.mark.usefixtures("no_sweeps")
async def test_what_was_committed_is_taken_once_by_everyone(start: StartProcess) -> None:
    maker, other, third = await start(), await start(), await start()
    payloads = [{"n": n, "text": "結び"} for n in range(3)]
    await maker.say(*payloads)
    assert maker.taken == payloads, "the process that made the change doesn't wait for anything"
    await other.until_taken(*payloads)
    await third.until_taken(*payloads)
    for process in (maker, other, third):
        await process.sweep()
        await process.sweep()
        assert len(process.taken) == 3


@pytest.mark.usefixtures("no_sweeps")
async def test_a_receiver_that_fails_disturbs_nobody(start: StartProcess, cable: Cable) -> None:
    maker, other = await start(), await start()
    with structlog.testing.capture_logs() as logged:
        async with maker.database.transaction() as session:
            await maker.outbox.publish(session, "failing", {"secret": "n"})
            await maker.outbox.publish(session, TOPIC, {"n": 1})
        await other.until_taken({"n": 1})
    assert maker.taken == [{"n": 1}]
    assert [entry["event"] for entry in logged] == ["outbox message failed"] * 2
    assert "secret" not in repr(logged)
    cable.is_cut = True
    await maker.say({"x": 1}, topic="failing")
    await maker.say({"n": 2})
    await other.sweep()
    assert other.taken == [{"n": 1}, {"n": 2}]


@pytest.mark.usefixtures("no_sweeps")
async def test_what_nobody_here_knows_is_passed_over(start: StartProcess, app: FastAPI) -> None:
    """A newer version of the application may run beside this one."""
    process = await start()
    await write(app, {"n": 1}, topic="of the future")
    await write(app, {"n": 2})
    await process.sweep()
    assert process.taken == [{"n": 2}]


async def test_a_topic_that_nobody_receives_is_a_mistake(start: StartProcess) -> None:
    process = await start()
    with pytest.raises(LookupError, match="no feature receives unknown"):
        await process.say({}, topic="unknown")


@pytest.mark.usefixtures("no_sweeps")
async def test_whoever_is_cancelled_after_the_commit_has_told(start: StartProcess, cable: Cable) -> None:
    maker, other = await start(), await start()
    maker.held.clear()
    saying = asyncio.create_task(maker.say({"n": 1}))
    await other.until_taken({"n": 1})
    saying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saying
    maker.held.set()
    await maker.until_taken({"n": 1})


@pytest.mark.usefixtures("no_sweeps")
async def test_it_forgets_what_can_not_be_found_again(
    start: StartProcess, app: FastAPI, monkeypatch: pytest.MonkeyPatch, moving_clock: Clock
) -> None:
    process = await start()
    seconds = 0.0
    monkeypatch.setattr(outbox, "time", SimpleNamespace(monotonic=lambda: seconds))
    for _ in range(10):
        await process.say(*({"n": n} for n in range(100)))
        await process.sweep()
        moving_clock.forward(minutes=1)
        seconds += 60
    assert len(process.taken) == 1000
    assert len(process.outbox._taken) <= 300

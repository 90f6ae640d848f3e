"""As long as a backup reads, no bytes go; and no longer, whatever becomes of it."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import delete, select

from musubi.core.jobs import Job
from musubi.features.files import clean_up, holds
from musubi.features.files.holds import HOLD_REMOVALS, HoldLost, removals_held
from musubi.features.files.models import File
from tests.conftest import Clock
from tests.features.files.seeds import plant
from tests.features.files.support import expect_nothing_left, kept_in, rows_of, uploaded
from tests.sql import database_of
from tests.support import Actor


async def removed(actor: Actor) -> None:
    """Upload a file, and delete it."""
    file = await uploaded(actor)
    assert (await actor.delete(f"/upload/files/{file['stored_name']}")).status_code == 204


async def test_bytes_stay_while_they_are_held(app: FastAPI, member: Actor, moving_clock: Clock) -> None:
    await app.state.jobs.drain()
    async with removals_held(database_of(app)):
        await removed(member)
        await app.state.jobs.drain()
        assert await rows_of(app) == []
        assert len(await kept_in(app)) == 2
    moving_clock.forward(seconds=holds.LASTS.total_seconds())
    await expect_nothing_left(app)


async def test_a_hold_that_nobody_renews_ends_by_itself(app: FastAPI, member: Actor, moving_clock: Clock) -> None:
    await app.state.jobs.drain()
    async with removals_held(database_of(app)) as hold:
        await removed(member)
        moving_clock.forward(seconds=holds.LASTS.total_seconds() / 2)
        await app.state.jobs.drain()
        await hold.renew()
        moving_clock.forward(seconds=holds.LASTS.total_seconds() / 2)
        await app.state.jobs.drain()
        assert len(await kept_in(app)) == 2
        moving_clock.forward(seconds=holds.LASTS.total_seconds())
        await expect_nothing_left(app)
        with pytest.raises(HoldLost):
            await hold.renew()
    async with database_of(app).reading() as reader:
        assert (await reader.scalars(select(Job.id).where(Job.kind == HOLD_REMOVALS.name))).all() == []


async def test_one_of_several(app: FastAPI, member: Actor, moving_clock: Clock) -> None:
    await app.state.jobs.drain()
    async with removals_held(database_of(app)):
        async with removals_held(database_of(app)):
            await removed(member)
        await app.state.jobs.drain()
        assert len(await kept_in(app)) == 2
    assert await holds.held_until(database_of(app)) is None


async def test_the_sweep_waits_too(app: FastAPI, member: Actor) -> None:
    """A backup that saw a row counts on its bytes, and to the sweep they are nobody's."""
    await plant(app, member)
    async with removals_held(database_of(app)):
        async with database_of(app).transaction() as session:
            await session.execute(delete(File))
        assert await clean_up.sweep(app, timedelta()) == 0
        assert len(await kept_in(app)) == 1
    assert await clean_up.sweep(app, timedelta()) == 1


async def test_it_is_renewed_by_itself(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holds, "LASTS", timedelta(seconds=0.6))
    async with removals_held(database_of(app)) as hold:
        first = last = await holds.held_until(database_of(app))
        while first == last:
            last = await holds.held_until(database_of(app))
        await hold.renew()

"""One-time tokens: for one purpose, once, for a while, and kept as nothing but a hash."""

import asyncio
from datetime import timedelta

from fastapi import FastAPI
from sqlalchemy import select

from musubi.features.accounts import one_time
from musubi.features.accounts.models import OneTimeToken
from musubi.features.accounts.one_time import Purpose
from tests.conftest import Clock
from tests.support import Actor

HOUR = timedelta(hours=1)


async def issue(app: FastAPI, purpose: Purpose = Purpose.VERIFY_EMAIL, user_id: int | None = None) -> str:
    async with app.state.database.transaction() as session:
        return await one_time.issue(session, purpose, lifetime=HOUR, user_id=user_id, data={"address": "a@b.c"})


async def take(app: FastAPI, token: str, purpose: Purpose = Purpose.VERIFY_EMAIL) -> OneTimeToken | None:
    async with app.state.database.transaction() as session:
        return await one_time.take(session, purpose, token)


async def test_it_brings_back_what_belongs_to_it_once(app: FastAPI, member: Actor) -> None:
    token = await issue(app, user_id=member.id)
    taken = await take(app, token)
    assert taken is not None
    assert (taken.user_id, taken.data) == (member.id, {"address": "a@b.c"})
    assert await take(app, token) is None


async def test_of_many_at_once_one_gets_it(app: FastAPI) -> None:
    token = await issue(app)
    taken = await asyncio.gather(*(take(app, token) for _ in range(50)))
    assert len([row for row in taken if row is not None]) == 1


async def test_it_is_good_for_one_purpose(app: FastAPI) -> None:
    token = await issue(app)
    assert await take(app, token, Purpose.RESET_PASSWORD) is None
    assert await take(app, token) is not None


async def test_it_expires(app: FastAPI, moving_clock: Clock) -> None:
    token, late = await issue(app), await issue(app)
    moving_clock.forward(minutes=59)
    assert await take(app, token) is not None
    moving_clock.forward(minutes=1)
    assert await take(app, late) is None


async def test_looking_at_it_leaves_it(app: FastAPI) -> None:
    token = await issue(app)
    async with app.state.database.transaction() as session:
        assert await one_time.peek(session, Purpose.VERIFY_EMAIL, token) is not None
        assert await one_time.peek(session, Purpose.OIDC, token) is None
    assert await take(app, token) is not None


async def test_only_so_many_answers_are_looked_at(app: FastAPI) -> None:
    token = await issue(app)

    async def attempt() -> bool:
        async with app.state.database.transaction() as session:
            return await one_time.attempt(session, Purpose.VERIFY_EMAIL, token, at_most=3) is not None

    assert sorted(await asyncio.gather(*(attempt() for _ in range(10)))) == [False] * 7 + [True] * 3
    # The last of them may have been right.
    assert await take(app, token) is not None
    assert not await attempt()


async def test_those_of_a_user_can_be_made_worthless(app: FastAPI, member: Actor, other: Actor) -> None:
    reset, verify = await issue(app, Purpose.RESET_PASSWORD, member.id), await issue(app, user_id=member.id)
    others = await issue(app, Purpose.RESET_PASSWORD, other.id)
    async with app.state.database.transaction() as session:
        await one_time.void(session, member.id, Purpose.RESET_PASSWORD)
    assert await take(app, reset, Purpose.RESET_PASSWORD) is None
    assert await take(app, others, Purpose.RESET_PASSWORD) is not None
    assert await take(app, verify) is not None


async def test_it_is_kept_nowhere(app: FastAPI) -> None:
    token = await issue(app)
    async with app.state.database.reading() as reader:
        [row] = (await reader.execute(select(OneTimeToken.__table__))).all()
    assert token not in repr(row)

"""What accounts clear away: tokens that have expired, and sessions long after their end."""

from datetime import timedelta

from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import func, select

from musubi.features.accounts.clean_up import CLEAR_EXPIRED, SESSIONS_KEPT_FOR
from musubi.features.accounts.models import AuthSession, OneTimeToken
from tests.conftest import Clock
from tests.support import Actor, sign_in


async def tokens(app: FastAPI) -> int:
    async with app.state.database.reading() as reader:
        return await reader.scalar(select(func.count()).select_from(OneTimeToken)) or 0


async def session_ids(app: FastAPI) -> list[int]:
    async with app.state.database.reading() as reader:
        return [row.id for row in await reader.execute(select(AuthSession.id).order_by(AuthSession.id))]


async def test_expired_tokens_go_and_the_others_stay(
    app: FastAPI, client: AsyncClient, member: Actor, moving_clock: Clock
) -> None:
    await app.state.jobs.drain()
    # One for an hour, beside the one for two days from registering.
    await client.post("/api/v1/auth/forgot-password", json={"email": "hanako@example.com"})
    await app.state.jobs.drain()
    assert await tokens(app) == 2
    moving_clock.forward(seconds=CLEAR_EXPIRED.every.total_seconds() * 1.1)
    await app.state.jobs.drain()
    assert await tokens(app) == 1
    moving_clock.forward(days=2)
    await app.state.jobs.drain()
    assert await tokens(app) == 0


async def test_sessions_go_a_while_after_their_end(
    app: FastAPI, client: AsyncClient, member: Actor, moving_clock: Clock
) -> None:
    """However they ended: the first by signing out, the second by itself, days later."""
    await app.state.jobs.drain()
    second = await sign_in(client, "hanako")
    third = await sign_in(client, "hanako")
    assert (await member.post("/auth/logout")).status_code == 200
    first_id, second_id, third_id = await session_ids(app)
    moving_clock.forward(seconds=(SESSIONS_KEPT_FOR - timedelta(days=1)).total_seconds())
    await app.state.jobs.drain()
    assert await session_ids(app) == [first_id, second_id, third_id]
    moving_clock.forward(days=2)
    await app.state.jobs.drain()
    assert await session_ids(app) == [second_id, third_id]
    moving_clock.forward(days=8)
    fourth = await sign_in(client, "hanako")
    await app.state.jobs.drain()
    assert len(await session_ids(app)) == 1
    assert (await fourth.get("/users/me")).status_code == 200
    for ended in (second, third):
        assert (await ended.get("/users/me")).status_code == 401

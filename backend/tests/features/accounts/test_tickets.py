"""Tickets and tokens, as what opens live connections asks about them."""

import asyncio
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select

from musubi.core.clock import utcnow
from musubi.core.errors import Unauthorized
from musubi.core.permissions import Principal
from musubi.features.accounts import one_time, tickets
from musubi.features.accounts.models import OneTimeToken
from musubi.features.accounts.sessions import Sessions
from tests.conftest import AppMaker, Clock
from tests.limits import app_of
from tests.sql import database_of
from tests.support import Actor, make_actor


def sessions_of(app: FastAPI) -> Sessions:
    sessions = app.state.accounts.sessions
    assert isinstance(sessions, Sessions)
    return sessions


async def principal_of(app: FastAPI, actor: Actor) -> tuple[Principal, datetime]:
    return await sessions_of(app).principal_of_token(database_of(app), actor.access_token)


async def issue(app: FastAPI, actor: Actor) -> str:
    async with database_of(app).transaction() as session:
        return await tickets.issue_ticket(session, *await principal_of(app, actor))


async def take(app: FastAPI, ticket: str) -> tickets.Ticket | None:
    async with database_of(app).transaction() as session:
        return await tickets.take_ticket(session, ticket)


async def test_a_token_says_whose_it_is_and_for_how_long(app: FastAPI, member: Actor) -> None:
    principal, expires_at = await principal_of(app, member)
    assert (principal.user_id, principal.username, principal.permissions) == (member.id, "hanako", frozenset())
    assert timedelta(minutes=59) < expires_at - utcnow() < timedelta(minutes=61)


async def test_no_token_outlives_its_session(make_client: AppMaker, moving_clock: Clock) -> None:
    client = await make_client(access_token_minutes=1440, session_days=1)
    app, actor = app_of(client), await make_actor(client, "hanako")
    moving_clock.forward(hours=23)
    reply = await client.post("/api/v1/auth/refresh", json={"refresh_token": actor.refresh_token})
    fresh = Actor(client, actor.user, reply.json()["access_token"], "")
    _, expires_at = await principal_of(app, fresh)
    assert expires_at - utcnow() < timedelta(hours=1, seconds=1)
    moving_clock.forward(hours=1)
    with pytest.raises(Unauthorized):
        await principal_of(app, fresh)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "ü", "\x00"])
async def test_what_is_no_token_is_nobodys(app: FastAPI, token: str) -> None:
    with pytest.raises(Unauthorized):
        await sessions_of(app).principal_of_token(database_of(app), token)


async def test_nobody_comes_in_with_a_session_that_ended(
    app: FastAPI, superuser: Actor, member: Actor, other: Actor
) -> None:
    ids = [(await principal_of(app, actor))[0].session_id for actor in (member, other)]
    await member.post("/auth/logout")
    await superuser.patch(f"/users/{other.id}", json={"is_active": False})
    for actor, session_id in ((member, ids[0]), (other, ids[1])):
        with pytest.raises(Unauthorized):
            await principal_of(app, actor)
        with pytest.raises(Unauthorized):
            await sessions_of(app).principal_of_session(database_of(app), session_id)
    with pytest.raises(Unauthorized):
        await sessions_of(app).principal_of_session(database_of(app), 9999)


async def test_a_session_says_whose_it_is(app: FastAPI, superuser: Actor, member: Actor) -> None:
    principal, _ = await principal_of(app, member)
    await superuser.patch(f"/users/{member.id}", json={"role": "editor"})
    now = await sessions_of(app).principal_of_session(database_of(app), principal.session_id)
    assert (now.user_id, now.role, now.session_id) == (member.id, "editor", principal.session_id)


async def test_a_ticket_stands_for_its_session_once(app: FastAPI, member: Actor) -> None:
    principal, expires_at = await principal_of(app, member)
    ticket = await issue(app, member)
    assert await take(app, ticket) == tickets.Ticket(principal.session_id, expires_at, "en")
    assert await take(app, ticket) is None


async def test_of_many_at_once_one_gets_in(app: FastAPI, member: Actor) -> None:
    ticket = await issue(app, member)
    taken = await asyncio.gather(*(take(app, ticket) for _ in range(8)))
    assert sum(each is not None for each in taken) == 1


async def test_a_ticket_lasts_half_a_minute(app: FastAPI, member: Actor, moving_clock: Clock) -> None:
    young, old = await issue(app, member), await issue(app, member)
    moving_clock.forward(seconds=29)
    assert await take(app, young) is not None
    moving_clock.forward(seconds=1)
    assert await take(app, old) is None


async def test_what_is_no_ticket_opens_nothing(app: FastAPI, member: Actor) -> None:
    async with database_of(app).transaction() as session:
        other_thing = await one_time.issue(
            session, one_time.Purpose.VERIFY_EMAIL, lifetime=timedelta(hours=1), user_id=member.id
        )
    for ticket in (other_thing, "", "x", "ü" * 100):
        assert await take(app, ticket) is None


async def test_a_ticket_is_kept_nowhere(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    ticket = await issue(app, member)
    async with database_of(app).reading() as reader:
        rows = (await reader.execute(select(OneTimeToken.__table__))).all()
    assert any(row.purpose == "socket" for row in rows)
    assert ticket not in repr(rows)


async def test_a_ticket_is_worth_what_its_session_is(app: FastAPI, superuser: Actor, member: Actor) -> None:
    ticket = await issue(app, member)
    await superuser.delete(f"/users/{member.id}/sessions")
    taken = await take(app, ticket)
    assert taken is not None
    with pytest.raises(Unauthorized):
        await sessions_of(app).principal_of_session(database_of(app), taken[0])

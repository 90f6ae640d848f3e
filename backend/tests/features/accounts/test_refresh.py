"""Refresh tokens: rotation, who may still come with an old one, and how a stolen one ends the session."""

import asyncio

import jwt
import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select

from musubi.features.accounts.models import AuthSession
from tests.conftest import AppMaker, Clock
from tests.support import Actor, actor_of, error_of, make_actor


async def present(client: AsyncClient, token: str) -> Response:
    return await client.post("/api/v1/auth/refresh", json={"refresh_token": token})


async def step(actor: Actor) -> Actor:
    """Refresh, and become the holder of the new tokens."""
    reply = await present(actor.client, actor.refresh_token)
    assert reply.status_code == 200, reply.text
    return actor_of(actor.client, reply)


async def use(actor: Actor) -> int:
    return (await actor.get("/auth/me")).status_code


async def assert_over(*holders: Actor) -> None:
    """Nobody's tokens open anything, and none brings the session back."""
    for holder in holders:
        assert await use(holder) == 401
        assert (await present(holder.client, holder.refresh_token)).status_code == 401


async def generation(app: FastAPI) -> int:
    async with app.state.database.reading() as reader:
        return int(await reader.scalar(select(AuthSession.generation)))


async def test_it_is_exchanged_for_new_tokens(member: Actor) -> None:
    renewed = await step(member)
    assert renewed.refresh_token != member.refresh_token
    assert renewed.access_token != member.access_token
    assert renewed.user == member.user
    assert await use(renewed) == 200
    # The session is the same, and the access token of before has still time to run.
    assert await use(member) == 200


async def test_the_reply_has_the_same_shape_as_at_login(member: Actor) -> None:
    body = (await present(member.client, member.refresh_token)).json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}


async def test_the_session_keeps_its_number(member: Actor) -> None:
    renewed = await step(await step(member))
    sessions = [jwt.decode(a.access_token, options={"verify_signature": False})["sid"] for a in (member, renewed)]
    assert sessions[0] == sessions[1]


async def test_a_lost_reply_can_be_asked_for_again(app: FastAPI, member: Actor, moving_clock: Clock) -> None:
    first = await step(member)
    moving_clock.forward(days=2)
    again = await step(member)
    assert again.refresh_token == first.refresh_token
    assert await generation(app) == 1


async def test_the_old_access_token_confirms_nothing(member: Actor, moving_clock: Clock) -> None:
    first = await step(member)
    assert await use(member) == 200
    moving_clock.forward(minutes=30)
    assert (await step(member)).refresh_token == first.refresh_token


async def test_within_ten_seconds_of_the_first_use(member: Actor, moving_clock: Clock) -> None:
    renewed = await step(member)
    assert await use(renewed) == 200
    moving_clock.forward(seconds=9)
    again = await step(member)
    assert again.refresh_token == renewed.refresh_token
    assert await use(again) == 200


async def test_the_ten_seconds_count_from_the_first_use(member: Actor, moving_clock: Clock) -> None:
    renewed = await step(member)
    assert await use(renewed) == 200
    moving_clock.forward(seconds=6)
    assert await use(renewed) == 200
    moving_clock.forward(seconds=6)
    assert (await present(member.client, member.refresh_token)).status_code == 401


async def test_later_it_ends_the_session_for_both(member: Actor, moving_clock: Clock) -> None:
    renewed = await step(member)
    assert await use(renewed) == 200
    moving_clock.forward(seconds=11)
    reply = await present(member.client, member.refresh_token)
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    await assert_over(member, renewed)


async def test_an_older_one_ends_the_session_at_any_time(member: Actor) -> None:
    first = await step(member)
    second = await step(first)
    assert (await present(member.client, member.refresh_token)).status_code == 401
    await assert_over(member, first, second)


async def test_using_the_successor_to_refresh_leaves_no_time(member: Actor, moving_clock: Clock) -> None:
    first = await step(member)
    await step(first)
    # `first` is the predecessor now, and welcome; whoever still holds the one before it is a second party.
    assert (await present(member.client, first.refresh_token)).status_code == 200
    assert (await present(member.client, member.refresh_token)).status_code == 401


async def test_only_this_session_ends(member: Actor, other: Actor) -> None:
    first = await step(member)
    await step(first)
    assert (await present(member.client, member.refresh_token)).status_code == 401
    assert await use(other) == 200


async def test_the_time_allowed_is_a_setting(make_client: AppMaker) -> None:
    client = await make_client(refresh_grace_seconds=0)
    actor = await make_actor(client, "hanako")
    renewed = await step(actor)
    assert (await step(actor)).refresh_token == renewed.refresh_token
    assert await use(renewed) == 200
    assert (await present(client, actor.refresh_token)).status_code == 401
    await assert_over(actor, renewed)


@pytest.mark.parametrize("token", ["", "x", "1.0.x", "..", "999.0.{2}", "{0}.7.{2}", "{0}.{1}.AAAA", "{0}.{1}.{2}A"])
async def test_what_we_did_not_make_is_refused_and_ends_nothing(member: Actor, token: str) -> None:
    forged = token.format(*member.refresh_token.split("."))
    reply = await present(member.client, forged)
    assert reply.status_code == 401
    assert error_of(reply)["code"] == "UNAUTHORIZED"
    assert await use(member) == 200
    await step(member)


async def test_an_access_token_refreshes_nothing(member: Actor) -> None:
    assert (await present(member.client, member.access_token)).status_code == 401


@pytest.mark.parametrize(
    "body", [{"refresh_token": None}, {"refresh_token": 5}, {"refresh_token": "x" * 501}, {"token": "x"}, {}, []]
)
async def test_bodies_that_are_not_valid(client: AsyncClient, body: object) -> None:
    assert (await client.post("/api/v1/auth/refresh", json=body)).status_code == 422


async def test_nothing_at_all(client: AsyncClient) -> None:
    assert (await client.post("/api/v1/auth/refresh")).status_code == 401


async def test_a_token_in_the_query_is_refused(client: AsyncClient, app: FastAPI, member: Actor) -> None:
    for body in (None, {"refresh_token": member.refresh_token}):
        params = {"refresh_token": member.refresh_token}
        reply = await client.post("/api/v1/auth/refresh", params=params, json=body)
        assert reply.status_code == 400
        assert error_of(reply)["code"] == "BAD_REQUEST"
    assert await generation(app) == 0


async def test_a_hundred_at_once_make_one_step(client: AsyncClient, app: FastAPI, member: Actor) -> None:
    replies = await asyncio.gather(*(present(client, member.refresh_token) for _ in range(100)))
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.json()["refresh_token"] for reply in replies}) == 1
    assert await generation(app) == 1
    statuses = await asyncio.gather(*(use(actor_of(client, reply)) for reply in replies[::10]))
    assert set(statuses) == {200}


async def test_tabs_that_race_again_and_again_stay_signed_in(client: AsyncClient, member: Actor) -> None:
    holder = member
    for _ in range(10):
        replies = await asyncio.gather(*(present(client, holder.refresh_token) for _ in range(5)))
        assert [reply.status_code for reply in replies] == [200] * 5
        tabs = [actor_of(client, reply) for reply in replies]
        assert await asyncio.gather(*(use(tab) for tab in tabs)) == [200] * 5
        holder = tabs[-1]


async def test_refreshing_does_not_make_a_session_longer(member: Actor, moving_clock: Clock) -> None:
    holder = member
    for _ in range(6):
        moving_clock.forward(days=1)
        holder = await step(holder)
    moving_clock.forward(hours=23, minutes=59)
    holder = await step(holder)
    assert await use(holder) == 200
    moving_clock.forward(minutes=2)
    await assert_over(holder)


async def test_an_unused_session_ends_too(member: Actor, moving_clock: Clock) -> None:
    moving_clock.forward(days=7, seconds=1)
    await assert_over(member)


async def test_a_disabled_account_gets_no_new_tokens(member: Actor, superuser: Actor) -> None:
    await superuser.patch(f"/users/{member.id}", json={"is_active": False})
    await assert_over(member)


async def test_roles_are_up_to_date_in_the_reply(member: Actor, superuser: Actor) -> None:
    await superuser.patch(f"/users/{member.id}", json={"role": "editor"})
    assert "items:read_any" in (await step(member)).user["permissions"]

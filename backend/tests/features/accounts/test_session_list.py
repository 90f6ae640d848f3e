"""Where one is signed in, and ending it from anywhere."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from musubi.features.accounts import repository
from tests.conftest import Clock
from tests.sql import watch
from tests.support import PASSWORD, Actor, actor_of, error_of, sign_in

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
BY_COOKIE = {"X-Session-Transport": "cookie"}


async def sessions_of(actor: Actor) -> list[dict[str, Any]]:
    reply = await actor.get("/auth/sessions")
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["data"]
    return found


async def own_session(actor: Actor) -> int:
    """The number of the session that asks."""
    (current,) = (each["id"] for each in await sessions_of(actor) if each["current"])
    return int(current)


async def is_alive(actor: Actor) -> bool:
    """Whether its access token opens anything; its refresh token has to agree."""
    opened = (await actor.get("/auth/me")).is_success
    refreshed = await actor.client.post("/api/v1/auth/refresh", json={"refresh_token": actor.refresh_token})
    assert refreshed.status_code == (200 if opened else 401)
    return opened


def lets_the_browser_forget(reply: Response) -> bool:
    cleared: bool = reply.headers.get("Clear-Site-Data") == '"cache"'
    assert cleared == ("max-age=0" in reply.headers.get("set-cookie", "").lower())
    return cleared


async def test_what_is_told_of_a_session(client: AsyncClient, member: Actor) -> None:
    form = {"username": "hanako", "password": PASSWORD}
    reply = await client.post("/api/v1/auth/login", data=form, headers={"User-Agent": FIREFOX})
    browser = actor_of(client, reply)
    newest, oldest = await sessions_of(browser)
    assert set(newest) == {
        "id", "current", "device", "user_agent", "address", "created_at", "last_used_at", "expires_at",
    }  # fmt: skip
    assert newest["device"] == {"browser": "Firefox", "system": "Windows"}
    assert newest["user_agent"] == FIREFOX
    assert newest["address"] == "127.0.0.1"
    assert newest["created_at"] < newest["expires_at"]
    assert newest["last_used_at"] < newest["expires_at"]
    assert (newest["current"], oldest["current"]) == (True, False)
    # An API client has no name that we know.
    assert oldest["device"] == {"browser": None, "system": None}
    assert [each["current"] for each in await sessions_of(member)] == [False, True]


async def test_no_token_is_told(member: Actor) -> None:
    text = (await member.get("/auth/sessions")).text
    for token in (member.access_token, member.refresh_token, member.refresh_token.rpartition(".")[2]):
        assert token not in text


async def test_only_living_sessions_of_ones_own(
    client: AsyncClient, member: Actor, other: Actor, moving_clock: Clock
) -> None:
    ended = await sign_in(client, "hanako")
    assert (await ended.post("/auth/logout")).status_code == 200
    assert len(await sessions_of(member)) == len(await sessions_of(other)) == 1
    moving_clock.forward(days=6)
    assert len(await sessions_of(await sign_in(client, "hanako"))) == 2
    moving_clock.forward(days=2)
    # The first is older than a week, and has ended by itself.
    assert len(await sessions_of(await sign_in(client, "hanako"))) == 2


async def test_the_one_used_last_is_in_front(client: AsyncClient, member: Actor, moving_clock: Clock) -> None:
    moving_clock.forward(hours=1)
    phone = await sign_in(client, "hanako")
    assert [each["current"] for each in await sessions_of(phone)] == [True, False]
    moving_clock.forward(hours=1)
    renewed = actor_of(client, await client.post("/api/v1/auth/refresh", json={"refresh_token": member.refresh_token}))
    assert [each["current"] for each in await sessions_of(renewed)] == [True, False]


async def test_there_is_an_end_to_the_list(client: AsyncClient, member: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "MAX_SESSIONS", 3)
    newest = [await sign_in(client, "hanako") for _ in range(4)][-1]
    found = await sessions_of(newest)
    assert len(found) == 3
    assert found[0]["current"]


async def test_a_use_is_noted_every_five_minutes(app: FastAPI, member: Actor, moving_clock: Clock) -> None:
    before = (await sessions_of(member))[0]["last_used_at"]
    moving_clock.forward(minutes=4)
    with watch(app) as seen:
        await member.get("/navigation")
    assert len(seen) == 1
    moving_clock.forward(minutes=2)
    with watch(app) as seen:
        await member.get("/navigation")
        await member.get("/navigation")
    # Who is asking, twice, and once that they were here.
    assert len(seen) == 3
    after = (await sessions_of(member))[0]["last_used_at"]
    assert after > before


async def test_one_ends_at_once(client: AsyncClient, member: Actor) -> None:
    phone = await sign_in(client, "hanako")
    reply = await member.delete(f"/auth/sessions/{await own_session(phone)}")
    assert reply.status_code == 204
    assert not lets_the_browser_forget(reply)
    assert not await is_alive(phone)
    assert await is_alive(member)
    assert len(await sessions_of(member)) == 1


async def test_it_ends_once(client: AsyncClient, member: Actor) -> None:
    session_id = await own_session(await sign_in(client, "hanako"))
    assert (await member.delete(f"/auth/sessions/{session_id}")).status_code == 204
    reply = await member.delete(f"/auth/sessions/{session_id}", headers={"Accept-Language": "ja"})
    assert reply.status_code == 404
    assert error_of(reply)["message"] == "このセッションはすでに終了しています"


async def test_those_of_others_are_not_there(member: Actor, other: Actor, superuser: Actor) -> None:
    session_id = await own_session(member)
    for stranger in (other, superuser):
        foreign = await stranger.delete(f"/auth/sessions/{session_id}")
        unknown = await stranger.delete("/auth/sessions/999999")
        assert foreign.status_code == unknown.status_code == 404
        assert error_of(foreign)["message"] == error_of(unknown)["message"]
    assert await is_alive(member)


@pytest.mark.parametrize("session_id", ["0", "-1", "x", str(2**63)])
async def test_numbers_that_no_session_has(member: Actor, session_id: str) -> None:
    assert (await member.delete(f"/auth/sessions/{session_id}")).status_code == 422


async def test_ending_the_one_that_asks_is_signing_out(member: Actor) -> None:
    reply = await member.delete(f"/auth/sessions/{await own_session(member)}")
    assert reply.status_code == 204
    assert lets_the_browser_forget(reply)
    assert not await is_alive(member)


async def test_all_others_end(client: AsyncClient, member: Actor, other: Actor) -> None:
    phones = [await sign_in(client, "hanako") for _ in range(3)]
    reply = await member.delete("/auth/sessions")
    assert reply.status_code == 200
    assert reply.json()["message"] == "Signed out everywhere else"
    assert not lets_the_browser_forget(reply)
    assert [await is_alive(phone) for phone in phones] == [False] * 3
    assert await is_alive(member)
    assert await is_alive(other)


async def test_all_end(client: AsyncClient, member: Actor, other: Actor) -> None:
    phone = await sign_in(client, "hanako")
    reply = await member.delete("/auth/sessions", params={"include_current": True}, headers={"Accept-Language": "ja"})
    assert reply.status_code == 200
    assert reply.json()["message"] == "すべての端末からログアウトしました"
    assert lets_the_browser_forget(reply)
    assert not await is_alive(member)
    assert not await is_alive(phone)
    assert await is_alive(other)


async def test_a_browser_whose_session_was_ended_elsewhere_has_to_sign_in(client: AsyncClient, member: Actor) -> None:
    form = {"username": "hanako", "password": PASSWORD}
    reply = await client.post("/api/v1/auth/login", data=form, headers=BY_COOKIE)
    assert reply.status_code == 200
    await member.delete("/auth/sessions")
    refreshed = await client.post("/api/v1/auth/refresh", headers={"Sec-Fetch-Site": "same-origin"})
    assert refreshed.status_code == 401


async def test_they_cost_the_same_however_many_there_are(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    for _ in range(2):
        with watch(app) as seen:
            await sessions_of(member)
        assert len(seen) == 2
        for _ in range(3):
            await sign_in(client, "hanako")

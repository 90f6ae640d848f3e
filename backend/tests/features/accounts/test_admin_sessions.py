"""The sessions of others, and what is told to the features above when access changes."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.events import Events
from musubi.core.feature import Feature
from musubi.features.accounts.events import AccessChanged, SessionsEnded
from tests.features.accounts.test_session_list import is_alive, own_session, sessions_of
from tests.support import PASSWORD, Actor, error_of, sign_in


@pytest.fixture
def events(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The events of accounts, as a feature above it hears them."""
    heard: list[Any] = []

    async def hear(_app: FastAPI, _session: AsyncSession, event: Any) -> None:
        heard.append(event)

    listening = Events(app, [Feature("listening", handlers={AccessChanged: hear, SessionsEnded: hear})])
    monkeypatch.setattr(app.state.events, "publish", listening.publish)
    return heard


async def test_administrators_see_where_someone_is_signed_in(client: AsyncClient, admin: Actor, member: Actor) -> None:
    await sign_in(client, "hanako")
    reply = await admin.get(f"/users/{member.id}/sessions")
    assert reply.status_code == 200
    seen_by_owner = await sessions_of(member)
    assert reply.json()["data"] == [{**each, "current": False} for each in seen_by_owner]
    assert len(seen_by_owner) == 2
    (own,) = (await admin.get(f"/users/{admin.id}/sessions")).json()["data"]
    assert own["current"] is True


async def test_administrators_sign_someone_out(
    client: AsyncClient, admin: Actor, member: Actor, other: Actor, events: list[Any]
) -> None:
    phone = await sign_in(client, "hanako")
    ids = {await own_session(member), await own_session(phone)}
    reply = await admin.delete(f"/users/{member.id}/sessions")
    assert reply.status_code == 200
    assert reply.json()["message"] == "Signed out everywhere"
    assert not await is_alive(member)
    assert not await is_alive(phone)
    assert await is_alive(other)
    (event,) = events
    assert (event.user_id, set(event.session_ids)) == (member.id, ids)
    # They may come back: that is what disabling an account is for.
    assert await is_alive(await sign_in(client, "hanako"))


async def test_superusers_are_signed_out_by_superusers(superuser: Actor, admin: Actor) -> None:
    chief = await superuser.appoint("chief", is_superuser=True)
    assert (await admin.delete(f"/users/{chief.id}/sessions")).status_code == 403
    assert await is_alive(chief)
    assert (await superuser.delete(f"/users/{chief.id}/sessions")).status_code == 200
    assert not await is_alive(chief)


async def test_of_those_who_are_not_there(admin: Actor, member: Actor) -> None:
    await admin.delete(f"/users/{member.id}")
    for user_id in (member.id, 999_999):
        for reply in (await admin.get(f"/users/{user_id}/sessions"), await admin.delete(f"/users/{user_id}/sessions")):
            assert reply.status_code == 404
            assert error_of(reply)["message"] == "User not found"


async def test_disabling_ends_every_session_at_once(
    client: AsyncClient, admin: Actor, member: Actor, events: list[Any]
) -> None:
    phone = await sign_in(client, "hanako")
    await admin.patch(f"/users/{member.id}", json={"is_active": False})
    for actor in (member, phone):
        assert (await actor.get("/items")).status_code == 401
        assert not await is_alive(actor)
    ended, changed = events
    assert isinstance(ended, SessionsEnded)
    assert (ended.user_id, len(ended.session_ids)) == (member.id, 2)
    assert changed == AccessChanged(member.id)


@pytest.mark.parametrize("change", [{"role": "editor"}, {"is_superuser": True}])
async def test_a_change_of_access_is_told_and_counts_at_once(
    superuser: Actor, member: Actor, events: list[Any], change: dict[str, Any]
) -> None:
    await superuser.patch(f"/users/{member.id}", json=change)
    assert events == [AccessChanged(member.id)]
    assert "items:read_any" in (await member.get("/auth/me")).json()["permissions"]
    # Saying what is so changes nothing, and neither does a word about oneself.
    await superuser.patch(f"/users/{member.id}", json={**change, "bio": "x"})
    assert len(events) == 1


async def test_whatever_ends_sessions_tells(client: AsyncClient, member: Actor, events: list[Any]) -> None:
    phones = [await sign_in(client, "hanako") for _ in range(3)]
    numbers = [await own_session(actor) for actor in (member, *phones)]
    await phones[0].post("/auth/logout")
    await member.delete(f"/auth/sessions/{numbers[2]}")
    new = {"current_password": PASSWORD, "new_password": "Another-8-wind"}
    await member.post("/users/me/password", json=new)
    await member.delete("/auth/sessions", params={"include_current": True})
    assert [event.session_ids for event in events] == [(numbers[1],), (numbers[2],), (numbers[3],), (numbers[0],)]
    assert {event.user_id for event in events} == {member.id}


async def test_a_stolen_token_tells_although_the_reply_is_an_error(
    client: AsyncClient, member: Actor, events: list[Any]
) -> None:
    token = member.refresh_token
    for _ in range(2):
        reply = await client.post("/api/v1/auth/refresh", json={"refresh_token": token})
        token = reply.json()["refresh_token"]
    session_id = int(token.partition(".")[0])
    reply = await client.post("/api/v1/auth/refresh", json={"refresh_token": member.refresh_token})
    assert reply.status_code == 401
    assert events == [SessionsEnded(member.id, (session_id,))]


async def test_deleting_an_account_ends_its_sessions(admin: Actor, member: Actor, events: list[Any]) -> None:
    await admin.delete(f"/users/{member.id}")
    assert not await is_alive(member)
    assert [type(event) for event in events] == [SessionsEnded]

"""Live connections follow the account: what its user may hear now, and no longer than they are signed in."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from musubi.core.realtime.hub import permission_channel
from tests.conftest import Clock
from tests.live import listen
from tests.outbox import only_mail
from tests.support import PASSWORD, Actor, sign_in

SIGNED_OUT = (4001, "signed out")
NEW_PASSWORD = "Momiji-3-yama"

Change = Callable[[Actor, Actor], Awaitable[Any]]

ACCOUNT_CHANGES: dict[str, Change] = {
    "their profile": lambda user, _: user.patch("/users/me", json={"full_name": "Yamada Hanako"}),
    "their profile, by an administrator": lambda user, chief: chief.patch(f"/users/{user.id}", json={"bio": "Hm"}),
    "their role": lambda user, chief: chief.patch(f"/users/{user.id}", json={"role": "editor"}),
    "their rank": lambda user, chief: chief.patch(f"/users/{user.id}", json={"is_superuser": True}),
    "their address": lambda user, chief: chief.patch(f"/users/{user.id}", json={"email": "new@example.com"}),
}
NO_CHANGES: dict[str, Change] = {
    "nothing": lambda user, _: user.patch("/users/me", json={}),
    "the same profile": lambda user, _: user.patch("/users/me", json={"full_name": None}),
    "the same role": lambda user, chief: chief.patch(f"/users/{user.id}", json={"role": "member"}),
    "a role they can't have": lambda user, chief: chief.patch(f"/users/{user.id}", json={"role": "king"}),
    "what is not theirs to change": lambda user, chief: user.patch(f"/users/{chief.id}", json={"role": "member"}),
    "an address that is taken": lambda user, chief: chief.patch(
        f"/users/{user.id}", json={"email": "root@example.com", "role": "admin"}
    ),
}
ENDS: dict[str, Change] = {
    "signing out": lambda user, _: user.post("/auth/logout"),
    "signing out everywhere": lambda user, _: user.delete("/auth/sessions", params={"include_current": True}),
    "being signed out": lambda user, chief: chief.delete(f"/users/{user.id}/sessions"),
    "being disabled": lambda user, chief: chief.patch(f"/users/{user.id}", json={"is_active": False}),
    "being deleted": lambda user, chief: chief.delete(f"/users/{user.id}"),
}


@pytest.mark.parametrize("change", ACCOUNT_CHANGES.values(), ids=ACCOUNT_CHANGES.keys())
async def test_whose_account_changes_is_told_on_every_device(
    app: FastAPI, client: AsyncClient, superuser: Actor, member: Actor, other: Actor, change: Change
) -> None:
    own = [await listen(app, member), await listen(app, member), await listen(app, await sign_in(client, "hanako"))]
    others = [await listen(app, other), await listen(app, superuser)]
    assert (await change(member, superuser)).status_code == 200
    for device in own:
        assert device.heard() == [{"type": "account_changed"}]
        assert device.closed is None
    for device in others:
        assert device.heard() == []


@pytest.mark.parametrize("change", NO_CHANGES.values(), ids=NO_CHANGES.keys())
async def test_of_what_did_not_change_nothing_is_said(
    app: FastAPI, superuser: Actor, member: Actor, change: Change
) -> None:
    own, chief = await listen(app, member), await listen(app, superuser)
    await change(member, superuser)
    assert own.heard() == chief.heard() == []


async def test_a_confirmed_address_is_told(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    own = await listen(app, member)
    reply = await client.post("/api/v1/auth/verify-email", json={"token": (await only_mail(app)).token})
    assert reply.status_code == 200
    assert own.types() == ["account_changed"]


async def test_a_connection_hears_what_its_user_may_hear_now(
    app: FastAPI, superuser: Actor, member: Actor, other: Actor
) -> None:
    own = await listen(app, member)
    await other.make_item()
    assert own.heard() == []
    await superuser.patch(f"/users/{member.id}", json={"role": "editor"})
    draft = await other.make_item()
    assert own.types() == ["account_changed", "item_created"]
    await superuser.patch(f"/users/{member.id}", json={"role": "member"})
    await other.patch(f"/items/{draft['id']}", json={"title": "Renamed"})
    assert own.types() == ["account_changed"]
    await own.send(type="item_updated", item_id=draft["id"], title="Renamed again")
    [error] = own.heard()
    assert error["code"] == "FORBIDDEN"


async def test_a_connection_knows_its_user_by_the_new_name(app: FastAPI, member: Actor) -> None:
    own = await listen(app, member)
    await member.patch("/users/me", json={"full_name": "Yamada Hanako"})
    assert own.socket.principal.full_name == "Yamada Hanako"


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
async def test_a_connection_ends_with_its_session(
    app: FastAPI, superuser: Actor, member: Actor, other: Actor, end: Change
) -> None:
    own = [await listen(app, member), await listen(app, member)]
    others = [await listen(app, other), await listen(app, superuser)]
    assert (await end(member, superuser)).is_success
    assert [device.closed for device in own] == [SIGNED_OUT, SIGNED_OUT]
    assert [device.closed for device in others] == [None, None]


async def test_other_sessions_go_on(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    phone = await sign_in(client, "hanako")
    at_desk, on_the_way = await listen(app, member), await listen(app, phone)
    await phone.post("/auth/logout")
    assert (at_desk.closed, on_the_way.closed) == (None, SIGNED_OUT)


async def test_a_new_password_closes_what_others_opened(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    own, stranger = await listen(app, member), await listen(app, await sign_in(client, "hanako"))
    form = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await member.post("/users/me/password", json=form)).status_code == 200
    assert (own.closed, stranger.closed) == (None, SIGNED_OUT)


async def test_a_stolen_session_is_closed_for_both(
    app: FastAPI, client: AsyncClient, member: Actor, moving_clock: Clock
) -> None:
    own = await listen(app, member)
    for _ in range(2):
        reply = await client.post("/api/v1/auth/refresh", json={"refresh_token": member.refresh_token})
        assert reply.status_code == 200
        await Actor(client, member.user, reply.json()["access_token"], "").get("/auth/me")
    moving_clock.forward(seconds=11)
    reply = await client.post("/api/v1/auth/refresh", json={"refresh_token": member.refresh_token})
    assert reply.status_code == 401
    assert own.closed == SIGNED_OUT


async def test_what_was_refused_ends_nothing(app: FastAPI, superuser: Actor, member: Actor) -> None:
    own, chief = await listen(app, member), await listen(app, superuser)
    assert (await member.delete(f"/users/{superuser.id}/sessions")).status_code == 403
    assert (await superuser.patch(f"/users/{superuser.id}", json={"is_active": False})).status_code == 409
    assert (own.closed, chief.closed) == (None, None)


async def test_who_can_not_be_asked_after_has_to_come_again(
    app: FastAPI, superuser: Actor, member: Actor, other: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a connection would go on hearing what its user may not hear any more."""
    own, stranger = await listen(app, member), await listen(app, other)

    async def fail(*_: Any) -> None:
        raise ConnectionError("the database is away")

    monkeypatch.setattr(app.state.accounts.sessions, "principal_of_session", fail)
    reply = await superuser.patch(f"/users/{member.id}", json={"role": "editor"})
    assert reply.status_code == 200
    assert (own.closed, stranger.closed) == ((1013, "try again"), None)


async def test_who_is_no_administrator_any_more_is_in_none_of_their_channels(
    app: FastAPI, superuser: Actor, admin: Actor
) -> None:
    device = await listen(app, admin)
    assert device.socket in app.state.hub.within(permission_channel("audit:read"))
    await superuser.patch(f"/users/{admin.id}", json={"role": "member"})
    assert permission_channel("audit:read") not in device.socket.channels
    assert device.socket not in app.state.hub.within(permission_channel("audit:read"))

"""A new password: who may set it, and what it ends."""

import asyncio

import pytest
from httpx import AsyncClient, Response

from tests.support import PASSWORD, Actor, actor_of, error_of, sign_in

NEW = "Another-Tsubaki-8"


async def change(actor: Actor, current: str = PASSWORD, new: str = NEW) -> Response:
    return await actor.post("/users/me/password", json={"current_password": current, "new_password": new})


async def can_sign_in(client: AsyncClient, password: str) -> bool:
    form = {"username": "hanako", "password": password}
    return (await client.post("/api/v1/auth/login", data=form)).status_code == 200


async def test_a_new_password_counts_and_the_old_one_does_not(client: AsyncClient, member: Actor) -> None:
    reply = await change(member)
    assert reply.status_code == 200
    assert set(reply.json()) == {"success", "message", "timestamp"}
    assert await can_sign_in(client, NEW)
    assert not await can_sign_in(client, PASSWORD)


async def test_a_new_password_ends_the_other_sessions(client: AsyncClient, member: Actor, other: Actor) -> None:
    phone = await sign_in(client, "hanako")
    assert (await change(member)).status_code == 200
    assert (await member.get("/auth/me")).status_code == 200
    assert (await phone.get("/auth/me")).status_code == 401
    reply = await client.post("/api/v1/auth/refresh", json={"refresh_token": phone.refresh_token})
    assert reply.status_code == 401
    reply = await client.post("/api/v1/auth/refresh", json={"refresh_token": member.refresh_token})
    assert reply.status_code == 200
    assert (await other.get("/auth/me")).status_code == 200


async def test_a_wrong_current_password_is_said_at_its_field(client: AsyncClient, member: Actor) -> None:
    phone = await sign_in(client, "hanako")
    reply = await change(member, current="Wrong-password-1")
    assert reply.status_code == 400
    error = error_of(reply)
    assert error["code"] == "BAD_REQUEST"
    assert error["details"]["fields"] == {"current_password": "The current password is not correct"}
    assert (await phone.get("/auth/me")).status_code == 200
    assert not await can_sign_in(client, NEW)


@pytest.mark.parametrize(
    "new", ["Short-1", "no-upper-case-1", "NO-LOWER-CASE-1", "No-digit-in-here", "Password1", "Aa1" + "x" * 98]
)
async def test_the_rule_is_said_at_the_new_password(client: AsyncClient, member: Actor, new: str) -> None:
    reply = await change(member, new=new)
    assert reply.status_code == 422
    assert set(error_of(reply)["details"]["fields"]) == {"new_password"}
    assert await can_sign_in(client, PASSWORD)


async def test_a_new_password_must_not_be_ones_own_name(superuser: Actor) -> None:
    actor = await superuser.appoint("Tsubaki-8")
    for new in ("Tsubaki-8", "tSUBAKI-8@example.com"):
        reply = await change(actor, new=new)
        assert reply.status_code == 422
        message = error_of(reply)["details"]["fields"]["new_password"]
        assert message == "The password must not be your name or address"


async def test_a_sign_in_with_the_old_password_does_not_outlive_the_change(member: Actor) -> None:
    current, new = PASSWORD, NEW
    for _ in range(5):
        form = {"username": "hanako", "password": current}
        login, changed = await asyncio.gather(
            member.client.post("/api/v1/auth/login", data=form), change(member, current, new)
        )
        assert changed.status_code == 200
        if login.status_code == 200:
            assert (await actor_of(member.client, login).get("/auth/me")).status_code == 401
        current, new = new, current


async def test_of_two_changes_at_once_one_happens(member: Actor) -> None:
    replies = await asyncio.gather(change(member, new=NEW), change(member, new=NEW + "-too"))
    assert sorted(reply.status_code for reply in replies) == [200, 400]
    assert await can_sign_in(member.client, NEW) != await can_sign_in(member.client, NEW + "-too")

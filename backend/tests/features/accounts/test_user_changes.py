"""Making and changing the accounts of others."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from httpx import AsyncClient

from tests.support import PASSWORD, Actor, actor_of, error_of, sign_in

FORM = {"username": "taro", "email": "taro@example.com", "password": PASSWORD}


async def fresh(actor: Actor, user_id: int) -> dict[str, Any]:
    user: dict[str, Any] = (await actor.get(f"/users/{user_id}")).json()
    return user


async def test_an_account_made_for_someone(client: AsyncClient, admin: Actor) -> None:
    reply = await admin.post("/users", json={**FORM, "role": "editor", "full_name": "Taro", "bio": "Cook"})
    assert reply.status_code == 201
    user = reply.json()
    assert reply.headers["Location"] == f"/api/v1/users/{user['id']}"
    assert (user["username"], user["role"], user["full_name"], user["bio"]) == ("taro", "editor", "Taro", "Cook")
    assert (user["created_by"], user["updated_by"]) == (admin.id, admin.id)
    assert user == await fresh(admin, user["id"])
    taro = await sign_in(client, "taro")
    assert taro.user["permissions"] == ["items:read_any", "items:write_any"]


async def test_an_account_made_in_advance(client: AsyncClient, admin: Actor) -> None:
    assert (await admin.post("/users", json={**FORM, "is_active": False})).status_code == 201
    reply = await client.post("/api/v1/auth/login", data={"username": "taro", "password": PASSWORD})
    assert reply.status_code == 400


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"username": "x"}, {"username"}),
        ({"email": "x@"}, {"email"}),
        ({"password": "short"}, {"password"}),
        ({"username": "taro-2026", "password": "Taro-2026"}, {"password"}),
        ({"role": "king"}, {"role"}),
        ({"role": None}, {"role"}),
        ({"is_active": "perhaps"}, {"is_active"}),
        ({"email_verified": True}, {"email_verified"}),
        ({"id": 5}, {"id"}),
    ],
)
async def test_forms_that_are_not_valid(admin: Actor, changes: dict[str, Any], fields: set[str]) -> None:
    reply = await admin.post("/users", json={**FORM, **changes})
    assert reply.status_code == 422
    assert set(error_of(reply)["details"]["fields"]) == fields


async def test_a_taken_name(admin: Actor) -> None:
    reply = await admin.post("/users", json={**FORM, "username": "ADMIN-SAN"})
    assert reply.status_code == 409
    assert set(error_of(reply)["details"]["fields"]) == {"username"}


async def test_of_ten_at_once_one_gets_the_name(admin: Actor) -> None:
    replies = await asyncio.gather(
        *(admin.post("/users", json={**FORM, "email": f"t{number}@example.com"}) for number in range(10))
    )
    statuses = Counter(reply.status_code for reply in replies)
    assert statuses[201] == 1
    assert set(statuses) <= {201, 409, 503}


async def test_a_repeated_request_makes_one_account(admin: Actor) -> None:
    key = {"Idempotency-Key": "make-taro"}
    first = await admin.post("/users", json=FORM, headers=key)
    again = await admin.post("/users", json=FORM, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


@pytest.mark.parametrize(
    "change",
    [
        {"full_name": "Hanako", "bio": None},
        {"role": "editor"},
        {"email": "new@example.com"},
        {"is_active": False},
        {"full_name": "Hanako", "bio": "Potter", "role": "admin", "email": "other@example.com"},
        {},
    ],
)
async def test_only_what_is_sent_is_changed(admin: Actor, member: Actor, change: dict[str, Any]) -> None:
    before = await fresh(admin, member.id)
    reply = await admin.patch(f"/users/{member.id}", json=change)
    assert reply.status_code == 200, reply.text
    stamps = {"updated_at", "updated_by"}
    after = {**before, **change}
    assert {k: v for k, v in reply.json().items() if k not in stamps} == {
        k: v for k, v in after.items() if k not in stamps
    }
    assert reply.json()["updated_by"] == (admin.id if change else before["updated_by"])
    assert reply.json() == await fresh(admin, member.id)


@pytest.mark.parametrize(
    "change",
    [
        {"username": "other"}, {"password": PASSWORD}, {"email_verified": True}, {"id": 1}, {"role": "king"},
        {"role": None}, {"email": None}, {"email": "x@"}, {"is_active": None}, {"is_superuser": None},
        {"full_name": "x" * 101}, {"bio": "x" * 1001}, {"profile_image": "x.png"},
    ],
)  # fmt: skip
async def test_changes_that_are_not_valid(admin: Actor, member: Actor, change: dict[str, Any]) -> None:
    before = await fresh(admin, member.id)
    reply = await admin.patch(f"/users/{member.id}", json=change)
    assert reply.status_code == 422
    assert set(error_of(reply)["details"]["fields"]) == set(change)
    assert await fresh(admin, member.id) == before


async def test_a_new_address_signs_in_and_is_not_verified(client: AsyncClient, admin: Actor, member: Actor) -> None:
    reply = await admin.patch(f"/users/{member.id}", json={"email": "New@Example.com"})
    assert (reply.json()["email"], reply.json()["email_verified"]) == ("New@example.com", False)
    assert (await sign_in(client, "new@example.com")).id == member.id


async def test_an_address_that_is_taken(admin: Actor, member: Actor, other: Actor) -> None:
    reply = await admin.patch(f"/users/{member.id}", json={"email": "TARO@example.com"})
    assert reply.status_code == 409
    assert set(error_of(reply)["details"]["fields"]) == {"email"}


async def test_the_same_address_in_another_case(admin: Actor, member: Actor) -> None:
    reply = await admin.patch(f"/users/{member.id}", json={"email": "HANAKO@example.com"})
    assert reply.status_code == 200
    assert reply.json()["email"] == "HANAKO@example.com"


async def test_of_two_who_want_an_address_one_gets_it(admin: Actor, member: Actor, other: Actor) -> None:
    replies = await asyncio.gather(
        *(admin.patch(f"/users/{actor.id}", json={"email": "wanted@example.com"}) for actor in (member, other))
    )
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    assert all(set(error_of(reply)["details"]["fields"]) == {"email"} for reply in replies if reply.status_code == 409)


async def test_a_role_counts_at_once(admin: Actor, member: Actor) -> None:
    assert (await member.get("/users")).status_code == 403
    await admin.patch(f"/users/{member.id}", json={"role": "admin"})
    assert (await member.get("/users")).status_code == 200


async def test_disabling_ends_every_session(client: AsyncClient, admin: Actor, member: Actor, other: Actor) -> None:
    phone = await sign_in(client, "hanako")
    reply = await admin.patch(f"/users/{member.id}", json={"is_active": False})
    assert reply.json()["is_active"] is False
    for session in (member, phone):
        assert (await session.get("/auth/me")).status_code == 401
        refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": session.refresh_token})
        assert refreshed.status_code == 401
    assert (await other.get("/auth/me")).status_code == 200


async def test_a_sign_in_does_not_slip_past_a_ban(client: AsyncClient, admin: Actor, member: Actor) -> None:
    for _ in range(5):
        form = {"username": "hanako", "password": PASSWORD}
        login, banned = await asyncio.gather(
            client.post("/api/v1/auth/login", data=form),
            admin.patch(f"/users/{member.id}", json={"is_active": False}),
        )
        assert banned.status_code == 200
        # Enabled again, to see that the session was ended and not merely asleep.
        await admin.patch(f"/users/{member.id}", json={"is_active": True})
        if login.status_code == 200:
            assert (await actor_of(client, login).get("/auth/me")).status_code == 401


async def test_members_change_nobody(member: Actor, editor: Actor, other: Actor) -> None:
    for actor in (member, editor):
        assert (await actor.post("/users", json=FORM)).status_code == 403
        assert (await actor.patch(f"/users/{other.id}", json={"bio": "x"})).status_code == 403
        assert (await actor.patch(f"/users/{actor.id}", json={"role": "admin"})).status_code == 403
        assert (await actor.delete(f"/users/{other.id}")).status_code == 403
    assert (await other.get("/auth/me")).json() == other.user

"""Deleting an account: the person goes, what they did stays in order."""

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import text

from tests.support import PASSWORD, Actor, error_of, make_actor, sign_in


async def test_nothing_of_the_person_stays(client: AsyncClient, app: FastAPI, admin: Actor, member: Actor) -> None:
    await member.patch("/users/me", json={"full_name": "山田 花子", "bio": "Potter"})
    form = {"username": "hanako", "password": PASSWORD}
    await client.post("/api/v1/auth/login", data=form, headers={"User-Agent": "Hanako's phone"})
    reply = await admin.delete(f"/users/{member.id}")
    assert (reply.status_code, reply.content) == (204, b"")
    async with app.state.database.reading() as reader:
        rows = [row for table in ("users", "auth_sessions")
                for row in (await reader.execute(text(f"SELECT * FROM {table}"))).all()]  # noqa: S608  # fmt: skip
    everything = "\n".join(repr(tuple(row)) for row in rows).lower()
    for trace in ("hanako", "山田", "potter"):
        assert trace not in everything


async def test_the_account_is_gone(client: AsyncClient, admin: Actor, member: Actor) -> None:
    await admin.delete(f"/users/{member.id}")
    assert (await member.get("/auth/me")).status_code == 401
    refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": member.refresh_token})
    assert refreshed.status_code == 401
    for login in ("hanako", "hanako@example.com"):
        reply = await client.post("/api/v1/auth/login", data={"username": login, "password": PASSWORD})
        assert reply.status_code == 401
    for method in ("GET", "DELETE"):
        assert (await admin.request(method, f"/users/{member.id}")).status_code == 404
    assert (await admin.patch(f"/users/{member.id}", json={"is_active": True})).status_code == 404


async def test_the_name_is_free_again(client: AsyncClient, admin: Actor, member: Actor) -> None:
    await admin.delete(f"/users/{member.id}")
    again = await make_actor(client, "hanako")
    assert again.id != member.id
    # Deleted a second time, under the same name: the nameless rows don't get in each other's way.
    assert (await admin.delete(f"/users/{again.id}")).status_code == 204
    await make_actor(client, "hanako")


async def test_items_stay_with_the_nameless_account(admin: Actor, member: Actor) -> None:
    item = await member.make_item("Tea", status="published", tags=["tea"])
    await admin.delete(f"/users/{member.id}")
    kept = (await admin.get(f"/items/{item['id']}")).json()
    assert kept["title"] == "Tea"
    assert kept["owner_id"] == member.id
    assert kept["owner"]["full_name"] == "Deleted user"
    assert "hanako" not in str(kept).lower()


async def test_items_go_to_the_heir(client: AsyncClient, admin: Actor, member: Actor, other: Actor) -> None:
    items = [await member.make_item(title, status="draft") for title in ("Tea", "Rice")]
    mine = await other.make_item("Salt")
    reply = await admin.delete(f"/users/{member.id}", params={"transfer_items_to": other.id})
    assert reply.status_code == 204
    for item in items:
        kept = (await other.get(f"/items/{item['id']}")).json()
        assert kept["owner_id"] == other.id
        assert kept["owner"]["username"] == "taro"
        assert (await other.patch(f"/items/{item['id']}", json={"title": "Mine now"})).status_code == 200
    assert (await other.get("/items")).json()["meta"]["total"] == 3
    assert (await other.get(f"/items/{mine['id']}")).status_code == 200


@pytest.mark.parametrize("heir", ["999999", "self", "gone"])
async def test_the_heir_must_be_somebody_else(admin: Actor, member: Actor, other: Actor, heir: str) -> None:
    await admin.delete(f"/users/{other.id}")
    heir_id = {"self": str(member.id), "gone": str(other.id)}.get(heir, heir)
    item = await member.make_item("Tea")
    reply = await admin.delete(f"/users/{member.id}", params={"transfer_items_to": heir_id})
    assert reply.status_code == 422
    assert set(error_of(reply)["details"]["fields"]) == {"transfer_items_to"}
    assert (await member.get(f"/items/{item['id']}")).json()["owner_id"] == member.id


@pytest.mark.parametrize("heir", ["x", "0", str(2**63), ""])
async def test_heirs_that_are_no_id(admin: Actor, member: Actor, heir: str) -> None:
    reply = await admin.delete(f"/users/{member.id}", params={"transfer_items_to": heir})
    assert reply.status_code == 422
    assert (await member.get("/auth/me")).status_code == 200


async def test_an_administrator_may_leave(admin: Actor, superuser: Actor) -> None:
    assert (await admin.delete(f"/users/{admin.id}")).status_code == 204
    assert (await admin.get("/auth/me")).status_code == 401
    assert (await superuser.get(f"/users/{admin.id}")).status_code == 404


async def test_other_sessions_go_on(client: AsyncClient, admin: Actor, member: Actor, other: Actor) -> None:
    await admin.delete(f"/users/{member.id}")
    assert (await other.get("/auth/me")).status_code == 200
    assert (await sign_in(client, "taro")).id == other.id

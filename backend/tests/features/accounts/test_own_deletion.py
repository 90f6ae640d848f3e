"""Deleting one's own account."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select, text, update

from musubi.core.clock import utcnow
from musubi.features.accounts.models import AuthSession
from musubi.features.mail.models import OutgoingMail
from tests.features.files.seeds import plant
from tests.features.files.support import kept_in, rows_of
from tests.sql import database_of
from tests.support import PASSWORD, Actor, error_of, sign_in


async def test_nothing_of_the_person_stays_but_a_farewell(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    await member.patch("/users/me", json={"full_name": "山田 花子", "bio": "Potter"})
    await member.make_item("Hanako's own")
    await plant(app, member)
    await member.post("/exports")
    reply = await member.delete("/users/me", headers={"Accept-Language": "ja"})
    assert (reply.status_code, reply.content) == (204, b"")
    assert "musubi_refresh=" in reply.headers["Set-Cookie"]
    await app.state.jobs.drain()
    assert await kept_in(app) == set()
    async with database_of(app).reading() as reader:
        rows = [row for table in ("users", "auth_sessions", "items", "files", "data_exports", "notifications")
                for row in (await reader.execute(text(f"SELECT * FROM {table}"))).all()]  # noqa: S608  # fmt: skip
        mails = (await reader.execute(select(OutgoingMail.recipient, OutgoingMail.template, OutgoingMail.locale))).all()
    everything = "\n".join(repr(tuple(row)) for row in rows).lower()
    for trace in ("hanako", "山田", "potter"):
        assert trace not in everything
    assert mails == [("hanako@example.com", "account_deleted", "ja")]


async def test_nobody_signs_in_any_more_and_the_name_is_free(client: AsyncClient, member: Actor) -> None:
    second = await sign_in(client, "hanako")
    assert (await member.delete("/users/me")).status_code == 204
    for session in (member, second):
        assert (await session.get("/auth/me")).status_code == 401
    assert (await client.post("/api/v1/auth/refresh", json={"refresh_token": second.refresh_token})).status_code == 401
    form = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
    assert (await client.post("/api/v1/auth/login", data=form)).status_code == 401
    assert (await client.post("/api/v1/auth/register", json=form)).status_code == 201


async def test_it_needs_a_recent_proof(app: FastAPI, member: Actor) -> None:
    async with database_of(app).transaction() as session:
        await session.execute(update(AuthSession).values(authenticated_at=utcnow() - timedelta(hours=1)))
    reply = await member.delete("/users/me")
    assert reply.status_code == 403
    assert error_of(reply)["details"] == {"reason": "reauthentication_required", "methods": ["password"]}
    proof = {"method": "password", "password": PASSWORD}
    assert (await member.post("/auth/reauthenticate", json=proof)).status_code == 200
    assert (await member.delete("/users/me")).status_code == 204


async def test_items_go_with_the_files_on_them_but_not_those_of_others(
    app: FastAPI, member: Actor, other: Actor, editor: Actor
) -> None:
    own = await member.make_item("Tea", status="published", tags=["tea"])
    theirs = await other.make_item("Rice", status="published")
    await plant(app, member, "on-mine.png", item_id=own["id"])
    await plant(app, editor, "of-an-editor.png", item_id=own["id"])
    stays = await plant(app, member, "on-theirs.png", item_id=theirs["id"])
    await member.delete("/users/me")
    await app.state.jobs.drain()
    assert (await other.get(f"/items/{own['id']}")).status_code == 404
    assert (await other.get("/items")).json()["meta"]["total"] == 1
    assert (await other.get("/items/tags")).json()["data"] == []
    assert [row.id for row in await rows_of(app)] == [stays.id]
    assert len(await kept_in(app)) == 1


async def test_rooms_stay_with_those_who_are_in_them(member: Actor, other: Actor) -> None:
    await member.post("/rooms", json={"name": "tea", "is_private": True, "member_ids": [other.id]})
    await member.delete("/users/me")
    room = await other.get("/rooms/tea")
    assert room.status_code == 200
    assert "hanako" not in room.text
    people = (await other.get("/rooms/tea/members")).json()
    assert [person["id"] for person in people["data"]] == [other.id]


async def test_items_and_rooms_can_be_handed_to_someone(app: FastAPI, member: Actor, other: Actor) -> None:
    item = await member.make_item("Tea", status="draft")
    file = await plant(app, member, item_id=item["id"])
    await member.post("/rooms", json={"name": "tea", "is_private": True, "member_ids": []})
    reply = await member.delete("/users/me", params={"transfer_items_to": other.id})
    assert reply.status_code == 204
    assert (await other.get(f"/items/{item['id']}")).json()["owner_id"] == other.id
    assert [row.owner_id for row in await rows_of(app) if row.id == file.id] == [other.id]
    assert (await other.get("/rooms/tea")).status_code == 200


@pytest.mark.parametrize("heir", ["999999", "self"])
async def test_the_heir_must_be_somebody_else(member: Actor, heir: str) -> None:
    heir_id = str(member.id) if heir == "self" else heir
    reply = await member.delete("/users/me", params={"transfer_items_to": heir_id})
    assert reply.status_code == 422
    assert set(error_of(reply)["details"]["fields"]) == {"transfer_items_to"}
    assert (await member.get("/auth/me")).status_code == 200


async def test_the_last_superuser_stays(superuser: Actor) -> None:
    item = await superuser.make_item("Tea")
    assert (await superuser.delete("/users/me")).status_code == 409
    assert (await superuser.get(f"/items/{item['id']}")).status_code == 200
    await superuser.appoint("chief", is_superuser=True)
    assert (await superuser.delete("/users/me")).status_code == 204


async def test_it_is_in_the_audit_log(member: Actor, admin: Actor) -> None:
    await member.delete("/users/me")
    [entry] = (await admin.get("/audit", params={"action": "user.deleted"})).json()["data"]
    assert (entry["actor_id"], entry["object_id"], entry["actor_name"]) == (member.id, member.id, None)
    assert entry["details"] == {"items_went_to": None, "by_oneself": True}

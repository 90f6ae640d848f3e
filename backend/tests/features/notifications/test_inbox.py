"""One's inbox over HTTP."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select

from musubi.features.notifications import notify
from musubi.features.notifications.clean_up import CLEAR_READ
from musubi.features.notifications.models import Notification
from tests.conftest import Clock
from tests.sql import analyze, database_of, explain, watch
from tests.support import Actor, error_of


async def tell(app: FastAPI, user: Actor, actor: Actor | None = None, count: int = 1) -> None:
    """Put `count` notifications into someone's inbox, numbered from 1."""
    async with database_of(app).transaction() as session:
        for number in range(1, count + 1):
            actor_id = actor.id if actor else None
            await notify(
                app, session, user_id=user.id, kind="mention", actor_id=actor_id, data={"room": "tea", "seq": number}
            )


async def inbox(actor: Actor, **query: Any) -> list[dict[str, Any]]:
    reply = await actor.get("/notifications", params=query)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["data"]
    return found


async def unread(actor: Actor) -> int:
    reply = await actor.get("/notifications", params={"unread": True, "limit": 1})
    return int(reply.json()["meta"]["total"])


async def test_an_entry_says_who_did_what(app: FastAPI, member: Actor, other: Actor) -> None:
    await tell(app, member, other)
    [entry] = await inbox(member)
    assert set(entry) == {"id", "kind", "actor", "data", "created_at", "read_at"}
    assert entry["kind"] == "mention"
    assert entry["data"] == {"room": "tea", "seq": 1}
    assert entry["actor"] == {"id": other.id, "username": "taro", "full_name": None, "profile_image": None}
    assert entry["created_at"].endswith("Z")
    assert entry["read_at"] is None


async def test_nobody_may_have_done_it(app: FastAPI, member: Actor) -> None:
    await tell(app, member)
    [entry] = await inbox(member)
    assert entry["actor"] is None


async def test_one_has_only_ones_own(app: FastAPI, member: Actor, other: Actor, superuser: Actor) -> None:
    await tell(app, member, other)
    assert await inbox(other) == await inbox(superuser) == []


async def test_the_newest_stand_in_front_however_one_goes_through_them(app: FastAPI, member: Actor) -> None:
    await tell(app, member, count=7)
    assert [entry["data"]["seq"] for entry in await inbox(member)] == [7, 6, 5, 4, 3, 2, 1]
    assert [entry["data"]["seq"] for entry in await inbox(member, skip=2, limit=3)] == [5, 4, 3]
    found: list[int] = []
    query: dict[str, Any] = {"limit": 3}
    for _ in range(3):
        page = (await member.get("/notifications", params=query)).json()
        found += [entry["data"]["seq"] for entry in page["data"]]
        query["cursor"] = page["meta"]["next_cursor"]
    assert found == [7, 6, 5, 4, 3, 2, 1]
    assert query["cursor"] is None


async def test_one_is_read(app: FastAPI, member: Actor) -> None:
    await tell(app, member, count=3)
    entry = (await inbox(member))[1]
    reply = await member.post(f"/notifications/{entry['id']}/read")
    assert (reply.status_code, reply.json()) == (200, {"unread": 2})
    [read] = await inbox(member, unread=False)
    assert (read["id"], read["read_at"] is None) == (entry["id"], False)
    assert [left["data"]["seq"] for left in await inbox(member, unread=True)] == [3, 1]
    # When it was first read is what counts.
    assert (await member.post(f"/notifications/{entry['id']}/read")).json() == {"unread": 2}
    assert await inbox(member, unread=False) == [read]


async def test_what_is_not_ones_own_is_not_there(app: FastAPI, member: Actor, other: Actor) -> None:
    await tell(app, member)
    [entry] = await inbox(member)
    for notification_id in (entry["id"], entry["id"] + 1):
        reply = await other.post(f"/notifications/{notification_id}/read")
        assert reply.status_code == 404
        assert error_of(reply)["message"] == "Notification not found"
    assert await unread(member) == 1


async def test_all_are_read(app: FastAPI, member: Actor, other: Actor) -> None:
    await tell(app, member, count=3)
    await tell(app, other)
    reply = await member.post("/notifications/read")
    assert (reply.status_code, reply.json()) == (200, {"unread": 0})
    assert await unread(member) == 0
    assert await unread(other) == 1


async def test_all_that_were_seen_are_read(app: FastAPI, member: Actor) -> None:
    await tell(app, member, count=3)
    seen = (await inbox(member))[1]["id"]
    assert (await member.post("/notifications/read", json={"up_to": seen})).json() == {"unread": 1}
    assert [left["data"]["seq"] for left in await inbox(member, unread=True)] == [3]
    assert (await member.post("/notifications/read", json={})).json() == {"unread": 0}


@pytest.mark.parametrize("body", [{"up_to": 0}, {"up_to": 2**63}, {"up_to": "1.5"}, {"up_to": 1, "user_id": 1}, []])
async def test_what_is_no_place_in_the_inbox_is_refused(app: FastAPI, member: Actor, body: Any) -> None:
    await tell(app, member)
    assert (await member.post("/notifications/read", json=body)).status_code == 422
    assert await unread(member) == 1


async def test_strangers_have_none(client: AsyncClient) -> None:
    assert (await client.get("/api/v1/notifications")).status_code == 401
    assert (await client.post("/api/v1/notifications/read")).status_code == 401


async def test_what_was_read_long_ago_is_cleared_away(app: FastAPI, member: Actor, moving_clock: Clock) -> None:
    await tell(app, member, count=3)
    old, young, _ = (entry["id"] for entry in await inbox(member))
    await member.post(f"/notifications/{old}/read")
    moving_clock.forward(days=2)
    token = (await member.client.post("/api/v1/auth/refresh", json={"refresh_token": member.refresh_token})).json()
    later = Actor(member.client, token["user"], token["access_token"], token["refresh_token"])
    await later.post(f"/notifications/{young}/read")
    moving_clock.forward(days=89)
    await CLEAR_READ.handler(app)
    moving_clock.ahead -= moving_clock.ahead
    assert [entry["data"]["seq"] for entry in await inbox(member)] == [2, 1], "and what nobody has read stays"


async def test_a_deleted_account_has_no_inbox_and_no_name(
    app: FastAPI, superuser: Actor, member: Actor, other: Actor
) -> None:
    await tell(app, member, other)
    await tell(app, other, member)
    assert (await superuser.delete(f"/users/{other.id}")).status_code == 204
    [entry] = await inbox(member)
    assert (entry["actor"]["id"], entry["actor"]["full_name"]) == (other.id, "Deleted user")
    async with database_of(app).reading() as reader:
        assert set(await reader.scalars(select(Notification.user_id))) == {member.id}


async def test_an_inbox_costs_the_same_however_much_is_in_it(app: FastAPI, member: Actor, other: Actor) -> None:
    for count in (1, 60):
        await tell(app, member, other, count=count)
        with watch(app) as seen:
            await inbox(member)
        # Who is asking, the page with those who did it, how many there are.
        assert len(seen) == 3


async def test_an_inbox_has_its_index(app: FastAPI, member: Actor, other: Actor) -> None:
    for number in range(40):
        await tell(app, other if number % 20 else member, count=20)
    await analyze(app)
    for query in ({}, {"unread": True}):
        with watch(app) as seen:
            await inbox(member, limit=5, **query)
        for statement in seen[1:]:
            plan = await explain(app, statement)
            assert "ix_notifications_user_id_id" in plan, plan
            assert "TEMP B-TREE" not in plan, plan

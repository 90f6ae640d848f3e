"""Making rooms, finding them, changing and deleting them."""

from typing import Any

import pytest
from fastapi import FastAPI

from musubi.core.pagination import Collection
from musubi.features.rooms.schemas import RoomRead
from tests.features.items.test_replies import assert_described
from tests.features.rooms.talk import Talker, make_room
from tests.support import Actor, error_of


async def names(actor: Actor, **query: Any) -> list[str]:
    reply = await actor.get("/rooms", params=query)
    assert reply.status_code == 200, reply.text
    return [room["name"] for room in reply.json()["data"]]


async def test_a_new_room_belongs_to_whoever_makes_it(member: Actor) -> None:
    reply = await member.post("/rooms", json={"name": "general", "topic": "  All of it  "})
    assert reply.status_code == 201
    assert reply.headers["Location"] == "/api/v1/rooms/general"
    room = reply.json()
    assert_described(RoomRead, room)
    assert room["created_by"] == member.id
    assert (room["topic"], room["is_private"], room["is_member"]) == ("All of it", False, True)
    assert (room["seq"], room["message_count"], room["unread"], room["last_message_at"]) == (0, 0, 0, None)
    assert (await member.get("/rooms/general")).json() == room


async def test_a_name_is_given_once(member: Actor, other: Actor) -> None:
    await make_room(member, "general", is_private=True)
    reply = await other.post("/rooms", json={"name": "general"})
    assert reply.status_code == 409
    assert set(error_of(reply)["details"]["fields"]) == {"name"}


@pytest.mark.parametrize("name", ["", "A", "-a", "_a", "a b", "結び", "a" * 65, "a/b", "a.b", "a\n"])
async def test_a_name_has_a_form(member: Actor, name: str) -> None:
    reply = await member.post("/rooms", json={"name": name})
    assert reply.status_code == 422
    assert set(error_of(reply)["details"]["fields"]) == {"name"}


async def test_a_room_that_is_sent_twice_is_made_once(member: Actor) -> None:
    replies = [
        await member.post("/rooms", json={"name": "general"}, headers={"Idempotency-Key": "once"}) for _ in range(2)
    ]
    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[0].json() == replies[1].json()


async def test_everyone_in_a_new_room_was_invited(member: Actor, other: Actor, editor: Actor) -> None:
    await make_room(member, "secret", is_private=True, member_ids=[other.id, other.id, member.id])
    assert await names(other) == ["secret"]
    assert await names(editor) == []


async def test_who_is_not_there_is_not_invited(member: Actor, other: Actor, superuser: Actor) -> None:
    await superuser.patch(f"/users/{other.id}", json={"is_active": False})
    for user_id in (other.id, 10**9):
        reply = await member.post("/rooms", json={"name": "general", "member_ids": [user_id]})
        assert reply.status_code == 422
        assert set(error_of(reply)["details"]["fields"]) == {"member_ids"}
    assert await names(member) == []


async def test_ones_own_rooms_come_first_the_liveliest_in_front(hanako: Talker, taro: Talker) -> None:
    for name in ("a", "b", "c"):
        await make_room(taro.actor, name)
    for name in ("x", "y", "z"):
        await make_room(hanako.actor, name)
    await hanako.enter("b")
    assert await names(hanako.actor) == ["z", "y", "x", "b", "c", "a"]
    await taro.say("x")
    await taro.say("a")
    await taro.say("b")
    expected = ["b", "x", "z", "y", "c", "a"]
    assert await names(hanako.actor) == expected
    assert await names(hanako.actor, joined=True) == expected[:4]
    assert await names(hanako.actor, joined=False) == expected[4:]


async def test_a_list_is_read_page_by_page(member: Actor, other: Actor) -> None:
    for number in range(3):
        await make_room(member, f"own-{number}")
        await make_room(other, f"other-{number}")
    expected = ["own-2", "own-1", "own-0", "other-2", "other-1", "other-0"]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await member.get("/rooms", params=query)).json()
        assert_described(Collection[RoomRead], page)
        assert page["meta"]["total"] == 6
        seen += [room["name"] for room in page["data"]]
        query["cursor"] = page["meta"]["next_cursor"]
        if query["cursor"] is None:
            break
    assert seen == expected
    assert await names(member, skip=2, limit=2) == expected[2:4]


async def test_a_search_finds_name_and_topic(member: Actor) -> None:
    await make_room(member, "general")
    await make_room(member, "random", topic="Ｇｅｎｅ、春の会 100%")
    for term, found in [
        ("GENE", ["random", "general"]),
        ("春", ["random"]),
        ("0%", ["random"]),
        ("l%", []),
        ("mｇ", []),
        ("al", ["general"]),
        ("", ["random", "general"]),
    ]:
        assert await names(member, search=term) == found, term
        assert await names(member, search=term, joined=False) == []


async def test_a_room_says_what_it_is_now(hanako: Talker) -> None:
    await make_room(hanako.actor)
    reply = await hanako.actor.patch("/rooms/general", json={"topic": "News"})
    assert reply.status_code == 200
    assert_described(RoomRead, reply.json())
    assert (reply.json()["topic"], reply.json()["is_private"]) == ("News", False)
    reply = await hanako.actor.patch("/rooms/general", json={"is_private": True})
    assert (reply.json()["topic"], reply.json()["is_private"]) == ("News", True)
    assert await hanako.room("general") == reply.json()
    assert await names(hanako.actor, search="news") == ["general"]
    for field in ("name", "seq"):
        assert (await hanako.actor.patch("/rooms/general", json={field: "x"})).status_code == 422
    for field in ("topic", "is_private"):
        assert (await hanako.actor.patch("/rooms/general", json={field: None})).status_code == 422


async def test_a_deleted_room_is_gone_with_all_that_was_said(app: FastAPI, hanako: Talker) -> None:
    await make_room(hanako.actor)
    message_id = await hanako.say("general", "knot one")
    await hanako.react(message_id)
    await hanako.edit(message_id, "knot two")
    before = await hanako.room("general")
    assert (await hanako.actor.delete("/rooms/general")).status_code == 204
    assert (await hanako.actor.get("/rooms/general")).status_code == 404
    assert (await hanako.actor.get("/rooms/general/messages")).status_code == 404
    assert (await hanako.actor.get("/messages", params={"search": "knot"})).json()["data"] == []
    again = await make_room(hanako.actor)
    assert (again["seq"], again["message_count"]) == (0, 0)
    assert again["epoch"] != before["epoch"]
    assert (await hanako.history("general"))["data"] == []


async def test_what_is_not_there_is_not_found(member: Actor) -> None:
    for method, path, body in [
        ("GET", "/rooms/nowhere", None),
        ("PATCH", "/rooms/nowhere", {"topic": "x"}),
        ("DELETE", "/rooms/nowhere", None),
        ("GET", "/rooms/nowhere/members", None),
        ("POST", "/rooms/nowhere/members", {"user_id": 1}),
        ("DELETE", f"/rooms/nowhere/members/{member.id}", None),
        ("GET", "/rooms/nowhere/messages", None),
        ("GET", "/messages?search=x&room=nowhere", None),
    ]:
        reply = await member.request(method, path, json=body)
        assert (reply.status_code, error_of(reply)["code"]) == (404, "NOT_FOUND"), path

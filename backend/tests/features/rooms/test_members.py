"""Who is in a room, and who is let in or shown out."""

import pytest
from fastapi import FastAPI

from musubi.core.errors import Forbidden
from musubi.core.pagination import Collection
from musubi.features.rooms.schemas import MemberRead
from tests.features.items.test_replies import assert_described
from tests.features.rooms.talk import Talker, make_room
from tests.support import Actor, error_of, make_actor


async def members_of(actor: Actor, room: str = "general") -> list[str]:
    reply = await actor.get(f"/rooms/{room}/members")
    assert reply.status_code == 200, reply.text
    assert_described(Collection[MemberRead], reply.json())
    return [member["username"] for member in reply.json()["data"]]


async def test_the_owner_lets_people_in_and_shows_them_out(hanako: Talker, taro: Talker) -> None:
    await make_room(hanako.actor, is_private=True)
    reply = await hanako.actor.post("/rooms/general/members", json={"user_id": taro.id})
    assert reply.status_code == 201
    assert_described(MemberRead, reply.json())
    assert reply.json()["username"] == "taro"
    assert not reply.json()["is_owner"]
    people = (await taro.actor.get("/rooms/general/members")).json()["data"]
    assert [(each["username"], each["is_owner"]) for each in people] == [("hanako", True), ("taro", False)]
    assert people[1] == reply.json()
    assert (await hanako.actor.delete(f"/rooms/general/members/{taro.id}")).status_code == 204
    assert (await taro.actor.get("/rooms/general/members")).status_code == 403
    assert await members_of(hanako.actor) == ["hanako"]


async def test_nobody_is_let_in_twice(hanako: Talker, taro: Talker) -> None:
    await make_room(hanako.actor)
    path, body = "/rooms/general/members", {"user_id": taro.id}
    assert (await hanako.actor.post(path, json=body)).status_code == 201
    reply = await hanako.actor.post(path, json=body)
    assert reply.status_code == 409
    assert set(error_of(reply)["details"]["fields"]) == {"user_id"}
    key = {"Idempotency-Key": "once"}
    assert (await hanako.actor.delete(f"{path}/{taro.id}")).status_code == 204
    assert [(await hanako.actor.post(path, json=body, headers=key)).status_code for _ in range(2)] == [201, 201]


async def test_who_is_not_there_is_not_let_in(hanako: Talker, taro: Talker, superuser: Actor) -> None:
    await make_room(hanako.actor)
    await superuser.patch(f"/users/{taro.id}", json={"is_active": False})
    for user_id in (taro.id, 10**9):
        reply = await hanako.actor.post("/rooms/general/members", json={"user_id": user_id})
        assert reply.status_code == 422
        assert set(error_of(reply)["details"]["fields"]) == {"user_id"}
    assert await members_of(hanako.actor) == ["hanako"]


async def test_anyone_may_leave(hanako: Talker, taro: Talker) -> None:
    await make_room(hanako.actor, is_private=True, member_ids=[taro.id])
    assert (await taro.actor.delete(f"/rooms/general/members/{taro.id}")).status_code == 204
    assert await members_of(hanako.actor) == ["hanako"]
    assert (await taro.actor.delete(f"/rooms/general/members/{taro.id}")).status_code == 404


async def test_an_owner_who_left_may_come_back_but_not_read_meanwhile(hanako: Talker, taro: Talker) -> None:
    await make_room(hanako.actor, is_private=True, member_ids=[taro.id])
    path = "/rooms/general/members"
    assert (await hanako.actor.delete(f"{path}/{hanako.id}")).status_code == 204
    assert (await hanako.actor.get("/rooms/general/messages")).status_code == 403
    assert not (await hanako.room("general"))["is_member"]
    assert (await hanako.actor.post(path, json={"user_id": hanako.id})).status_code == 201
    assert (await hanako.actor.get("/rooms/general/messages")).status_code == 200


async def test_a_list_of_members_is_read_page_by_page(hanako: Talker) -> None:
    ids = [(await make_actor(hanako.actor.client, f"guest-{number}")).id for number in range(4)]
    await make_room(hanako.actor, is_private=True, member_ids=ids)
    page = (await hanako.actor.get("/rooms/general/members", params={"limit": 3})).json()
    assert [each["username"] for each in page["data"]] == ["guest-0", "guest-1", "guest-2"]
    assert page["meta"]["total"] == 5
    rest = {"limit": 3, "cursor": page["meta"]["next_cursor"]}
    page = (await hanako.actor.get("/rooms/general/members", params=rest)).json()
    assert [each["username"] for each in page["data"]] == ["guest-3", "hanako"]
    assert page["meta"]["next_cursor"] is None


async def test_a_public_room_comes_into_being_with_the_first_who_enters(hanako: Talker, taro: Talker) -> None:
    made = await hanako.enter("tea")
    room = await hanako.room("tea")
    assert (made.name, made.epoch, made.seq, made.is_private) == ("tea", room["epoch"], 0, False)
    assert (room["created_by"], room["is_private"], room["is_member"]) == (hanako.id, False, True)
    assert await hanako.enter("tea") == made
    assert not (await taro.room("tea"))["is_member"]
    assert (await taro.enter("tea")).id == made.id
    assert await members_of(taro.actor, "tea") == ["hanako", "taro"]


async def test_whoever_leaves_a_public_room_may_enter_again(hanako: Talker, taro: Talker) -> None:
    await hanako.enter("tea")
    await taro.enter("tea")
    await taro.actor.delete(f"/rooms/tea/members/{taro.id}")
    assert await members_of(taro.actor, "tea") == ["hanako"]
    await taro.enter("tea")
    assert await members_of(taro.actor, "tea") == ["hanako", "taro"]


async def test_a_private_room_is_entered_by_its_members_alone(
    app: FastAPI, hanako: Talker, taro: Talker, moderator: Talker
) -> None:
    await make_room(hanako.actor, is_private=True, member_ids=[taro.id])
    assert (await taro.enter("general")).is_private
    with pytest.raises(Forbidden):
        await moderator.enter("general")
    await taro.actor.delete(f"/rooms/general/members/{taro.id}")
    with pytest.raises(Forbidden):
        await taro.enter("general")

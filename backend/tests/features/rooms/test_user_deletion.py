"""What stays in rooms of someone whose account is deleted."""

from fastapi import FastAPI

from tests.features.rooms.talk import Talker, make_room, told, whole_log
from tests.support import Actor


async def test_what_they_said_stays_without_their_name(
    app: FastAPI, hanako: Talker, taro: Talker, admin: Actor
) -> None:
    room = await hanako.enter("tea")
    await taro.enter("tea")
    message_id = await taro.say("tea", "Goodbye")
    await taro.react(message_id, "👋")
    assert (await admin.delete(f"/users/{taro.id}")).status_code == 204
    [message] = (await hanako.history("tea"))["data"]
    assert (message["content"], message["user"]["full_name"]) == ("Goodbye", "Deleted user")
    assert "taro" not in str(message)
    assert message["reactions"] == [{"emoji": "👋", "user_ids": [taro.id]}]
    people = (await hanako.actor.get("/rooms/tea/members")).json()["data"]
    assert [each["username"] for each in people] == ["hanako"]
    assert "taro" not in str(await whole_log(app, room.id))


async def test_their_rooms_go_to_the_heir_who_may_read_them(
    app: FastAPI, hanako: Talker, taro: Talker, admin: Actor
) -> None:
    await make_room(taro.actor, "private", is_private=True)
    await make_room(taro.actor, "public")
    await taro.say("private", "A secret")
    seen = len(await told(app))
    reply = await admin.delete(f"/users/{taro.id}", params={"transfer_items_to": hanako.id})
    assert reply.status_code == 204
    for name in ("private", "public"):
        room = await hanako.room(name)
        assert (room["created_by"], room["is_member"]) == (hanako.id, True)
    assert [message["content"] for message in (await hanako.history("private"))["data"]] == ["A secret"]
    assert (await hanako.actor.delete("/rooms/private")).status_code == 204
    assert [each["audience"] for each in (await told(app))[seen : seen + 2]] == [[f"user:{hanako.id}"], ["everyone"]]


async def test_without_an_heir_moderators_look_after_their_rooms(
    hanako: Talker, taro: Talker, moderator: Talker
) -> None:
    await make_room(taro.actor, "private", is_private=True, member_ids=[hanako.id])
    await moderator.actor.delete(f"/users/{taro.id}")
    assert (await hanako.room("private"))["created_by"] is None
    assert (await hanako.actor.patch("/rooms/private", json={"topic": "x"})).status_code == 403
    people = (await hanako.actor.get("/rooms/private/members")).json()["data"]
    assert [(each["username"], each["is_owner"]) for each in people] == [("hanako", False)]
    assert (await moderator.actor.patch("/rooms/private", json={"topic": "x"})).status_code == 200
    assert (await moderator.actor.delete("/rooms/private")).status_code == 204


async def test_their_name_can_be_anothers(hanako: Talker, taro: Talker, admin: Actor) -> None:
    """Nobody is told of what mentions someone who is gone."""
    await hanako.enter("tea")
    await admin.delete(f"/users/{taro.id}")
    await hanako.say("tea", "@taro")
    assert (await hanako.room("tea"))["seq"] == 1

"""Who reads which room: everyone the public ones, members the private ones; moderators look after all of them, and
read no more than others."""

from typing import Any

import pytest

from musubi.core.errors import Forbidden, NotFound
from tests.features.rooms.talk import Talker, make_room
from tests.support import error_of

CARD = ["/rooms/general", "/rooms/general/members"]
WHAT_IS_SAID = ["/rooms/general/messages", "/messages?search=knot&room=general"]


async def statuses(talker: Talker, paths: list[str]) -> set[int]:
    return {(await talker.actor.get(path)).status_code for path in paths}


async def test_a_public_room_is_everyones_to_read(hanako: Talker, taro: Talker) -> None:
    await make_room(hanako.actor)
    await hanako.say("general", "a knot")
    assert await statuses(taro, CARD + WHAT_IS_SAID) == {200}
    # Reading it is not being in it.
    assert not (await taro.room("general"))["is_member"]


async def test_a_private_room_is_its_members(hanako: Talker, taro: Talker, moderator: Talker) -> None:
    await make_room(hanako.actor, is_private=True)
    message_id = await hanako.say("general", "a knot")
    assert await statuses(taro, CARD + WHAT_IS_SAID) == {403}
    assert await statuses(moderator, CARD) == {200}
    assert await statuses(moderator, WHAT_IS_SAID) == {403}
    for stranger in (taro, moderator):
        assert (await stranger.actor.get("/rooms")).json()["data"] == []
        assert (await stranger.actor.get("/messages", params={"search": "knot"})).json()["data"] == []
        for attempt in (
            stranger.send("general"),
            stranger.edit(message_id, "mine"),
            stranger.delete(message_id),
            stranger.react(message_id),
            stranger.read("general", 1),
        ):
            with pytest.raises(Forbidden):
                await attempt
    room = await hanako.room("general")
    assert (room["seq"], room["message_count"]) == (1, 1)


async def test_a_room_that_turns_private_keeps_its_members(hanako: Talker, taro: Talker, moderator: Talker) -> None:
    await make_room(hanako.actor)
    await taro.enter("general")
    await hanako.actor.patch("/rooms/general", json={"is_private": True})
    assert await statuses(taro, CARD + WHAT_IS_SAID) == {200}
    assert await statuses(moderator, WHAT_IS_SAID) == {403}
    await hanako.actor.patch("/rooms/general", json={"is_private": False})
    assert await statuses(moderator, WHAT_IS_SAID) == {200}


@pytest.mark.parametrize("is_private", [False, True])
async def test_owner_and_moderators_look_after_a_room(
    hanako: Talker, taro: Talker, moderator: Talker, is_private: bool
) -> None:
    await make_room(hanako.actor, is_private=is_private, member_ids=[taro.id])
    change: list[tuple[str, str, dict[str, Any] | None]] = [
        ("PATCH", "/rooms/general", {"topic": "x"}),
        ("POST", "/rooms/general/members", {"user_id": moderator.id}),
        ("DELETE", f"/rooms/general/members/{hanako.id}", None),
        ("DELETE", "/rooms/general", None),
    ]
    for method, path, body in change:
        reply = await taro.actor.request(method, path, json=body)
        assert (reply.status_code, error_of(reply)["code"]) == (403, "FORBIDDEN")
    for method, path, body in change:
        reply = await moderator.actor.request(method, path, json=body)
        assert reply.is_success, reply.text


async def test_what_moderators_do_is_noted(hanako: Talker, taro: Talker, moderator: Talker) -> None:
    await make_room(hanako.actor, member_ids=[taro.id])
    message_id = await taro.say("general")
    await moderator.delete(message_id)
    await moderator.actor.patch("/rooms/general", json={"topic": "x"})
    await moderator.actor.delete(f"/rooms/general/members/{taro.id}")
    await moderator.actor.delete("/rooms/general")
    entries = (await moderator.actor.get("/audit", params={"actor_id": moderator.id, "limit": 4})).json()["data"]
    assert [entry["action"] for entry in entries] == [
        "room.deleted",
        "room.member_removed",
        "room.updated",
        "message.deleted",
    ]
    assert entries[1]["details"] == {"name": "general", "user_id": taro.id}
    assert entries[3]["details"] == {"room": "general", "author_id": taro.id}
    assert entries[3]["object_id"] == message_id


async def test_in_a_room_that_is_not_there_nothing_is_done(hanako: Talker) -> None:
    for attempt in (
        hanako.send("nowhere"),
        hanako.edit(1, "x"),
        hanako.delete(1),
        hanako.react(1),
        hanako.read("nowhere", 1),
    ):
        with pytest.raises(NotFound):
            await attempt

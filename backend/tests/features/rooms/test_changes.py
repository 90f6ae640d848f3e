"""Who is told of a room that is another: whoever has it in their list, or could; on every process."""

from fastapi import FastAPI

from tests.features.rooms.talk import Talker, make_room, told


def channels(*talkers: Talker) -> list[str]:
    return [f"user:{talker.id}" for talker in talkers]


async def test_of_a_public_room_everyone_is_told(app: FastAPI, hanako: Talker, taro: Talker) -> None:
    await make_room(hanako.actor)
    await hanako.actor.patch("/rooms/general", json={"topic": "x"})
    await hanako.actor.delete("/rooms/general")
    await hanako.enter("tea")
    messages = await told(app)
    assert [each["audience"] for each in messages] == [["everyone"]] * 4
    assert [(each["room"], each["deleted"]) for each in messages] == [
        ("general", False),
        ("general", False),
        ("general", True),
        ("tea", False),
    ]
    assert {each["removed_user_ids"] for each in messages} == {None}
    assert messages[0]["room_id"] == messages[2]["room_id"]


async def test_of_a_private_room_its_members_are_told(app: FastAPI, hanako: Talker, taro: Talker) -> None:
    await make_room(hanako.actor, is_private=True, member_ids=[taro.id])
    await hanako.actor.patch("/rooms/general", json={"topic": "x"})
    await hanako.actor.delete("/rooms/general")
    assert [each["audience"] for each in await told(app)] == [channels(hanako, taro)] * 3


async def test_of_a_room_that_turns_private_everyone_is_told(app: FastAPI, hanako: Talker) -> None:
    await make_room(hanako.actor)
    for is_private in (True, False):
        await hanako.actor.patch("/rooms/general", json={"is_private": is_private})
    assert [each["audience"] for each in await told(app)] == [["everyone"]] * 3


async def test_of_who_comes_and_goes_those_are_told_who_know_them(
    app: FastAPI, hanako: Talker, taro: Talker, moderator: Talker
) -> None:
    await make_room(hanako.actor, "private", is_private=True)
    await make_room(hanako.actor, "public")
    seen = len(await told(app))
    for room in ("private", "public"):
        await hanako.actor.post(f"/rooms/{room}/members", json={"user_id": taro.id})
        await hanako.actor.delete(f"/rooms/{room}/members/{taro.id}")
    await taro.enter("public")
    messages = (await told(app))[seen:]
    assert [each["audience"] for each in messages] == [*[channels(hanako, taro)] * 2, *[channels(taro)] * 3]
    assert [each["removed_user_ids"] for each in messages] == [None, [taro.id], None, [taro.id], None]


async def test_of_what_changed_nothing_nobody_is_told(app: FastAPI, hanako: Talker, taro: Talker) -> None:
    await make_room(hanako.actor, topic="x", member_ids=[taro.id])
    seen = len(await told(app))
    await hanako.actor.patch("/rooms/general", json={"topic": "x", "is_private": False})
    await hanako.actor.patch("/rooms/general", json={})
    await hanako.enter("general")
    await taro.actor.patch("/rooms/general", json={"topic": "mine"})
    assert len(await told(app)) == seen

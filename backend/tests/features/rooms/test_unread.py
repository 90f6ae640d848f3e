"""How far one has read, and how much is left."""

import pytest
from fastapi import FastAPI

from musubi.core.errors import Forbidden
from musubi.features.rooms.repository import MAX_UNREAD
from tests.features.rooms.talk import Talker, make_room, told


async def test_what_others_say_is_unread(hanako: Talker, taro: Talker) -> None:
    await hanako.enter("tea")
    await taro.enter("tea")
    await taro.say("tea", "one")
    await hanako.say("tea", "own")
    deleted = await taro.say("tea", "two")
    await taro.say("tea", "three")
    await taro.delete(deleted)
    assert (await hanako.room("tea"))["unread"] == 2
    assert (await taro.room("tea"))["unread"] == 1
    assert [room["unread"] for room in (await hanako.actor.get("/rooms")).json()["data"]] == [2]


async def test_what_was_said_before_one_came_counts_as_read(hanako: Talker, taro: Talker) -> None:
    await make_room(hanako.actor, "tea", is_private=True)
    await hanako.say("tea")
    await hanako.actor.post("/rooms/tea/members", json={"user_id": taro.id})
    room = await taro.room("tea")
    assert (room["read_seq"], room["unread"]) == (1, 0)


async def test_who_is_not_in_a_room_has_nothing_to_read(hanako: Talker, taro: Talker) -> None:
    await hanako.enter("tea")
    await hanako.say("tea")
    room = await taro.room("tea")
    assert (room["read_seq"], room["unread"]) == (0, 0)
    with pytest.raises(Forbidden):
        await taro.read("tea", 1)


async def test_reading_only_goes_forward(app: FastAPI, hanako: Talker, taro: Talker) -> None:
    await hanako.enter("tea")
    await taro.enter("tea")
    for _ in range(4):
        await taro.say("tea")
    marks = [await hanako.read("tea", seq) for seq in (2, 1, 2, 10**9, 3)]
    assert [(mark.seq, mark.unread) for mark in marks] == [(2, 2), (2, 2), (2, 2), (4, 0), (4, 0)]
    room = await hanako.room("tea")
    assert (room["read_seq"], room["unread"]) == (4, 0)
    # Their other devices hear of what moved, and nobody else.
    assert [(each["frame"]["seq"], each["audience"]) for each in await told(app, "frame")] == [
        (2, [f"user:{hanako.id}"]),
        (4, [f"user:{hanako.id}"]),
    ]
    await taro.say("tea")
    assert (await hanako.room("tea"))["unread"] == 1


async def test_there_is_an_end_to_counting(hanako: Talker, taro: Talker) -> None:
    await hanako.enter("tea")
    for _ in range(MAX_UNREAD + 1):
        await taro.say("tea")
    assert (await hanako.room("tea"))["unread"] == MAX_UNREAD
    assert (await hanako.read("tea", 2)).unread == MAX_UNREAD - 1

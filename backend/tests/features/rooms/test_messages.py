"""Saying something, saying it differently, taking it back, and answering it in one character."""

from typing import Any

import pytest
from fastapi import FastAPI

from musubi.core.errors import AppError, Conflict, Forbidden, Invalid
from musubi.features.rooms.messages import MAX_EMOJI_OF_MESSAGE, MAX_EMOJI_OF_USER
from tests.features.rooms.talk import Talker, make_room, whole_log
from tests.support import make_actor


@pytest.fixture
async def room(hanako: Talker, taro: Talker) -> dict[str, Any]:
    await make_room(hanako.actor)
    await taro.enter("general")
    return await hanako.room("general")


async def only_message(talker: Talker) -> dict[str, Any]:
    [message] = (await talker.history("general"))["data"]
    assert isinstance(message, dict)
    return message


async def test_what_is_said_is_in_the_history(hanako: Talker, room: dict[str, Any]) -> None:
    sent = await hanako.send("general", "おはよう\nGood morning", "cid-of-mine")
    assert not sent.duplicate
    message = await only_message(hanako)
    frame = sent.frame.model_dump(mode="json")
    assert message["reactions"] == []
    assert {**frame, "reactions": []} == {**message, "type": "message"}
    assert (frame["seq"], frame["cid"], frame["user"]["username"]) == (1, "cid-of-mine", "hanako")
    now = await hanako.room("general")
    assert (now["seq"], now["message_count"], now["last_message_at"]) == (1, 1, frame["timestamp"])
    assert now["epoch"] == room["epoch"]


async def test_a_message_is_changed_by_its_author(hanako: Talker, taro: Talker, room: dict[str, Any]) -> None:
    message_id = await hanako.say("general", "before")
    entry = await hanako.edit(message_id, "after")
    assert entry is not None
    frame = entry.frame.model_dump()
    assert (entry.seq, frame["seq"], frame["type"], frame["content"]) == (2, 2, "message_edited", "after")
    message = await only_message(taro)
    assert (message["content"], message["seq"]) == ("after", 1)
    assert message["edited_at"] == entry.frame.model_dump(mode="json")["timestamp"]
    with pytest.raises(Forbidden):
        await taro.edit(message_id, "mine")
    with pytest.raises(Invalid):
        await hanako.edit(message_id, "")
    assert (await only_message(taro))["content"] == "after"


async def test_a_moderator_does_not_put_words_into_mouths(
    hanako: Talker, moderator: Talker, room: dict[str, Any]
) -> None:
    message_id = await hanako.say("general")
    with pytest.raises(Forbidden):
        await moderator.edit(message_id, "other words")


async def test_a_deleted_message_says_nothing_any_more(
    app: FastAPI, hanako: Talker, taro: Talker, room: dict[str, Any]
) -> None:
    message_id = await hanako.say("general", "to be forgotten")
    await taro.react(message_id)
    with pytest.raises(Forbidden):
        await taro.delete(message_id)
    entry = await hanako.delete(message_id)
    assert entry is not None
    assert entry.frame.type == "message_deleted"
    message = await only_message(taro)
    assert (message["content"], message["reactions"]) == ("", [])
    assert message["deleted_at"] == entry.frame.model_dump(mode="json")["timestamp"]
    for attempt in (hanako.edit(message_id, "again"), hanako.react(message_id), taro.react(message_id, on=False)):
        with pytest.raises(Conflict):
            await attempt
    assert (await hanako.room("general"))["message_count"] == 1
    assert len(await whole_log(app, entry.room_id)) == 3


async def test_a_moderator_deletes_what_others_said(
    hanako: Talker, taro: Talker, moderator: Talker, room: dict[str, Any]
) -> None:
    message_id = await hanako.say("general")
    entry = await moderator.delete(message_id)
    assert entry is not None
    assert entry.frame.model_dump()["user"]["id"] == moderator.id
    assert (await only_message(taro))["deleted_at"]


async def test_what_is_so_already_is_no_change(
    app: FastAPI, hanako: Talker, moderator: Talker, room: dict[str, Any]
) -> None:
    message_id = await hanako.say("general", "same")
    assert await hanako.edit(message_id, "same") is None
    assert await hanako.react(message_id, on=False) is None
    assert await hanako.react(message_id) is not None
    assert await hanako.react(message_id) is None
    assert (await hanako.room("general"))["seq"] == 2
    entry = await hanako.delete(message_id)
    assert entry is not None
    assert await hanako.delete(message_id) is None
    assert await moderator.delete(message_id) is None
    assert [frame.type for frame in await whole_log(app, entry.room_id)] == ["message", "reaction", "message_deleted"]
    assert (await hanako.room("general"))["seq"] == 3


async def test_reactions_are_counted_by_emoji(hanako: Talker, taro: Talker, room: dict[str, Any]) -> None:
    message_id = await hanako.say("general")
    for talker, emoji in ((taro, "👍"), (hanako, "🎉"), (hanako, "👍"), (taro, "👍🏽")):
        await talker.react(message_id, emoji)
    assert (await only_message(hanako))["reactions"] == [
        {"emoji": "👍", "user_ids": [taro.id, hanako.id]},
        {"emoji": "🎉", "user_ids": [hanako.id]},
        {"emoji": "👍🏽", "user_ids": [taro.id]},
    ]
    await taro.react(message_id, "👍", on=False)
    assert (await only_message(hanako))["reactions"][1] == {"emoji": "👍", "user_ids": [hanako.id]}


async def test_there_is_an_end_to_reactions(app: FastAPI, hanako: Talker, room: dict[str, Any]) -> None:
    message_id = await hanako.say("general")
    emoji = [chr(0x1F600 + number) for number in range(MAX_EMOJI_OF_MESSAGE + 1)]
    crowd = [Talker(app, await make_actor(hanako.actor.client, f"guest-{number}")) for number in range(3)]
    for number, each in enumerate(emoji[:MAX_EMOJI_OF_MESSAGE]):
        await crowd[number // MAX_EMOJI_OF_USER].react(message_id, each)
    refused: list[tuple[Talker, str]] = [(crowd[0], emoji[-2]), (crowd[2], emoji[-1])]
    for talker, each in refused:
        with pytest.raises(Invalid) as caught:
            await talker.react(message_id, each)
        assert set(caught.value.fields) == {"emoji"}
    # One that is there may be joined.
    await hanako.react(message_id, emoji[0])
    reactions = (await only_message(hanako))["reactions"]
    assert len(reactions) == MAX_EMOJI_OF_MESSAGE
    assert reactions[0]["user_ids"] == [crowd[0].id, hanako.id]


async def test_what_is_refused_takes_no_number(hanako: Talker, taro: Talker, room: dict[str, Any]) -> None:
    message_id = await hanako.say("general")
    for attempt in (taro.edit(message_id, "x"), taro.delete(message_id), hanako.edit(message_id, "")):
        with pytest.raises(AppError):
            await attempt
    assert (await hanako.send("general")).frame.seq == 2

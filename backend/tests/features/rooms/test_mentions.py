"""`@username` in a message."""

from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient

from musubi.features.rooms.mentions import MAX_EXCERPT, MAX_MENTIONS, mentioned_names
from tests.features.rooms.talk import Talker, make_room
from tests.support import PASSWORD, Actor, actor_of, sign_in


async def inbox(talker: Talker) -> list[dict[str, Any]]:
    """Someone's notifications, oldest first."""
    reply = await talker.actor.get("/notifications")
    assert reply.status_code == 200, reply.text
    return [each for each in reply.json()["data"][::-1] if each["kind"] == "mention"]


async def test_whoever_is_mentioned_is_told(hanako: Talker, taro: Talker) -> None:
    await hanako.enter("tea")
    sent = await hanako.send("tea", "Would @taro like some tea, @hanako?")
    [told] = await inbox(taro)
    assert told["actor"]["id"] == hanako.id
    assert told["data"] == {
        "room": "tea",
        "message_id": sent.frame.id,
        "seq": sent.frame.seq,
        "excerpt": "Would @taro like some tea, @hanako?",
    }
    # Of what one says oneself one knows.
    assert await inbox(hanako) == []


async def test_a_name_is_found_as_it_is_written(hanako: Talker, taro: Talker) -> None:
    await hanako.enter("tea")
    said = [
        "@taro", "@TARO!", "＠ｔａｒｏ", "(@taro)", "@@taro", "@taro.", "@taro--", "@taro.-.", "やあ@taroさん、",
        "@taro's", "a@b @taro",
    ]  # fmt: skip
    for content in said:
        await hanako.say("tea", content)
    assert [each["data"]["excerpt"] for each in await inbox(taro)] == said


async def test_what_only_looks_like_it_is_no_mention(hanako: Talker, taro: Talker) -> None:
    await hanako.enter("tea")
    for content in ("taro", "@ taro", "me@taro", "me.@taro", "@taro2", "@taro_", "@tarot", "@ta", "@"):
        await hanako.say("tea", content)
    assert await inbox(taro) == []


async def registered(client: AsyncClient, username: str, number: int) -> Actor:
    """Someone whose name would make no e-mail address."""
    form = {"username": username, "email": f"{number}@example.com", "password": PASSWORD}
    return actor_of(client, await client.post("/api/v1/auth/register", json=form))


async def test_the_longest_name_is_meant(app: FastAPI, hanako: Talker, taro: Talker) -> None:
    names = ["taro.", "taro花子", "花子さん"]
    others = [Talker(app, await registered(hanako.actor.client, name, number)) for number, name in enumerate(names)]
    await hanako.enter("tea")
    for content in ("@taro.", "@taro花子さん", "@花子さんは"):
        await hanako.say("tea", content)
    assert [len(await inbox(each)) for each in others] == [1, 1, 1]
    assert await inbox(taro) == []


async def test_a_message_tells_everyone_once(hanako: Talker, taro: Talker) -> None:
    await hanako.enter("tea")
    message_id = (await hanako.send("tea", "@taro @Taro @taro.", "same")).frame.id
    assert len(await inbox(taro)) == 1
    await hanako.send("tea", "@taro", "same")
    await hanako.edit(message_id, "Dear @taro, @taro")
    assert len(await inbox(taro)) == 1
    await hanako.edit(message_id, "Dear all")
    await hanako.edit(message_id, "Dear @taro")
    assert len(await inbox(taro)) == 2


async def test_an_edit_tells_whom_it_adds(hanako: Talker, taro: Talker) -> None:
    await hanako.enter("tea")
    sent = await hanako.send("tea", "Tea?")
    await hanako.edit(sent.frame.id, "Tea, @taro?")
    [told] = await inbox(taro)
    # It leads to the message, not to its change.
    assert (told["data"]["seq"], told["data"]["excerpt"]) == (sent.frame.seq, "Tea, @taro?")


async def test_only_who_may_read_it_is_told(hanako: Talker, taro: Talker, moderator: Talker, superuser: Actor) -> None:
    await make_room(hanako.actor, "secret", is_private=True, member_ids=[taro.id])
    await hanako.say("secret", "@taro @admin-san")
    assert len(await inbox(taro)) == 1
    assert await inbox(moderator) == []
    await superuser.patch(f"/users/{taro.id}", json={"is_active": False})
    await hanako.say("secret", "@taro")
    await superuser.patch(f"/users/{taro.id}", json={"is_active": True})
    back = Talker(taro.app, await sign_in(taro.actor.client, "taro"))
    assert len(await inbox(back)) == 1


async def test_a_long_message_is_cut(hanako: Talker, taro: Talker) -> None:
    await hanako.enter("tea")
    await hanako.say("tea", "@taro " + "結" * 3000)
    [told] = await inbox(taro)
    assert told["data"]["excerpt"] == "@taro " + "結" * (MAX_EXCERPT - 7) + "…"


async def test_whoever_has_read_the_message_needs_not_be_told_any_more(hanako: Talker, taro: Talker) -> None:
    for room in ("tea", "sweets"):
        await hanako.enter(room)
        await taro.enter(room)
    sent = [
        await hanako.send("tea", "@taro 1"),
        await hanako.send("tea", "@taro 2"),
        await hanako.send("sweets", "@taro 3"),
    ]
    await taro.read("tea", sent[0].frame.seq)
    assert [each["read_at"] is None for each in await inbox(taro)] == [False, True, True]
    await taro.read("tea", 1000)
    assert [each["read_at"] is None for each in await inbox(taro)] == [False, False, True]


async def test_there_is_an_end_to_mentions() -> None:
    text = " ".join(f"@guest-{number}" for number in range(MAX_MENTIONS + 5))
    assert [names[0] for names in mentioned_names(text)] == [f"guest-{number}" for number in range(MAX_MENTIONS)]
    assert list(mentioned_names("@" * 4000)) == []
    # A name has 50 characters at the most.
    [names] = mentioned_names("@" + "a" * 50)
    assert names == ["a" * 50]
    assert list(mentioned_names("@" + "a" * 51)) == []
    assert [len(name) for name in next(mentioned_names("@" + "結" * 4000))] == list(range(50, 2, -1))

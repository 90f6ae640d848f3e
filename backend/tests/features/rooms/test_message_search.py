"""Finding what was said."""

from typing import Any

import pytest

from musubi.core.pagination import Collection
from musubi.features.rooms.schemas import MessageRead
from tests.features.items.test_replies import assert_described
from tests.features.rooms.talk import Talker, make_room
from tests.support import error_of


async def found(talker: Talker, term: str, **query: Any) -> list[str]:
    """The contents of what is found, newest first."""
    reply = await talker.actor.get("/messages", params={"search": term, "limit": 100, **query})
    assert reply.status_code == 200, reply.text
    page = reply.json()
    assert_described(Collection[MessageRead], page)
    assert page["meta"]["total"] == len(page["data"])
    return [message["content"] for message in page["data"]]


async def test_a_text_is_found_without_regard_to_case_and_width(hanako: Talker) -> None:
    await make_room(hanako.actor)
    said = ["ＭＵＳＵＢＩ", "musubi", "結び目", "むすび", "100% Straße", "a_b"]
    for content in said:
        await hanako.say("general", content)
    for term, contents in [
        ("Musubi", [1, 0]),
        ("ｓＵ", [1, 0]),
        ("m", [1, 0]),
        ("結び目", [2]),
        ("び", [3, 2]),
        ("0%", [4]),
        ("STRASSE", [4]),
        ("_", [5]),
        ("a%b", []),
        ("結目", []),
    ]:
        assert await found(hanako, term) == [said[number] for number in contents], term


async def test_a_message_is_found_by_what_it_says_now(hanako: Talker) -> None:
    await make_room(hanako.actor)
    message_id = await hanako.say("general", "long before")
    await hanako.edit(message_id, "just after")
    assert await found(hanako, "just after") == ["just after"]
    assert await found(hanako, "long before") == []
    assert await found(hanako, "lo") == []
    await hanako.delete(message_id)
    for term in ("just after", "ju"):
        assert await found(hanako, term) == []


async def test_only_what_one_may_read_is_found(hanako: Talker, taro: Talker) -> None:
    await make_room(hanako.actor, "public")
    await make_room(hanako.actor, "private", is_private=True)
    await make_room(hanako.actor, "shared", is_private=True, member_ids=[taro.id])
    for room in ("public", "private", "shared"):
        await hanako.say(room, f"a knot, {room}")
    for term in ("knot", "kn"):
        assert await found(hanako, term) == ["a knot, shared", "a knot, private", "a knot, public"]
        assert await found(taro, term) == ["a knot, shared", "a knot, public"]
        assert await found(taro, term, room="shared") == ["a knot, shared"]


async def test_what_is_found_is_shown_with_its_reactions(hanako: Talker, taro: Talker) -> None:
    await make_room(hanako.actor)
    await make_room(hanako.actor, "tea")
    ids = [await hanako.say(room, "knot") for room in ("general", "tea", "general")]
    await taro.react(ids[0], "👍")
    await taro.react(ids[1], "🎉")
    page = (await hanako.actor.get("/messages", params={"search": "knot"})).json()
    shown = [(each["id"], each["room"], [one["emoji"] for one in each["reactions"]]) for each in page["data"]]
    assert shown == [(ids[2], "general", []), (ids[1], "tea", ["🎉"]), (ids[0], "general", ["👍"])]


@pytest.mark.parametrize("term", ["knot", "kn"])
async def test_what_is_found_is_read_page_by_page(hanako: Talker, term: str) -> None:
    await make_room(hanako.actor)
    ids = [await hanako.say("general", "knot") for _ in range(5)]
    seen: list[int] = []
    query: dict[str, Any] = {"search": term, "limit": 2}
    while True:
        page = (await hanako.actor.get("/messages", params=query)).json()
        assert page["meta"]["total"] == 5
        seen += [message["id"] for message in page["data"]]
        query["cursor"] = page["meta"]["next_cursor"]
        if query["cursor"] is None:
            break
    assert seen == ids[::-1]
    page = (await hanako.actor.get("/messages", params={"search": term, "skip": 3})).json()
    assert [message["id"] for message in page["data"]] == ids[1::-1]


@pytest.mark.parametrize("query", ["", "search=", "search=%00", "search=x&room=A", "search=x&cursor=abc"])
async def test_a_search_has_a_form(hanako: Talker, query: str) -> None:
    reply = await hanako.actor.get(f"/messages?{query}")
    assert reply.status_code in (400, 422)
    assert error_of(reply)["code"] in ("VALIDATION_ERROR", "BAD_REQUEST")

"""Reading a room's history, part by part."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musubi.core.pagination import Collection
from musubi.features.rooms.schemas import MessageRead
from tests.features.items.test_replies import assert_described
from tests.features.rooms.talk import Talker, make_room
from tests.support import error_of

SAID = [1, 2, 4, 5, 7, 8, 9]
"""The numbers of the messages of `spoken`; those in between are changes."""


@pytest.fixture
async def spoken(hanako: Talker, taro: Talker) -> Talker:
    await make_room(hanako.actor)
    first = await hanako.say("general")
    await taro.say("general")
    await taro.react(first)
    await hanako.say("general")
    fifth = await taro.say("general")
    await taro.delete(fifth)
    for _ in range(3):
        await hanako.say("general")
    await hanako.edit(first, "Said differently")
    return hanako


async def numbers(talker: Talker, **query: Any) -> tuple[list[int], bool, bool]:
    """The numbers of a part's messages, and whether there are older and newer ones."""
    page = await talker.history("general", **query)
    assert_described(Collection[MessageRead], page)
    meta = page["meta"]
    assert (meta["total"], meta["page"], meta["next_cursor"]) == (len(SAID), None, None)
    return [message["seq"] for message in page["data"]], meta["has_prev"], meta["has_next"]


async def test_the_last_messages_come_without_being_asked_for(spoken: Talker) -> None:
    assert await numbers(spoken) == (SAID, False, False)
    assert await numbers(spoken, limit=3) == ([7, 8, 9], True, False)


async def test_each_part_leads_to_the_next(spoken: Talker) -> None:
    assert await numbers(spoken, limit=3, before=7) == ([2, 4, 5], True, True)
    assert await numbers(spoken, limit=3, before=2) == ([1], False, True)
    assert await numbers(spoken, limit=3, after=2) == ([4, 5, 7], True, True)
    assert await numbers(spoken, limit=3, after=7) == ([8, 9], True, False)


async def test_a_part_shows_what_came_of_its_messages(spoken: Talker, taro: Talker) -> None:
    first, _, _, fifth, *_ = (await spoken.history("general"))["data"]
    assert (first["content"], first["reactions"]) == ("Said differently", [{"emoji": "👍", "user_ids": [taro.id]}])
    assert (fifth["content"], fifth["user"]["username"]) == ("", "taro")
    assert fifth["deleted_at"]


@settings(max_examples=40)
@given(
    before=st.none() | st.integers(0, 12),
    after=st.none() | st.integers(0, 12),
    limit=st.integers(1, 9),
)
async def test_any_part_is_what_it_should_be(spoken: Talker, before: int | None, after: int | None, limit: int) -> None:
    low = -1 if after is None else after
    high = 99 if before is None else before
    within = [seq for seq in SAID if low < seq < high]
    part = within[-limit:] if after is None else within[:limit]
    query = {name: value for name, value in (("before", before), ("after", after)) if value is not None}
    shown, has_prev, has_next = await numbers(spoken, **query, limit=limit)
    assert shown == part
    if part:
        assert has_prev == (SAID[0] < part[0])
        assert has_next == (SAID[-1] > part[-1])
    elif after is None:
        assert not has_prev
        assert has_next
    else:
        assert has_prev == (SAID[0] <= after)
        assert has_next == (SAID[-1] > after)


async def test_in_an_empty_room_there_is_no_history(hanako: Talker) -> None:
    await make_room(hanako.actor)
    for query in ({}, {"before": 5}, {"after": 0}, {"after": 5}):
        page = await hanako.history("general", **query)
        assert page["data"] == []
        meta = page["meta"]
        assert (meta["total"], meta["pages"], meta["has_prev"], meta["has_next"]) == (0, 0, False, False)


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "before=-1", "after=x", "before=9223372036854775808"])
async def test_what_makes_no_sense_is_refused(spoken: Talker, query: str) -> None:
    reply = await spoken.actor.get(f"/rooms/general/messages?{query}")
    assert reply.status_code == 422
    assert set(error_of(reply)["details"]["fields"]) == {query.split("=", maxsplit=1)[0]}

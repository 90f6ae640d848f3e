"""What rooms cost the database: how many statements, and by which index."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select

from musubi.features.files.models import File
from musubi.features.rooms.log import read_log
from musubi.features.rooms.models import Message, MessageChange, MessageFile, Reaction
from tests.features.rooms.talk import Talker
from tests.sql import Statement, analyze, database_of, explain, watch

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


async def statements_of(app: FastAPI, talker: Talker, path: str, **query: Any) -> list[Statement]:
    """What one request asks, without who is asking."""
    with watch(app) as seen:
        reply = await talker.actor.get(path, params=query)
    assert reply.status_code == 200, reply.text
    assert "auth_sessions" in seen[0][0]
    return seen[1:]


async def test_a_list_costs_the_same_however_long_it_is(app: FastAPI, hanako: Talker, taro: Talker) -> None:
    counts = []
    for round_ in range(2):
        for number in range(1 + 10 * round_):
            await taro.enter(f"room-{round_}-{number}")
            await hanako.enter(f"room-{round_}-{number}")
            await taro.react(await taro.say("room-0-0", "a knot"))
        lists: list[tuple[str, dict[str, Any]]] = [
            ("/rooms", {}),
            ("/rooms", {"search": "room", "joined": True}),
            ("/rooms/room-0-0", {}),
            ("/rooms/room-0-0/members", {}),
            ("/rooms/room-0-0/messages", {}),
            ("/rooms/room-0-0/messages", {"after": 0}),
            ("/messages", {"search": "knot"}),
            ("/messages", {"search": "kn", "room": "room-0-0"}),
        ]
        counts.append([len(await statements_of(app, hanako, path, **query)) for path, query in lists])
    assert counts[0] == counts[1] == [2, 2, 1, 3, 4, 4, 3, 4]


async def test_saying_something_costs_two_statements(app: FastAPI, hanako: Talker) -> None:
    await hanako.enter("tea")
    with watch(app) as seen:
        await hanako.say("tea", "Good morning")
    assert len(seen) == 2
    message_id = await hanako.say("tea", "Good morning")
    for change, count in (
        (hanako.edit(message_id, "Good evening"), 4),
        (hanako.react(message_id), 5),
        (hanako.delete(message_id), 4),
    ):
        with watch(app) as seen:
            await change
        assert len(seen) == count


async def test_any_number_of_mentions_costs_one_question(app: FastAPI, hanako: Talker) -> None:
    await hanako.enter("tea")
    for text in ("@nobody", " ".join(f"@nobody{number}" for number in range(20))):
        with watch(app) as seen:
            await hanako.say("tea", text)
        assert len(seen) == 3


@pytest.fixture
async def crowded(app: FastAPI, hanako: Talker, taro: Talker) -> int:
    """A room in which much was said, beside another; its id."""
    rooms = [await hanako.enter(name) for name in ("tea", "cake")]
    await taro.enter("tea")
    said: list[dict[str, Any]] = [
        {
            "id": 10_000 * room + number,
            "room_id": room_id,
            "seq": 2 * number - 1,
            "user_id": hanako.id,
            "cid": f"{room}-{number}",
            # As wide as real ones may be: where all of them fit into a few pages, no index pays.
            "content": "x" * 1500,
            "search_text": "結び目" if number % 1000 == 0 else f"number {number:05}",
            "created_at": NEW_YEAR + timedelta(seconds=number),
        }
        for room, room_id in enumerate(room.id for room in rooms)
        for number in range(1, 2001)
    ]
    changes = [
        {
            "room_id": message["room_id"],
            "seq": message["seq"] + 1,
            "message_id": message["id"],
            "kind": "reaction",
            "user_id": taro.id,
            "data": {"emoji": "👍", "on": True},
            "created_at": NEW_YEAR,
        }
        for message in said
    ]
    reactions = [
        {"message_id": message["id"], "user_id": taro.id, "emoji": emoji, "created_at": NEW_YEAR}
        for message in said
        for emoji in "👍🎉👋🍵🙏"
    ]
    name = await hanako.keep()
    async with database_of(app).transaction() as session:
        file_id = await session.scalar(select(File.id).where(File.stored_name == name))
        shown = [{"message_id": message["id"], "file_id": file_id, "position": 0} for message in said]
        await session.execute(insert(Message), said)
        await session.execute(insert(MessageFile), shown)
        await session.execute(insert(MessageChange), changes)
        await session.execute(insert(Reaction), reactions)
    await analyze(app)
    return rooms[0].id


def scans(plan: str) -> list[str]:
    """The tables that a plan reads from one end to the other."""
    return re.findall(r"(?:Seq Scan on|SCAN) (messages|message_changes|message_files|reactions)\b", plan)


async def test_a_part_of_a_long_history_is_read_by_an_index(app: FastAPI, hanako: Talker, crowded: int) -> None:
    for query in ({}, {"before": 2000}, {"after": 2000}):
        for statement in await statements_of(app, hanako, "/rooms/tea/messages", **query, limit=20):
            plan = await explain(app, statement)
            assert scans(plan) == [], plan


async def test_a_part_of_a_long_log_is_read_by_an_index(app: FastAPI, crowded: int) -> None:
    with watch(app) as seen:
        assert len(await read_log(database_of(app), crowded, 2000, 20)) == 20
    assert len(seen) == 2
    for statement in seen:
        plan = await explain(app, statement)
        assert scans(plan) == [], plan


async def test_unread_messages_are_counted_by_an_index(
    app: FastAPI, hanako: Talker, taro: Talker, crowded: int
) -> None:
    for path in ("/rooms", "/rooms/tea"):
        for statement in await statements_of(app, taro, path):
            plan = await explain(app, statement)
            assert scans(plan) == [], plan


async def test_a_search_has_its_index(app: FastAPI, hanako: Talker, crowded: int) -> None:
    for statement in (await statements_of(app, hanako, "/messages", search="結び目"))[:2]:
        plan = await explain(app, statement)
        assert re.search("messages_search|VIRTUAL TABLE INDEX", plan), plan

"""A room's log: one order without gaps, whoever writes to it, and however often something is sent."""

import asyncio
from collections import Counter

import pytest
from fastapi import FastAPI
from httpx import ASGITransport

from musubi.core.errors import AppError
from musubi.features.rooms.frames import MessageFrame
from musubi.features.rooms.log import read_heads, read_log
from tests.conftest import AppMaker
from tests.features.rooms.talk import Talker, whole_log
from tests.sql import database_of, watch


@pytest.fixture
async def second_app(make_client: AppMaker, app: FastAPI) -> FastAPI:
    """Another process, as far as the database can tell: the same application again, with connections of its own."""
    transport = (await make_client())._transport
    assert isinstance(transport, ASGITransport)
    assert isinstance(transport.app, FastAPI)
    return transport.app


async def test_the_log_tells_what_happened_in_order(app: FastAPI, hanako: Talker, taro: Talker) -> None:
    room = await hanako.enter("tea")
    sent = [await hanako.send("tea", content) for content in ("one", "two", "three")]
    ids = [each.frame.id for each in sent]
    entries = [
        await taro.react(ids[0], "👍"),
        await hanako.edit(ids[0], "ONE"),
        await taro.react(ids[0], "👍", on=False),
        await hanako.edit(ids[1], "gone soon"),
        await hanako.delete(ids[1]),
    ]
    log = await whole_log(app, room.id)
    # Whoever comes later is told what is left of it.
    one, two, three = [frame for frame in log if isinstance(frame, MessageFrame)]
    assert (one.content, one.edited_at is not None, one.deleted_at) == ("ONE", True, None)
    assert (two.content, two.deleted_at is not None) == ("", True)
    assert three == sent[2].frame
    said_later = [entry.frame for entry in entries if entry is not None]
    assert log[3:6] == said_later[:3]
    assert log[6] == said_later[3].model_copy(update={"content": ""})
    assert log[7] == said_later[4]


async def test_a_part_of_the_log_costs_one_statement(app: FastAPI, hanako: Talker) -> None:
    room = await hanako.enter("tea")
    for _ in range(10):
        await hanako.react(await hanako.say("tea"))
    database = database_of(app)
    for after, limit in ((0, 5), (7, 100), (20, 5), (100, 5)):
        with watch(app) as seen:
            entries = await read_log(database, room.id, after, limit)
        assert [seq for seq, _ in entries] == list(range(1, 21))[after : after + limit]
        assert len(seen) == 1
    assert await read_log(database, room.id + 1, 0, 5) == []


async def test_heads_are_read_together(app: FastAPI, hanako: Talker) -> None:
    rooms = [await hanako.enter(name) for name in ("tea", "cake")]
    await hanako.say("tea")
    database = database_of(app)
    with watch(app) as seen:
        heads = await read_heads(database, [*(room.id for room in rooms), 10**9])
    assert heads == {rooms[0].id: (1, rooms[0].epoch), rooms[1].id: (0, rooms[1].epoch)}
    assert len(seen) == 1
    assert await read_heads(database, []) == {}


async def test_what_is_sent_again_is_said_once(app: FastAPI, hanako: Talker, taro: Talker) -> None:
    room = await hanako.enter("tea")
    await hanako.enter("cake")
    first = await hanako.send("tea", "knot", "same")
    await hanako.edit(first.frame.id, "a better knot")
    for again in (await hanako.send("tea", "knot", "same"), await hanako.send("cake", "knot", "same")):
        assert again.duplicate
        assert again.room_id == room.id
        assert (again.frame.id, again.frame.seq, again.frame.room) == (first.frame.id, 1, "tea")
        assert (again.frame.content, again.frame.timestamp) == ("a better knot", first.frame.timestamp)
    # It is nobody else's.
    assert not (await taro.send("tea", "knot", "same")).duplicate
    tea, cake = await hanako.room("tea"), await hanako.room("cake")
    assert (tea["seq"], tea["message_count"]) == (3, 2)
    assert (cake["seq"], cake["message_count"], cake["last_message_at"]) == (0, 0, None)


async def test_sending_again_leaves_no_trace(hanako: Talker) -> None:
    await hanako.enter("tea")
    await hanako.send("tea", "knot", "same")
    before = await hanako.room("tea")
    await hanako.send("tea", "knot", "same")
    assert await hanako.room("tea") == before


@pytest.mark.parametrize("rooms", [["tea"], ["tea", "cake"]])
async def test_fifty_at_once_are_one_message(
    app: FastAPI, second_app: FastAPI, hanako: Talker, rooms: list[str]
) -> None:
    entered = {name: await hanako.enter(name) for name in rooms}
    talkers = [hanako, Talker(second_app, hanako.actor)]
    attempts = (talkers[number % 2].send(rooms[number // 2 % len(rooms)], "knot", "same") for number in range(50))
    sent = await asyncio.gather(*attempts)
    assert Counter(each.duplicate for each in sent) == {False: 1, True: 49}
    assert len({(each.room_id, each.frame.id, each.frame.seq) for each in sent}) == 1
    counts = Counter({room.name: len(await whole_log(app, room.id)) for room in entered.values()})
    assert counts.total() == 1
    for name in rooms:
        shown = await hanako.room(name)
        assert (shown["seq"], shown["message_count"]) == (counts[name], counts[name])


async def test_whoever_writes_at_once_is_put_in_one_order(
    app: FastAPI, second_app: FastAPI, hanako: Talker, taro: Talker
) -> None:
    room = await hanako.enter("tea")
    talkers = [hanako, taro, Talker(second_app, hanako.actor), Talker(second_app, taro.actor)]
    message_id = await hanako.say("tea", "0")

    async def talk(number: int) -> int | None:
        talker = talkers[number % 4]
        try:
            match number % 5:
                case 0:
                    entry = await talker.edit(message_id, str(number))
                case 1:
                    entry = await talker.react(message_id, "👍", on=number % 2 == 0)
                case _:
                    return (await talker.send("tea")).frame.seq
        except AppError:
            return None
        return None if entry is None else entry.seq

    given = [seq for seq in await asyncio.gather(*(talk(number) for number in range(60))) if seq is not None]
    log = await whole_log(app, room.id)
    assert sorted(given) == list(range(2, len(log) + 1))
    assert (await hanako.room("tea"))["seq"] == len(log)


async def test_many_who_enter_at_once_find_one_room(
    app: FastAPI, second_app: FastAPI, hanako: Talker, taro: Talker
) -> None:
    talkers = [Talker(each, talker.actor) for each in (app, second_app) for talker in (hanako, taro)]
    entered = await asyncio.gather(*(talkers[number % 4].enter("tea") for number in range(20)))
    assert len(set(entered)) == 1
    people = (await hanako.actor.get("/rooms/tea/members")).json()
    assert people["meta"]["total"] == 2
    assert database_of(app) is not database_of(second_app)

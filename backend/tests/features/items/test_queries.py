"""What reading costs the database: how many statements, and by which index."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import insert

from musubi.adapters.search import FIELD_SEPARATOR
from musubi.features.accounts.models import User
from musubi.features.items.models import Item, ItemStatus, ItemTag
from tests.features.items.seeds import plant
from tests.sql import Statement, analyze, database_of, explain, watch
from tests.support import Actor

# PostgreSQL names it; SQLite only says that it asks a virtual table.
SEARCH_INDEX = "items_search|VIRTUAL TABLE INDEX"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
LISTS: list[dict[str, Any]] = [
    {},
    {"sort": "title"},
    {"status": "published"},
    {"tag": "even"},
    {"search": "kn"},
    {"search": "knot"},
    {"search": "knot", "sort": "relevance"},
]


async def statements_of(app: FastAPI, actor: Actor, path: str, **query: Any) -> list[Statement]:
    """What one request asks; the first is always who is asking."""
    with watch(app) as seen:
        reply = await actor.get(path, params=query)
    assert reply.status_code == 200, reply.text
    assert "auth_sessions" in seen[0][0]
    return seen


async def test_a_list_of_fifty_costs_as_many_statements_as_one_of_one(app: FastAPI, member: Actor) -> None:
    await plant(app, member.id, ({"title": "knot", "tags": ["even"]} for _ in range(60)))
    for query in LISTS:
        cursor = (await member.get("/items", params={**query, "limit": 5})).json()["meta"]["next_cursor"]
        for place, limit in product(({}, {"skip": 5}, {"cursor": cursor}), (1, 50)):
            seen = await statements_of(app, member, "/items", **query, **place, limit=limit)
            # Who is asking, and the page with its owners; the total is known from before.
            assert len(seen) == 2, (query, place, limit)
    await member.make_item()
    assert len(await statements_of(app, member, "/items", limit=50)) == 3


async def test_reading_one_item_costs_two_statements(app: FastAPI, member: Actor) -> None:
    item = await member.make_item(tags=["a", "b"])
    assert len(await statements_of(app, member, f"/items/{item['id']}")) == 2


async def test_numbers_cost_the_same_however_many_items_there_are(app: FastAPI, member: Actor) -> None:
    for count in (1, 40):
        await plant(app, member.id, ({"tags": [f"tag {n}"]} for n in range(count)))
        await member.make_item()
        assert len(await statements_of(app, member, "/items/tags")) == 2
        assert len(await statements_of(app, member, "/items/stats")) == 3


async def test_writing_costs_a_constant_number_of_statements(app: FastAPI, member: Actor) -> None:
    path = "/items"
    for tags in (["a"], [f"tag {n}" for n in range(10)]):
        with watch(app) as creating:
            item = await member.make_item(tags=tags)
        with watch(app) as changing:
            await member.patch(f"{path}/{item['id']}", json={"tags": [*tags[1:], "new"]})
        with watch(app) as deleting:
            await member.delete(f"{path}/{item['id']}")
        # Who is asking; the item; its tags; what every process is told. What is answered is known.
        assert len(creating) == 4
        assert len(changing) == 7
        # Who is asking; the item, twice; whose files hang on it; the note in the audit log; what every process is told.
        assert len(deleting) == 6


@pytest.fixture
async def crowded(app: FastAPI, admin: Actor, member: Actor) -> None:
    """So many items, of so many people, that reading them all is not the quickest way."""
    others = [
        {
            "id": number,
            "username": f"user {number}", "username_key": f"user {number}",
            "email": f"{number}@example.com", "email_key": f"{number}@example.com",
            "role": "member", "is_active": True, "is_superuser": False, "email_verified": False,
            "created_at": NEW_YEAR, "updated_at": NEW_YEAR,
        }
        for number in range(100, 140)
    ]  # fmt: skip
    owners = [member.id, *(user["id"] for user in others)]
    rows: list[dict[str, Any]] = [
        {
            "id": number,
            "title": f"number {number:05}",
            # Wide rows, as those of real items are: where all of them fit into a few pages, no index pays.
            "description": "x" * 1500,
            "status": ItemStatus.PUBLISHED if number % 100 else ItemStatus.DRAFT,
            "tags": [f"tag {number % 500}"],
            "owner_id": owners[number % len(owners)],
            "version": 1,
            "search_text": FIELD_SEPARATOR.join((f"number {number:05}", "結び目" if number % 1000 == 0 else "")),
            "created_at": NEW_YEAR + timedelta(seconds=number),
            "updated_at": NEW_YEAR + timedelta(seconds=number * 7919 % 10_007),
        }
        for number in range(1, 4001)
    ]
    tags = [{"item_id": row["id"], "key": row["tags"][0], "label": row["tags"][0]} for row in rows]
    async with database_of(app).transaction() as session:
        await session.execute(insert(User), others)
        await session.execute(insert(Item), rows)
        await session.execute(insert(ItemTag), tags)
    await analyze(app)


def page_of(statements: list[Statement]) -> Statement:
    """The statement that reads the page."""
    return next(each for each in statements if "owner_username" in each[0])


async def test_a_page_is_read_by_an_index_however_far_in_it_lies(app: FastAPI, admin: Actor, crowded: None) -> None:
    indexes = {
        "created_at": "ix_items_created_at_id",
        "updated_at": "ix_items_updated_at_id",
        "title": "ix_items_title_id",
    }
    for (column, index), direction in product(indexes.items(), ("", "-")):
        query: dict[str, Any] = {"sort": direction + column, "limit": 20}
        for _ in range(3):
            page = page_of(await statements_of(app, admin, "/items", **query))
            plan = await explain(app, page)
            assert index in plan, plan
            assert "TEMP B-TREE" not in plan, plan
            query["cursor"] = (await admin.get("/items", params=query)).json()["meta"]["next_cursor"]


async def test_a_filter_has_its_index(app: FastAPI, admin: Actor, crowded: None) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"status": "draft"}, "ix_items_status_created_at_id"),
        ({"tag": "tag 77"}, "ix_item_tags_key_item_id"),
        ({"search": "結び目"}, SEARCH_INDEX),
        ({"search": "03999"}, SEARCH_INDEX),
        ({"search": "結び目", "sort": "relevance"}, SEARCH_INDEX),
        ({"search": "結び目", "sort": "title"}, SEARCH_INDEX),
    ]
    for query, index in cases:
        plan = await explain(app, page_of(await statements_of(app, admin, "/items", **query)))
        assert re.search(index, plan), f"{query}: {plan}"
    counting = next(
        each for each in await statements_of(app, admin, "/items", search="000") if each[0].startswith("SELECT count(")
    )
    plan = await explain(app, counting)
    assert re.search(SEARCH_INDEX, plan), plan


async def test_ones_own_items_have_their_index(app: FastAPI, member: Actor, crowded: None) -> None:
    plan = await explain(app, page_of(await statements_of(app, member, "/items", owner_id=member.id)))
    assert "ix_items_owner_id_created_at_id" in plan, plan
    for statement in (await statements_of(app, member, "/items/stats"))[1:]:
        plan = await explain(app, statement)
        assert "ix_items_" in plan, plan
        assert "SCAN items" not in plan, plan

"""Walking through a list, by number and by cursor."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from tests.features.items.seeds import plant
from tests.support import Actor, error_of

SORTS = ("created_at", "-created_at", "updated_at", "-updated_at", "title", "-title", "relevance")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
COUNT = 23


@pytest.fixture
async def planted(app: FastAPI, member: Actor) -> list[int]:
    """Items among which several share each sort key."""
    return await plant(
        app,
        member.id,
        (
            {
                "title": f"knot {'' if number % 3 else 'and tie'} {number % 4}",
                "created_at": NOON + timedelta(minutes=number // 5),
                "updated_at": NOON + timedelta(hours=1, microseconds=number % 2),
                "tags": ["odd"] if number % 2 else [],
            }
            for number in range(COUNT)
        ),
    )


async def walk_by_cursor(actor: Actor, **query: Any) -> list[int]:
    """The ids of a whole list, page by page, each begun where the last one ended."""
    ids: list[int] = []
    cursor: str | None = None
    first = True
    while first or cursor is not None:
        reply = await actor.get("/items", params={**query, **({"cursor": cursor} if cursor else {})})
        assert reply.status_code == 200, reply.text
        meta = reply.json()["meta"]
        assert meta["page"] == (1 if first else None)
        assert meta["has_prev"] is not first
        ids += [item["id"] for item in reply.json()["data"]]
        cursor, first = meta["next_cursor"], False
        assert meta["has_next"] == (cursor is not None)
    return ids


async def walk_by_number(actor: Actor, limit: int, **query: Any) -> list[int]:
    """The ids of a whole list, page by page."""
    ids: list[int] = []
    has_next = True
    while has_next:
        page = (await actor.get("/items", params={**query, "limit": limit, "skip": len(ids)})).json()
        ids += [item["id"] for item in page["data"]]
        has_next = page["meta"]["has_next"]
    return ids


@pytest.mark.parametrize("sort", SORTS)
async def test_a_cursor_leads_through_the_same_list(member: Actor, planted: list[int], sort: str) -> None:
    query = {"sort": sort, "search": "knot"}
    whole = await walk_by_number(member, 100, **query)
    assert sorted(whole) == planted
    for limit in (1, 4, COUNT - 1, COUNT):
        assert await walk_by_cursor(member, **query, limit=limit) == whole
    assert await walk_by_number(member, 4, **query) == whole


async def test_a_cursor_keeps_to_the_filters(member: Actor, planted: list[int]) -> None:
    odd = [item_id for number, item_id in enumerate(planted) if number % 2]
    assert await walk_by_cursor(member, tag="odd", sort="created_at", limit=3) == odd


async def test_skip_counts_for_nothing_beside_a_cursor(member: Actor, planted: list[int]) -> None:
    cursor = (await member.get("/items", params={"limit": 3})).json()["meta"]["next_cursor"]
    pages = [
        (await member.get("/items", params={"limit": 3, "cursor": cursor, "skip": skip})).json()["data"]
        for skip in (0, 9)
    ]
    assert pages[0] == pages[1]
    assert [item["id"] for item in pages[0]] == planted[::-1][3:6]


@pytest.mark.parametrize("sort", ["created_at", "-created_at"])
async def test_what_is_added_meanwhile_shifts_nothing(member: Actor, planted: list[int], sort: str) -> None:
    seen: list[int] = []
    added: list[int] = []
    cursor: str | None = None
    while True:
        query = {"sort": sort, "limit": 5, **({"cursor": cursor} if cursor else {})}
        page = (await member.get("/items", params=query)).json()
        seen += [item["id"] for item in page["data"]]
        cursor = page["meta"]["next_cursor"]
        if cursor is None:
            break
        if len(added) < 3:
            added.append((await member.make_item("meanwhile"))["id"])
    before = planted if sort == "created_at" else planted[::-1]
    assert seen == (before + added if sort == "created_at" else before)


async def test_a_cursor_survives_the_end_of_the_row_it_stands_at(member: Actor, planted: list[int]) -> None:
    page = (await member.get("/items", params={"limit": 4})).json()
    await member.delete(f"/items/{page['data'][-1]['id']}")
    rest = await member.get("/items", params={"limit": 100, "cursor": page["meta"]["next_cursor"]})
    assert [item["id"] for item in rest.json()["data"]] == planted[::-1][4:]


def forged(*payload: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")


TIME = NOON.isoformat()
BAD_CURSORS: list[tuple[str, str]] = [
    ("-created_at", ""),
    ("-created_at", "x"),
    ("-created_at", "===="),
    ("-created_at", "あ"),
    ("-created_at", "\x00"),
    ("-created_at", base64.urlsafe_b64encode(b"\xff\xfe\xfd").decode()),
    ("-created_at", base64.urlsafe_b64encode(b"[" * 1400).decode()),
    ("-created_at", base64.urlsafe_b64encode(b'{"a":1,"b":2,"c":3}').decode()),
    ("-created_at", base64.urlsafe_b64encode(b'"abc"').decode()),
    ("-created_at", forged()),
    ("-created_at", forged("-created_at", TIME)),
    ("-created_at", forged("-created_at", TIME, 1, 1)),
    ("-created_at", forged("created_at", TIME, 1)),
    ("-created_at", forged("-updated_at", TIME, 1)),
    ("-created_at", forged(None, TIME, 1)),
    ("-created_at", forged([], TIME, 1)),
    ("-created_at", forged("-created_at", TIME, 0)),
    ("-created_at", forged("-created_at", TIME, -1)),
    ("-created_at", forged("-created_at", TIME, 2**63)),
    ("-created_at", forged("-created_at", TIME, 1.5)),
    ("-created_at", forged("-created_at", TIME, float("inf"))),
    ("-created_at", forged("-created_at", TIME, True)),
    ("-created_at", forged("-created_at", TIME, "1")),
    ("-created_at", forged("-created_at", TIME, None)),
    ("-created_at", forged("-created_at", None, 1)),
    ("-created_at", forged("-created_at", 5, 1)),
    ("-created_at", forged("-created_at", "soon", 1)),
    ("-created_at", forged("-created_at", "0001-01-01T00:00:00+14:00", 1)),
    ("-created_at", forged("-created_at", "9999-12-31T23:59:59-14:00", 1)),
    ("title", forged("title", 5, 1)),
    ("title", forged("title", None, 1)),
    ("title", forged("title", ["x"], 1)),
    ("title", forged("title", "a\x00", 1)),
    ("title", forged("title", "\ud800", 1)),
    ("relevance", forged("relevance", "3", 1)),
    ("relevance", forged("relevance", 1.5, 1)),
    ("relevance", forged("relevance", True, 1)),
    ("relevance", forged("relevance", 2**63, 1)),
    ("relevance", forged("relevance", 10**400, 1)),
]


async def test_a_cursor_that_is_none_of_ours_is_refused(member: Actor) -> None:
    for sort, cursor in BAD_CURSORS:
        reply = await member.get("/items", params={"sort": sort, "search": "x", "cursor": cursor})
        assert reply.status_code in (400, 422), (sort, cursor)
        if reply.status_code == 422:
            assert error_of(reply)["details"]["fields"] == {"cursor": "This cursor does not belong to this list"}


async def test_the_utmost_cursors_are_positions_like_any_other(member: Actor, planted: list[int]) -> None:
    """A cursor isn't signed: one that somebody made up may lead anywhere in the list, but never to a failure."""
    for sort, value, found in [
        ("-created_at", "9999-12-31T23:59:59.999999+00:00", COUNT),
        ("-created_at", "0001-01-01T00:00:00+00:00", 0),
        ("created_at", "0001-01-01T00:00:00+00:00", COUNT),
        ("created_at", "2026-01-01T21:00:00+09:00", COUNT - 1),
        ("title", "", COUNT),
        ("title", "\U0010ffff" * 50, 0),
        ("relevance", 2**62, COUNT),
        ("relevance", -(2**62), 0),
    ]:
        cursor = forged(sort, value, 1 if not sort.startswith("-") else 2**63 - 1)
        reply = await member.get("/items", params={"sort": sort, "search": "knot", "cursor": cursor})
        assert reply.status_code == 200, (sort, value)
        assert len(reply.json()["data"]) == found, (sort, value)

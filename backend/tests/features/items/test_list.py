"""The list of items: filters, sorting, relevance, and where a page stands."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from tests.conftest import Clock
from tests.features.items.seeds import plant
from tests.support import Actor, error_of

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


async def titles(actor: Actor, **query: Any) -> list[str]:
    reply = await actor.get("/items", params=query)
    assert reply.status_code == 200, reply.text
    return [item["title"] for item in reply.json()["data"]]


async def test_the_newest_comes_first(member: Actor) -> None:
    written = [await member.make_item(f"number {number}") for number in range(3)]
    reply = await member.get("/items")
    body = reply.json()
    assert reply.status_code == 200
    assert body["data"] == written[::-1]
    assert (body["success"], body["message"]) == (True, None)
    assert body["timestamp"].endswith("Z")
    assert body["meta"] == {
        "total": 3, "page": 1, "limit": 50, "pages": 1, "has_next": False, "has_prev": False, "next_cursor": None,
    }  # fmt: skip
    assert reply.headers["X-Total-Count"] == "3"


async def test_an_empty_list(member: Actor) -> None:
    body = (await member.get("/items")).json()
    assert body["data"] == []
    assert body["meta"]["total"] == body["meta"]["pages"] == 0
    assert body["meta"]["page"] == 1


async def test_filters_narrow_the_list_together(app: FastAPI, member: Actor, other: Actor) -> None:
    await plant(
        app, member.id, [{"title": "a", "tags": ["Vue"]}, {"title": "b", "status": "draft", "tags": ["vue", "ts"]}]
    )
    await plant(app, other.id, [{"title": "c", "tags": ["ts"]}, {"title": "d", "status": "archived"}])
    expected: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["c", "b", "a"]),
        ({"status": "published"}, ["c", "a"]),
        ({"status": "draft"}, ["b"]),
        ({"status": "archived"}, []),
        ({"owner_id": member.id}, ["b", "a"]),
        ({"owner_id": other.id}, ["c"]),
        ({"owner_id": 2**63 - 1}, []),
        ({"tag": "vue"}, ["b", "a"]),
        ({"tag": "ＶＵＥ"}, ["b", "a"]),
        ({"tag": "vu"}, []),
        ({"tag": "ts", "owner_id": member.id}, ["b"]),
        ({"tag": "vue", "status": "published"}, ["a"]),
        ({"tag": "ts", "search": "c", "status": "published", "owner_id": other.id}, ["c"]),
    ]
    for query, found in expected:
        reply = await member.get("/items", params=query)
        assert [item["title"] for item in reply.json()["data"]] == found, query
        assert reply.json()["meta"]["total"] == len(found), query


async def test_every_way_to_sort(member: Actor, moving_clock: Clock) -> None:
    items = []
    for title in ("banana", "cherry", "apple", "漢字"):
        items.append(await member.make_item(title))
        moving_clock.forward(seconds=1)
    await member.patch(f"/items/{items[0]['id']}", json={"description": "changed last"})
    expected = {
        "created_at": ["banana", "cherry", "apple", "漢字"],
        "updated_at": ["cherry", "apple", "漢字", "banana"],
        "title": ["apple", "banana", "cherry", "漢字"],
    }
    for sort, order in expected.items():
        assert await titles(member, sort=sort) == order
        assert await titles(member, sort=f"-{sort}") == order[::-1]


async def test_equal_keys_are_told_apart_by_the_id(app: FastAPI, member: Actor) -> None:
    ids = await plant(app, member.id, ({"created_at": NEW_YEAR} for _ in range(5)))
    for sort in ("created_at", "updated_at", "title"):
        for direction, order in (("", ids), ("-", ids[::-1])):
            page = (await member.get("/items", params={"sort": direction + sort})).json()
            assert [item["id"] for item in page["data"]] == order


@pytest.mark.parametrize("term", ["結び", "結びの", "knot", "ｋＮ", "k"])
async def test_relevance_prefers_titles_and_their_beginnings(app: FastAPI, member: Actor, term: str) -> None:
    await plant(
        app,
        member.id,
        [
            {"title": "tagged", "tags": ["x", f"a {term}"]},
            {"title": term.upper(), "description": "equal"},
            {"title": f"in the middle {term} of it"},
            {"title": f"{term} first"},
            {"title": "described", "description": f"... {term}"},
            {"title": "nothing of it" if "k" not in term.lower() and "ｋ" not in term else "..."},
            {"title": f"{term}-first, too", "description": term},
            {"title": term, "tags": [term]},
        ],
    )
    assert await titles(member, search=term, sort="relevance") == [
        term,
        term.upper(),
        f"{term}-first, too",
        f"{term} first",
        f"in the middle {term} of it",
        "described",
        "tagged",
    ]


@pytest.mark.parametrize("query", [{}, {"search": ""}])
async def test_relevance_needs_a_search(member: Actor, query: dict[str, str]) -> None:
    reply = await member.get("/items", params={"sort": "relevance", **query})
    assert reply.status_code == 422
    assert error_of(reply)["details"]["fields"] == {"sort": "Sorting by relevance needs a search"}


async def test_an_empty_search_is_none(member: Actor) -> None:
    await member.make_item("here")
    assert await titles(member, search="") == ["here"]


@pytest.mark.parametrize(
    ("skip", "limit", "page", "pages", "has_prev", "has_next"),
    [
        (0, 3, 1, 3, False, True),
        (3, 3, 2, 3, True, True),
        (6, 3, 3, 3, True, False),
        (9, 3, 4, 3, True, False),
        (1, 3, 1, 3, True, True),
        (0, 7, 1, 1, False, False),
        (0, 6, 1, 2, False, True),
        (0, 100, 1, 1, False, False),
        (2**63 - 1, 50, (2**63 - 1) // 50 + 1, 1, True, False),
    ],
)
async def test_where_a_page_stands(
    app: FastAPI, member: Actor, skip: int, limit: int, page: int, pages: int, *, has_prev: bool, has_next: bool
) -> None:
    ids = await plant(app, member.id, ({"created_at": NEW_YEAR + timedelta(days=day)} for day in range(7)))
    reply = await member.get("/items", params={"skip": skip, "limit": limit})
    meta = reply.json()["meta"]
    assert [item["id"] for item in reply.json()["data"]] == ids[::-1][skip : skip + limit]
    assert (meta.pop("next_cursor") is not None) == has_next
    assert meta == {
        "total": 7, "page": page, "limit": limit, "pages": pages, "has_prev": has_prev, "has_next": has_next,
    }  # fmt: skip
    assert reply.headers["X-Total-Count"] == "7"


async def test_a_parameter_that_is_not_acceptable_is_named(member: Actor) -> None:
    cases: list[tuple[str, Any]] = [
        ("limit", 0),
        ("limit", 101),
        ("limit", "many"),
        ("limit", ""),
        ("limit", 2**63),
        ("skip", -1),
        ("skip", 2**63),
        ("skip", "1.5"),
        ("status", "deleted"),
        ("status", ""),
        ("owner_id", 0),
        ("owner_id", -1),
        ("owner_id", 2**63),
        ("owner_id", "me"),
        ("sort", "owner"),
        ("sort", "-relevance"),
        ("sort", ""),
        ("search", "x" * 201),
        ("search", "a\x00b"),
        ("tag", "x" * 51),
        ("cursor", "x" * 2001),
    ]
    for name, value in cases:
        reply = await member.get("/items", params={"search": "x", name: value})
        assert reply.status_code in (400, 422), (name, value)
        if reply.status_code == 422:
            assert list(error_of(reply)["details"]["fields"]) == [name], (name, value)

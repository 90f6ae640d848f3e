"""Searching items: one substring over title, description and tags."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from hypothesis import given, settings
from hypothesis import strategies as st

from musubi.core.text import fold
from tests.features.items.seeds import plant
from tests.support import Actor, make_actor


async def found(actor: Actor, term: str) -> list[str]:
    """The titles of what is found, oldest first."""
    reply = await actor.get("/items", params={"search": term, "sort": "created_at", "limit": 100})
    assert reply.status_code == 200, reply.text
    page = reply.json()
    assert page["meta"]["total"] == len(page["data"])
    return [item["title"] for item in page["data"]]


async def test_every_field_is_searched(member: Actor) -> None:
    await member.make_item("in the title: 結び目")
    await member.make_item("described", description="...の結び目が...")
    await member.make_item("tagged", tags=["other", "結び目"])
    await member.make_item("none of it", description="結び")
    for term in ("結び目", "び目", "目"):
        assert await found(member, term) == ["in the title: 結び目", "described", "tagged"]
    assert await found(member, "結び") == ["in the title: 結び目", "described", "tagged", "none of it"]


async def test_case_and_width_do_not_matter(member: Actor) -> None:
    written = ["ＭＵＳＵＢＩ", "musubi", "Straße", "ｶﾞｲﾄﾞ", "ﬁne", "①", "㌔"]
    for title in written:
        await member.make_item(title)
    for term, titles in [
        ("Musubi", ["ＭＵＳＵＢＩ", "musubi"]),
        ("ｓＵ", ["ＭＵＳＵＢＩ", "musubi"]),
        ("STRASSE", ["Straße"]),
        ("ß", ["Straße"]),
        ("ガイド", ["ｶﾞｲﾄﾞ"]),
        ("ガ", ["ｶﾞｲﾄﾞ"]),
        ("ｶﾞ", ["ｶﾞｲﾄﾞ"]),
        ("FI", ["ﬁne"]),
        ("1", ["①"]),
        ("キロ", ["㌔"]),
    ]:
        assert await found(member, term) == titles, term


async def test_no_match_reaches_across_fields(member: Actor) -> None:
    await member.make_item("ab", description="cd", tags=["ef", "gh"])
    for term in (
        "abcd",
        "bc",
        "b c",
        "cdef",
        "de",
        "efgh",
        "fg",
        "b\x1fc",
        "ab\x1fcd",
        "f\x1fg",
        "\x1f",
        "\x1f\x1f\x1f",
    ):
        assert await found(member, term) == [], term


async def test_an_item_is_found_by_what_it_says_now(member: Actor) -> None:
    item = await member.make_item("before", description="long gone", tags=["antique"])
    for field, value, new, old in [
        ("title", "after", "after", "before"),
        ("description", "just made", "just made", "long gone"),
        ("tags", ["modern"], "modern", "antique"),
    ]:
        await member.patch(f"/items/{item['id']}", json={field: value})
        assert await found(member, new) == ["after"]
        assert await found(member, old) == []
    await member.delete(f"/items/{item['id']}")
    assert await found(member, "after") == []


@pytest.mark.parametrize("term", ["x" * 200, "結" * 200, "ﷺ" * 200, '"' * 200, "%" * 200])
async def test_a_long_term_is_a_term_like_any_other(member: Actor, term: str) -> None:
    await member.make_item("long", description=f"before {term} after")
    assert await found(member, term) == ["long"]
    assert await found(member, "y" + term[1:]) == []


WORDS = [
    "Knot",
    "ｋｎｏｔ",
    "結び",
    "結び目",
    "ﾑｽﾋﾞ",
    "むすび",
    "100%",
    "a_b",
    '"q"',
    "it's",
    "NOT",
    "(x)",
    "a*b",
    "\\",
    "/",
]
LETTERS = "kKnNoOtTｋｎ結び目ムスビﾑｽﾋﾞ01%_\"'()*\\/ -+^:\x1fßſﬁ"
FIELD = st.one_of(st.text(LETTERS, max_size=12), st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join))
ITEM = st.fixed_dictionaries(
    {
        "title": FIELD.map(lambda text: f"t{text}t"),
        "description": FIELD,
        "tags": st.lists(FIELD.map(lambda text: f"#{text[:40]}#"), max_size=3, unique_by=fold),
    }
)
TERM = st.one_of(st.text(LETTERS, min_size=1, max_size=6), st.sampled_from(WORDS))


def holds(item: dict[str, Any], term: str) -> bool:
    """Whether a search ought to find the item; a separator counts as the space it is taken for."""
    fields = [item["title"], item["description"], *item["tags"]]
    return any(fold(term).replace("\x1f", " ") in fold(field).replace("\x1f", " ") for field in fields)


@settings(max_examples=15)
@given(items=st.lists(ITEM, min_size=1, max_size=6), terms=st.lists(TERM, min_size=1, max_size=4))
async def test_search_agrees_with_python(
    client: AsyncClient, app: FastAPI, people: list[Actor], items: list[dict[str, Any]], terms: list[str]
) -> None:
    # Of somebody new, so that no other example's items are in the list.
    owner = await make_actor(client, f"owner-{len(people)}")
    people.append(owner)
    ids = await plant(app, owner.id, ({**item, "status": "draft"} for item in items))
    for term in [*terms, items[0]["title"][1:4]]:
        page = await owner.get("/items", params={"search": term, "sort": "created_at"})
        expected = [item_id for item_id, item in zip(ids, items, strict=True) if holds(item, term)]
        assert [item["id"] for item in page.json()["data"]] == expected, term
        ranked = await owner.get("/items", params={"search": term, "sort": "relevance"})
        assert sorted(item["id"] for item in ranked.json()["data"]) == expected, term


@pytest.fixture
def people() -> list[Actor]:
    """Whoever an example has registered."""
    return []

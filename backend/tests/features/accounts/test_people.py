"""`/people`: whom one may mention."""

import pytest
from fastapi import FastAPI

from tests.sql import watch
from tests.support import Actor, error_of


async def names(actor: Actor, **query: str | int) -> list[str]:
    reply = await actor.get("/people", params=query)
    assert reply.status_code == 200, reply.text
    return [user["username"] for user in reply.json()["data"]]


@pytest.fixture
async def people(superuser: Actor) -> Actor:
    """Some accounts; one of them, a member."""
    await superuser.appoint("Zoë", full_name="Émile ZOLA")
    reader = await superuser.appoint("akira", full_name="Akira Ono")
    await superuser.appoint("Bruno", full_name="100% Straße", email="hidden@example.com")
    await superuser.appoint("結び目", full_name="ﾔﾏﾀﾞ 花子")
    return reader


async def test_by_name_without_regard_to_case(people: Actor) -> None:
    assert await names(people) == ["akira", "Bruno", "root", "Zoë", "結び目"]


async def test_what_everyone_may_know(people: Actor) -> None:
    (person,) = (await people.get("/people", params={"search": "akira"})).json()["data"]
    assert person == {"id": people.id, "username": "akira", "full_name": "Akira Ono", "profile_image": None}


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("AKI", ["akira"]),
        ("ono", ["akira"]),
        ("zola", ["Zoë"]),
        ("ZOË", ["Zoë"]),
        ("Zoe\u0308", ["Zoë"]),
        ("STRASSE", ["Bruno"]),
        ("ヤマダ", ["結び目"]),
        ("びめ", []),
        ("び", ["結び目"]),
        ("100%", ["Bruno"]),
        ("%", ["Bruno"]),
        ("_", []),
        ("o", ["akira", "Bruno", "root", "Zoë"]),
        ("", ["akira", "Bruno", "root", "Zoë", "結び目"]),
    ],
)
async def test_searching_names(people: Actor, search: str, found: list[str]) -> None:
    assert await names(people, search=search) == found


@pytest.mark.parametrize("search", ["hidden", "example.com", "@", "hidden@example.com"])
async def test_addresses_are_neither_searched_nor_shown(people: Actor, search: str) -> None:
    assert await names(people, search=search) == []
    assert "example.com" not in (await people.get("/people")).text


async def test_only_those_whose_account_is_open(superuser: Actor, people: Actor, member: Actor, other: Actor) -> None:
    assert "hanako" in await names(people)
    await superuser.patch(f"/users/{member.id}", json={"is_active": False})
    await superuser.delete(f"/users/{other.id}")
    assert await names(people) == ["akira", "Bruno", "root", "Zoë", "結び目"]
    assert (await people.get("/people", params={"search": "deleted"})).json()["data"] == []


async def test_pages(people: Actor) -> None:
    seen, cursor = [], None
    for _ in range(3):
        reply = await people.get("/people", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        body = reply.json()
        seen += [person["username"] for person in body["data"]]
        cursor = body["meta"]["next_cursor"]
        assert body["meta"]["total"] == 5
        assert reply.headers["X-Total-Count"] == "5"
    assert cursor is None
    assert seen == await names(people)
    assert await names(people, skip=3, limit=1) == seen[3:4]


@pytest.mark.parametrize(
    ("query", "field"),
    [({"search": "x" * 101}, "search"), ({"limit": 101}, "limit"), ({"cursor": "x"}, "cursor")],
)
async def test_questions_that_are_not_valid(people: Actor, query: dict[str, str], field: str) -> None:
    reply = await people.get("/people", params=query)
    assert reply.status_code == 422
    assert set(error_of(reply)["details"]["fields"]) == {field}


async def test_they_cost_the_same_however_many_there_are(app: FastAPI, people: Actor) -> None:
    for limit in (1, 50):
        with watch(app) as seen:
            await names(people, limit=limit, search="o")
        # Who is asking, the page, the total.
        assert len(seen) == 3

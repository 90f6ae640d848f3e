"""The list of accounts."""

import pytest
from httpx import AsyncClient

from tests.support import Actor, error_of


async def names(actor: Actor, **query: str | int | bool) -> list[str]:
    reply = await actor.get("/users", params=query)
    assert reply.status_code == 200, reply.text
    return [user["username"] for user in reply.json()["data"]]


@pytest.fixture
async def people(superuser: Actor) -> Actor:
    """Some accounts; the one who made them."""
    await superuser.appoint("akira", full_name="Akira Ono", role="editor")
    await superuser.appoint("Zoë", full_name="Émile ZOLA", role="admin")
    await superuser.appoint("結び目", full_name="山田 花子")
    await superuser.appoint("r_y.o", full_name="Straße ｶﾀｶﾅ 100%")
    return superuser


async def test_newest_first(people: Actor) -> None:
    assert await names(people) == ["r_y.o", "結び目", "Zoë", "akira", "root"]


async def test_an_account_in_the_list(people: Actor) -> None:
    reply = await people.get("/users", params={"search": "akira"})
    (user,) = reply.json()["data"]
    assert set(user) == {
        "id", "username", "email", "full_name", "bio", "profile_image", "role", "is_active", "is_superuser",
        "email_verified", "created_at", "updated_at", "created_by", "updated_by",
    }  # fmt: skip
    assert user == (await people.get(f"/users/{user['id']}")).json()
    assert "argon2" not in reply.text


async def test_the_envelope(people: Actor) -> None:
    reply = await people.get("/users", params={"limit": 2, "skip": 2})
    body = reply.json()
    assert set(body) == {"success", "message", "timestamp", "data", "meta"}
    assert {key: value for key, value in body["meta"].items() if key != "next_cursor"} == {
        "total": 5, "page": 2, "limit": 2, "pages": 3, "has_next": True, "has_prev": True,
    }  # fmt: skip
    assert reply.headers["X-Total-Count"] == "5"
    assert [user["username"] for user in body["data"]] == ["Zoë", "akira"]


async def test_following_the_cursor_shows_everyone_once(people: Actor) -> None:
    seen, cursor = [], None
    for _ in range(3):
        reply = await people.get("/users", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        meta = reply.json()["meta"]
        seen += [user["username"] for user in reply.json()["data"]]
        assert meta["total"] == 5
        assert (meta["page"] is None) == (cursor is not None)
        cursor = meta["next_cursor"]
    assert cursor is None
    assert seen == ["r_y.o", "結び目", "Zoë", "akira", "root"]


async def test_newcomers_do_not_shift_what_a_cursor_shows(people: Actor) -> None:
    first = (await people.get("/users", params={"limit": 2})).json()
    await people.appoint("newcomer")
    rest = await names(people, limit=10, cursor=first["meta"]["next_cursor"])
    assert rest == ["Zoë", "akira", "root"]


async def test_beyond_the_end(people: Actor) -> None:
    assert await names(people, skip=100) == []


FOUND = {
    "akira": ["akira"],
    "AKI": ["akira"],
    "ｋｉｒａ": ["akira"],
    "Ono": ["akira"],
    "zoë": ["Zoë"],
    "émile": ["Zoë"],
    "ÉMILE": ["Zoë"],
    "zola": ["Zoë"],
    "結び": ["結び目"],
    "花子": ["結び目"],
    "STRASSE": ["r_y.o"],
    "Straße": ["r_y.o"],
    "カタカナ": ["r_y.o"],
    "ｶﾀｶﾅ": ["r_y.o"],
    "akira@example": ["akira"],
    "_y.": ["r_y.o"],
    "%": ["r_y.o"],
    "_": ["r_y.o"],
    "\\": [],
    "nobody": [],
    "": ["r_y.o", "結び目", "Zoë", "akira", "root"],
}


async def test_search(people: Actor) -> None:
    assert {search: await names(people, search=search) for search in FOUND} == FOUND


async def test_filters(people: Actor) -> None:
    assert await names(people, role="editor") == ["akira"]
    assert await names(people, role="admin") == ["Zoë", "root"]
    assert await names(people, role="admin", search="zo") == ["Zoë"]
    akira = (await people.get("/users", params={"search": "akira"})).json()["data"][0]
    await people.patch(f"/users/{akira['id']}", json={"is_active": False})
    assert await names(people, is_active=False) == ["akira"]
    assert await names(people, is_active=True) == ["r_y.o", "結び目", "Zoë", "root"]
    reply = await people.get("/users", params={"is_active": False})
    assert reply.json()["meta"]["total"] == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("skip=-1", "skip"),
        ("skip=9223372036854775808", "skip"), ("role=king", "role"), ("is_active=perhaps", "is_active"),
        ("search=" + "x" * 101, "search"), ("cursor=x", "cursor"), ("cursor=W10", "cursor"),
    ],
)  # fmt: skip
async def test_queries_that_are_not_valid(superuser: Actor, query: str, field: str) -> None:
    reply = await superuser.get(f"/users?{query}")
    assert reply.status_code == 422
    assert set(error_of(reply)["details"]["fields"]) == {field}


async def test_the_largest_numbers(superuser: Actor) -> None:
    assert await names(superuser, skip=2**63 - 1, limit=100) == []


async def test_the_deleted_are_not_listed(people: Actor) -> None:
    akira = (await people.get("/users", params={"search": "akira"})).json()["data"][0]
    await people.delete(f"/users/{akira['id']}")
    assert "akira" not in await names(people)
    assert len(await names(people)) == 4
    assert (await people.get(f"/users/{akira['id']}")).status_code == 404


@pytest.mark.parametrize("user_id", ["999999", str(2**63 - 1), "0", "-1", "x", str(2**63), "1" * 100])
async def test_an_account_that_is_not_there(superuser: Actor, user_id: str) -> None:
    for method in ("GET", "DELETE"):
        reply = await superuser.request(method, f"/users/{user_id}")
        assert reply.status_code in (404, 422)
        assert error_of(reply)["code"] in ("NOT_FOUND", "VALIDATION_ERROR")
    assert (await superuser.patch(f"/users/{user_id}", json={})).status_code in (404, 422)


async def test_only_administrators_see_it(client: AsyncClient, member: Actor, editor: Actor, admin: Actor) -> None:
    assert (await client.get("/api/v1/users")).status_code == 401
    assert (await member.get("/users")).status_code == 403
    assert (await editor.get("/users")).status_code == 403
    assert (await admin.get("/users")).status_code == 200

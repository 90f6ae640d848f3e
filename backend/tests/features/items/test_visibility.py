"""Who may see an item, and who may change it."""

from itertools import product

import pytest
from httpx import AsyncClient

from tests.support import Actor, error_of

STATUSES = ("draft", "published", "archived")


@pytest.fixture
def people(member: Actor, other: Actor, editor: Actor, admin: Actor, superuser: Actor) -> dict[str, Actor]:
    return {"owner": member, "other": other, "editor": editor, "admin": admin, "superuser": superuser}


@pytest.mark.parametrize("who", ["owner", "other", "editor", "admin", "superuser"])
async def test_reading(people: dict[str, Actor], who: str) -> None:
    readable = []
    for status in STATUSES:
        item = await people["owner"].make_item(status=status)
        reply = await people[who].get(f"/items/{item['id']}")
        if who == "other" and status != "published":
            assert reply.status_code == 403
            assert error_of(reply)["code"] == "FORBIDDEN"
            assert error_of(reply)["message"] == "Not enough permissions"
        else:
            assert reply.status_code == 200
            assert reply.json() == item
            readable.append(item)
    page = (await people[who].get("/items", params={"sort": "created_at"})).json()
    assert page["data"] == readable
    assert page["meta"]["total"] == len(readable)


@pytest.mark.parametrize("who", ["owner", "other", "editor", "admin", "superuser"])
async def test_changing(people: dict[str, Actor], who: str) -> None:
    owner = people["owner"]
    for status, method in product(STATUSES, ("PATCH", "PUT", "DELETE")):
        item = await owner.make_item("Old", status=status)
        form = None if method == "DELETE" else {"title": "New"}
        reply = await people[who].request(method, f"/items/{item['id']}", json=form)
        after = await owner.get(f"/items/{item['id']}")
        if who == "other":
            assert reply.status_code == 403
            assert error_of(reply)["message"] == "Not enough permissions"
            assert after.json() == item
        elif method == "DELETE":
            assert (reply.status_code, after.status_code) == (204, 404)
        else:
            assert reply.status_code == 200
            assert after.json()["title"] == "New"


async def test_an_unpublished_item_is_out_of_sight_again(member: Actor, other: Actor) -> None:
    item = await member.make_item(status="published")
    assert (await other.get("/items")).json()["meta"]["total"] == 1
    await member.patch(f"/items/{item['id']}", json={"status": "archived"})
    assert (await other.get("/items")).json()["meta"]["total"] == 0
    assert (await other.get(f"/items/{item['id']}")).status_code == 403


async def test_no_filter_shows_what_may_not_be_read(member: Actor, other: Actor) -> None:
    await member.make_item("secret plan", tags=["secret"])
    for query in (
        {"status": "draft"},
        {"search": "secret"},
        {"search": "s"},
        {"search": "secret", "sort": "relevance"},
        {"tag": "secret"},
        {"owner_id": member.id},
    ):
        page = (await other.get("/items", params=query)).json()
        assert (page["data"], page["meta"]["total"]) == ([], 0), query
    assert (await other.get("/items/tags")).json()["data"] == []


async def test_a_cursor_does_not_carry_rights(member: Actor, admin: Actor) -> None:
    for number in range(4):
        await admin.make_item(f"draft {number}")
    cursor = (await admin.get("/items", params={"limit": 1})).json()["meta"]["next_cursor"]
    page = (await member.get("/items", params={"cursor": cursor})).json()
    assert (page["data"], page["meta"]["total"]) == ([], 0)


async def test_nobody_who_is_not_signed_in_gets_anything(client: AsyncClient) -> None:
    paths = [("GET", ""), ("POST", ""), ("GET", "/tags"), ("GET", "/stats")]
    for method, path in [*paths, *((method, "/1") for method in ("GET", "PATCH", "PUT", "DELETE"))]:
        reply = await client.request(method, f"/api/v1/items{path}")
        assert reply.status_code == 401, (method, path)
        assert error_of(reply)["code"] == "UNAUTHORIZED"
        assert reply.headers["WWW-Authenticate"] == "Bearer"


async def test_items_of_a_deleted_user_stay_with_nobody_or_go_to_an_heir(
    member: Actor, other: Actor, superuser: Actor
) -> None:
    kept = await member.make_item("kept", status="published")
    given = await other.make_item("given", status="draft")
    await superuser.delete(f"/users/{member.id}")
    await superuser.delete(f"/users/{other.id}", params={"transfer_items_to": superuser.id})
    nobodys = (await superuser.get(f"/items/{kept['id']}")).json()
    assert nobodys["owner_id"] == member.id
    assert nobodys["owner"]["full_name"] == "Deleted user"
    assert "hanako" not in str(nobodys)
    inherited = (await superuser.get(f"/items/{given['id']}")).json()
    assert inherited["owner"]["username"] == "root"
    assert inherited["version"] == given["version"] + 1

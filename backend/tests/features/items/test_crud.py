"""Writing, reading, changing and deleting an item."""

from typing import Any

import pytest

from tests.conftest import Clock
from tests.support import Actor, error_of

CHANGES = pytest.mark.parametrize("method", ["PATCH", "PUT"])

LONGEST: dict[str, Any] = {
    "title": "題" * 200,
    "description": "本" * 5000,
    "status": "archived",
    "tags": [f"{number}".rjust(50, "札") for number in range(10)],
}

NOT_ACCEPTED: list[tuple[str, Any]] = [
    ("title", ""),
    ("title", " \t\n　"),
    ("title", "x" * 201),
    ("title", "nul\x00"),
    ("title", None),
    ("title", 5),
    ("title", ["x"]),
    ("description", "x" * 5001),
    ("description", "nul\x00"),
    ("description", None),
    ("description", 5),
    ("status", "deleted"),
    ("status", "Draft"),
    ("status", None),
    ("status", 0),
    ("tags", None),
    ("tags", "design"),
    ("tags", {"design": True}),
    ("tags", [f"tag {number}" for number in range(11)]),
]
BAD_TAGS: list[Any] = ["", "  ", "x" * 51, "nul\x00", "ﷺ" * 50, None, 5, ["x"]]


async def test_an_item_needs_only_a_title(member: Actor) -> None:
    reply = await member.post("/items", json={"title": "Spring catalogue"})
    item = reply.json()
    assert reply.status_code == 201
    assert reply.headers["Location"] == f"/api/v1/items/{item['id']}"
    assert item == {
        "id": item["id"],
        "title": "Spring catalogue",
        "description": "",
        "status": "draft",
        "tags": [],
        "owner_id": member.id,
        "owner": {"id": member.id, "username": "hanako", "full_name": None, "profile_image": None},
        "version": 1,
        "created_at": item["created_at"],
        "updated_at": item["created_at"],
        "created_by": member.id,
        "updated_by": member.id,
    }
    assert item["created_at"].endswith("Z")


async def test_what_was_written_can_be_read(member: Actor) -> None:
    written = await member.make_item("結び", description="糸と紐 🧵\n二行目", status="published", tags=["和", "Washi"])
    reply = await member.get(f"/items/{written['id']}")
    assert reply.status_code == 200
    assert reply.json() == written
    assert written["title"] == "結び"
    assert written["description"] == "糸と紐 🧵\n二行目"
    assert written["tags"] == ["和", "Washi"]


async def test_the_limits_are_within_reach(member: Actor) -> None:
    item = await member.make_item(**LONGEST)
    assert {name: item[name] for name in LONGEST} == LONGEST
    assert (await member.get(f"/items/{item['id']}")).json() == item


async def test_a_title_is_trimmed_and_a_description_is_not(member: Actor) -> None:
    item = await member.make_item("　 two words \n", description="  indented\n")
    assert (item["title"], item["description"]) == ("two words", "  indented\n")


async def test_a_title_is_measured_when_it_is_trimmed(member: Actor) -> None:
    assert (await member.make_item(f"  {'x' * 200}  "))["title"] == "x" * 200


async def test_tags_are_trimmed_and_told_apart_without_case_and_width(member: Actor) -> None:
    item = await member.make_item(tags=[" Vue ", "Straße", "vue", "ＶＵＥ", "v ue", "STRASSE", "ｶﾞｲﾄﾞ", "ガイド"])
    assert item["tags"] == ["Vue", "Straße", "v ue", "ｶﾞｲﾄﾞ"]


async def test_a_field_that_is_not_acceptable_is_named(member: Actor) -> None:
    item = await member.make_item()
    for field, value in NOT_ACCEPTED:
        replies = [await member.post("/items", json={"title": "x", field: value})]
        replies += [
            await member.request(verb, f"/items/{item['id']}", json={field: value}) for verb in ("PATCH", "PUT")
        ]
        for reply in replies:
            assert reply.status_code == 422, (field, value)
            assert list(error_of(reply)["details"]["fields"]) == [field]
    assert (await member.get(f"/items/{item['id']}")).json() == item
    assert (await member.get("/items")).json()["meta"]["total"] == 1


async def test_a_tag_that_is_not_acceptable_is_named(member: Actor) -> None:
    for tag in BAD_TAGS:
        reply = await member.post("/items", json={"title": "x", "tags": ["good", tag]})
        assert reply.status_code == 422, tag
        assert list(error_of(reply)["details"]["fields"]) == ["tags.1"]


async def test_what_is_not_for_people_to_set_is_refused(member: Actor) -> None:
    item = await member.make_item()
    for field in ("id", "owner_id", "owner", "version", "created_at", "updated_by", "search_text", "x"):
        replies = [await member.post("/items", json={"title": "x", field: 1})]
        replies += [await member.request(verb, f"/items/{item['id']}", json={field: 1}) for verb in ("PATCH", "PUT")]
        for reply in replies:
            assert reply.status_code == 422
            assert error_of(reply)["details"]["fields"] == {field: "This field is not known here"}


async def test_a_title_is_required_at_first(member: Actor) -> None:
    reply = await member.post("/items", json={"description": "x"})
    assert error_of(reply)["details"]["fields"] == {"title": "This field is required"}


@CHANGES
@pytest.mark.parametrize(
    ("field", "value"), [("title", "New"), ("description", "new"), ("status", "published"), ("tags", ["new"])]
)
async def test_only_what_is_sent_is_changed(member: Actor, method: str, field: str, value: Any) -> None:
    item = await member.make_item("Old", description="old", status="archived", tags=["old"])
    reply = await member.request(method, f"/items/{item['id']}", json={field: value})
    assert reply.status_code == 200
    changed = reply.json()
    assert changed == {**item, field: value, "version": 2, "updated_at": changed["updated_at"]}
    assert (await member.get(f"/items/{item['id']}")).json() == changed


@CHANGES
async def test_everything_can_be_changed_at_once(member: Actor, method: str) -> None:
    item = await member.make_item()
    changed = (await member.request(method, f"/items/{item['id']}", json=LONGEST)).json()
    assert {name: changed[name] for name in LONGEST} == LONGEST
    assert changed["version"] == 2


@CHANGES
async def test_a_field_can_be_emptied(member: Actor, method: str) -> None:
    item = await member.make_item(description="x", tags=["x"])
    changed = (await member.request(method, f"/items/{item['id']}", json={"description": "", "tags": []})).json()
    assert (changed["description"], changed["tags"]) == ("", [])
    assert (await member.get("/items/tags")).json()["data"] == []


@CHANGES
@pytest.mark.parametrize("form", [{}, {"title": "Same"}, {"tags": ["same"], "status": "draft", "description": ""}])
async def test_a_change_of_nothing_is_none(
    member: Actor, moving_clock: Clock, method: str, form: dict[str, Any]
) -> None:
    item = await member.make_item("Same", tags=["same"])
    moving_clock.forward(minutes=1)
    reply = await member.request(method, f"/items/{item['id']}", json=form)
    assert reply.status_code == 200
    assert reply.json() == item


async def test_a_change_leaves_its_stamp(member: Actor, editor: Actor, moving_clock: Clock) -> None:
    item = await member.make_item()
    moving_clock.forward(minutes=5)
    changed = (await editor.patch(f"/items/{item['id']}", json={"title": "Edited"})).json()
    assert changed["updated_at"] > item["updated_at"]
    assert changed["created_at"] == item["created_at"]
    assert (changed["created_by"], changed["updated_by"]) == (member.id, editor.id)
    assert (changed["owner_id"], changed["version"]) == (member.id, 2)


async def test_a_deleted_item_is_gone(member: Actor) -> None:
    item = await member.make_item(tags=["x"])
    reply = await member.delete(f"/items/{item['id']}")
    assert (reply.status_code, reply.content) == (204, b"")
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        json = {"title": "x"} if method in ("PATCH", "PUT") else None
        again = await member.request(method, f"/items/{item['id']}", json=json)
        assert again.status_code == 404
        assert error_of(again)["code"] == "NOT_FOUND"
    assert (await member.get("/items")).json()["data"] == []
    assert (await member.get("/items/tags")).json()["data"] == []


async def test_the_id_of_a_deleted_item_stays_unused(member: Actor) -> None:
    first = await member.make_item()
    await member.delete(f"/items/{first['id']}")
    assert (await member.make_item())["id"] > first["id"]


async def test_an_item_that_never_was_is_not_found(member: Actor) -> None:
    reply = await member.get(f"/items/{2**63 - 1}")
    assert reply.status_code == 404
    assert error_of(reply)["message"] == "Item not found"

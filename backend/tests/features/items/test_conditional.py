"""ETag, If-None-Match and If-Match on an item."""

import asyncio

import pytest

from tests.support import Actor, error_of

CHANGES = pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])


async def tag_of(actor: Actor, item_id: int) -> str:
    """The tag a client holds after reading the item."""
    return (await actor.get(f"/items/{item_id}")).headers["ETag"]


async def change(actor: Actor, method: str, item_id: int, if_match: str | None = None, title: str = "New") -> int:
    """The status of the answer to a change."""
    headers = {} if if_match is None else {"If-Match": if_match}
    json = None if method == "DELETE" else {"title": title}
    reply = await actor.request(method, f"/items/{item_id}", json=json, headers=headers)
    if reply.status_code == 412:
        assert error_of(reply)["code"] == "PRECONDITION_FAILED"
    return reply.status_code


async def test_creating_reading_and_changing_give_the_tag(member: Actor) -> None:
    created = await member.post("/items", json={"title": "Old"})
    path = f"/items/{created.json()['id']}"
    tag = created.headers["ETag"]
    assert tag.startswith('"1-')
    assert (await member.get(path)).headers["ETag"] == tag
    changed = await member.patch(path, json={"title": "New"})
    assert changed.headers["ETag"].startswith('"2-')
    assert (await member.get(path)).headers["ETag"] == changed.headers["ETag"]


async def test_the_list_and_others_see_the_same_tag(member: Actor, admin: Actor) -> None:
    item = await member.make_item(status="published")
    assert await tag_of(member, item["id"]) == await tag_of(admin, item["id"])


async def test_what_is_unchanged_is_not_sent_again(member: Actor) -> None:
    item = await member.make_item()
    tag = await tag_of(member, item["id"])
    for held in (tag, f"W/{tag}", f'"other", {tag}', f'W/"x",W/{tag} , "y"', "*", " * "):
        reply = await member.get(f"/items/{item['id']}", headers={"If-None-Match": held})
        assert (reply.status_code, reply.content) == (304, b""), held
        assert reply.headers["ETag"] == tag
    for held in ('"1-other"', '"1"', tag.strip('"'), "W/", '""', "nonsense", '"*"', tag.replace("1-", "2-")):
        reply = await member.get(f"/items/{item['id']}", headers={"If-None-Match": held})
        assert reply.status_code == 200, held
        assert reply.json() == item


async def test_a_change_gives_it_another_tag(member: Actor) -> None:
    item = await member.make_item()
    tag = await tag_of(member, item["id"])
    await change(member, "PATCH", item["id"])
    reply = await member.get(f"/items/{item['id']}", headers={"If-None-Match": tag})
    assert reply.status_code == 200
    assert reply.json()["title"] == "New"


async def test_what_may_not_be_read_has_no_tag(member: Actor, other: Actor) -> None:
    item = await member.make_item()
    reply = await other.get(f"/items/{item['id']}", headers={"If-None-Match": "*"})
    assert reply.status_code == 403
    assert "ETag" not in reply.headers
    assert (await other.get("/items/999", headers={"If-None-Match": "*"})).status_code == 404


async def test_the_tag_covers_what_is_shown_of_the_owner(member: Actor) -> None:
    item = await member.make_item()
    tags = {await tag_of(member, item["id"])}
    for name in ("山田 花子", "山田", None):
        await member.patch("/users/me", json={"full_name": name})
        tag = await tag_of(member, item["id"])
        reply = await member.get(f"/items/{item['id']}", headers={"If-None-Match": tag})
        assert reply.status_code == 304
        tags.add(tag)
    assert len(tags) == 3, "the first and the last show the same"


@CHANGES
async def test_an_edit_is_not_stale_because_its_owner_has_another_name(
    member: Actor, editor: Actor, method: str
) -> None:
    item = await member.make_item()
    tag = await tag_of(editor, item["id"])
    await member.patch("/users/me", json={"full_name": "山田 花子"})
    assert await tag_of(editor, item["id"]) != tag
    assert await change(editor, method, item["id"], tag) in (200, 204)


@CHANGES
async def test_an_edit_of_an_older_version_is_refused(member: Actor, method: str) -> None:
    item = await member.make_item("Old")
    tag = await tag_of(member, item["id"])
    assert await change(member, "PATCH", item["id"], title="Meanwhile") == 200
    now = (await member.get(f"/items/{item['id']}")).json()
    for stale in (tag, f"W/{tag}", f'"7-x", {tag}', '"x"', '""', "nonsense", ""):
        assert await change(member, method, item["id"], stale) == 412, stale
    assert (await member.get(f"/items/{item['id']}")).json() == now


@CHANGES
async def test_an_edit_of_this_version_is_taken(member: Actor, method: str) -> None:
    for form in ("{tag}", "W/{tag}", '"9-x", W/{tag}', "*", " {tag} "):
        item = await member.make_item()
        tag = await tag_of(member, item["id"])
        assert await change(member, method, item["id"], form.format(tag=tag)) in (200, 204), form


@CHANGES
async def test_who_may_not_change_it_learns_nothing_of_its_version(member: Actor, other: Actor, method: str) -> None:
    item = await member.make_item()
    tag = await tag_of(member, item["id"])
    for if_match in (tag, '"9-x"', "*"):
        assert await change(other, method, item["id"], if_match) == 403
        assert await change(member, method, item["id"] + 1, if_match) == 404


async def test_of_two_edits_of_one_version_one_is_taken(member: Actor) -> None:
    item = await member.make_item()
    tag = await tag_of(member, item["id"])
    answers = await asyncio.gather(*(change(member, "PATCH", item["id"], tag, title=f"by {n}") for n in range(5)))
    assert sorted(answers) == [200, 412, 412, 412, 412]
    assert (await member.get(f"/items/{item['id']}")).json()["version"] == 2


async def test_without_a_condition_the_last_edit_stays(member: Actor) -> None:
    item = await member.make_item()
    answers = await asyncio.gather(*(change(member, "PATCH", item["id"], title=f"by {n}") for n in range(5)))
    assert answers == [200] * 5
    assert (await member.get(f"/items/{item['id']}")).json()["version"] == 6

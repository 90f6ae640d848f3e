"""Who hears of a change of an item, and what."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import event

from tests.live import Listener, listen
from tests.sql import database_of
from tests.support import Actor

# What was before; what is done; what the owner and holders of items:read_any hear of it; and what everyone else does.
CHANGES: list[tuple[str | None, dict[str, Any] | None, str, str | None]] = [
    (None, {"status": "draft"}, "item_created", None),
    (None, {"status": "archived"}, "item_created", None),
    (None, {"status": "published"}, "item_created", "item_created"),
    ("draft", {"title": "Renamed"}, "item_updated", None),
    ("archived", {"title": "Renamed"}, "item_updated", None),
    ("published", {"title": "Renamed"}, "item_updated", "item_updated"),
    ("draft", {"status": "archived"}, "item_updated", None),
    ("archived", {"status": "draft"}, "item_updated", None),
    ("draft", {"status": "published"}, "item_updated", "item_updated"),
    ("archived", {"status": "published"}, "item_updated", "item_updated"),
    ("published", {"status": "draft"}, "item_updated", "item_deleted"),
    ("published", {"status": "archived", "title": "Renamed"}, "item_updated", "item_deleted"),
    ("draft", None, "item_deleted", None),
    ("archived", None, "item_deleted", None),
    ("published", None, "item_deleted", "item_deleted"),
]


def frame_of(kind: str | None, item: dict[str, Any]) -> list[dict[str, Any]]:
    """What is heard of an item as it is now."""
    if kind is None:
        return []
    data = None if kind == "item_deleted" else item
    return [{"type": kind, "item_id": item["id"], "version": item["version"], "data": data}]


@pytest.mark.parametrize("by", ["owner", "editor"])
async def test_who_hears_of_a_change(
    app: FastAPI, member: Actor, other: Actor, editor: Actor, admin: Actor, superuser: Actor, by: str
) -> None:
    actor = member if by == "owner" else editor
    insiders = [await listen(app, each) for each in (member, member, editor, admin, superuser)]
    outsider = await listen(app, other)
    for before, change, heard_inside, heard_outside in CHANGES:
        if before is None:
            if actor is editor:
                # Nobody writes in the name of another.
                continue
            item = await actor.make_item(**(change or {}))
        else:
            item = await member.make_item(status=before)
            for listener in (*insiders, outsider):
                listener.heard()
            if change is None:
                await actor.delete(f"/items/{item['id']}")
                item["version"] += 1
            else:
                item = (await actor.patch(f"/items/{item['id']}", json=change)).json()
        case = (before, change)
        for insider in insiders:
            assert insider.heard() == frame_of(heard_inside, item), case
        assert outsider.heard() == frame_of(heard_outside, item), case


async def test_what_is_heard_is_what_one_would_read(app: FastAPI, member: Actor) -> None:
    await member.patch("/users/me", json={"full_name": "山田 花子"})
    own = await listen(app, member)
    item = await member.make_item("結び 🪢 \u2028", description="x" * 5000, tags=["和", "b"], status="published")
    await member.patch(f"/items/{item['id']}", json={"tags": ["c"]})
    created, updated = own.heard()
    assert updated["data"] == (await member.get(f"/items/{item['id']}")).json()
    assert created["data"] == item
    assert (created["version"], updated["version"]) == (1, 2)


async def test_put_is_heard_like_patch(app: FastAPI, member: Actor) -> None:
    item = await member.make_item()
    own = await listen(app, member)
    item = (await member.put(f"/items/{item['id']}", json={"title": "Renamed"})).json()
    assert own.heard() == frame_of("item_updated", item)


async def test_whoever_changes_nothing_says_nothing(app: FastAPI, member: Actor) -> None:
    item = await member.make_item("A knot", status="published")
    own = await listen(app, member)
    for change in ({}, {"title": "A knot"}, {"status": "published"}):
        assert (await member.patch(f"/items/{item['id']}", json=change)).status_code == 200
    assert own.heard() == []


async def test_what_is_refused_is_not_heard(app: FastAPI, member: Actor, other: Actor, superuser: Actor) -> None:
    item = await member.make_item(status="published")
    path, stale = f"/items/{item['id']}", {"If-Match": '"9"'}
    listeners = [await listen(app, actor) for actor in (member, other, superuser)]
    replies = [
        await member.patch(path, json={"title": "Renamed"}, headers=stale),
        await member.delete(path, headers=stale),
        await other.patch(path, json={"title": "Renamed"}),
        await other.delete(path),
        await member.patch(path, json={"title": ""}),
        await member.post("/items", json={"title": ""}),
        await member.delete("/items/9999"),
    ]
    assert [reply.status_code for reply in replies] == [412, 412, 403, 403, 422, 422, 404]
    assert [listener.heard() for listener in listeners] == [[], [], []]


async def test_what_could_not_be_committed_is_not_heard(app: FastAPI, member: Actor) -> None:
    item = await member.make_item()
    own = await listen(app, member)
    engine = database_of(app).engine.sync_engine

    def fail(_connection: Any) -> None:
        raise RuntimeError("the disk is full")

    event.listen(engine, "commit", fail)
    try:
        replies = [
            await member.post("/items", json={"title": "A knot"}),
            await member.patch(f"/items/{item['id']}", json={"title": "Renamed"}),
            await member.delete(f"/items/{item['id']}"),
        ]
    finally:
        event.remove(engine, "commit", fail)
    assert [reply.status_code for reply in replies] == [500, 500, 500]
    assert own.heard() == []


async def test_an_item_that_is_asked_for_twice_is_heard_of_once(app: FastAPI, member: Actor) -> None:
    own = await listen(app, member)
    for _ in range(2):
        reply = await member.post("/items", json={"title": "A knot"}, headers={"Idempotency-Key": "once"})
        assert reply.status_code == 201
    assert own.types() == ["item_created"]


async def test_whose_items_go_to_another_everyone_reads_anew(
    app: FastAPI, superuser: Actor, member: Actor, other: Actor, editor: Actor
) -> None:
    await member.make_item()
    listener = await listen(app, other)
    await superuser.delete(f"/users/{member.id}", params={"transfer_items_to": superuser.id})
    assert listener.heard() == [{"type": "resync", "room": None, "reason": "changed"}]
    await superuser.delete(f"/users/{editor.id}", params={"transfer_items_to": superuser.id})
    assert listener.heard() == [], "there was nothing to hand over"


async def change(listener: Listener, item: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    """Change an item over a live connection; what came back, without what everyone hears."""
    await listener.send(type="item_updated", item_id=item["id"], cid="c1", **fields)
    return [frame for frame in listener.heard() if frame["type"] in ("item_saved", "error")]


async def test_an_item_is_changed_over_a_live_connection(app: FastAPI, member: Actor, other: Actor) -> None:
    item = await member.make_item("A knot", description="Tied", tags=["a"], status="published")
    own, stranger = await listen(app, member), await listen(app, other)
    assert await change(own, item, title="  Two knots ", tags=["b", "B"]) == [
        {"type": "item_saved", "cid": "c1", "item_id": item["id"], "version": 2}
    ]
    now = (await member.get(f"/items/{item['id']}")).json()
    assert (now["title"], now["tags"], now["description"]) == ("Two knots", ["b"], "Tied")
    assert (now["version"], now["updated_by"]) == (2, member.id)
    assert stranger.heard() == frame_of("item_updated", now)
    await own.send(type="item_updated", item_id=item["id"], description="")
    assert own.heard()[-1] == {"type": "item_saved", "cid": None, "item_id": item["id"], "version": 3}


async def test_only_the_version_that_was_seen_is_changed(app: FastAPI, member: Actor, other: Actor) -> None:
    item = await member.make_item("A knot", status="published")
    own, stranger = await listen(app, member), await listen(app, other)
    [saved] = await change(own, item, version=1, title="Two knots")
    assert saved["version"] == 2
    stranger.heard()
    [error] = await change(own, item, version=1, title="Three knots")
    assert (error["type"], error["code"], error["cid"]) == ("error", "PRECONDITION_FAILED", "c1")
    assert (await member.get(f"/items/{item['id']}")).json()["title"] == "Two knots"
    assert stranger.heard() == []


async def test_a_live_connection_may_change_what_its_user_may(
    app: FastAPI, member: Actor, other: Actor, editor: Actor
) -> None:
    item = await member.make_item("A knot", status="published")
    [error] = await change(await listen(app, other), item, title="Mine")
    assert error["code"] == "FORBIDDEN"
    [saved] = await change(await listen(app, editor), item, title="Edited")
    assert saved["version"] == 2
    [error] = await change(await listen(app, editor), {"id": 9999}, title="Edited")
    assert error["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"title": ""}, "title"),
        ({"title": None}, "title"),
        ({"status": "lost"}, "status"),
        ({"tags": ["x"] * 10 + ["y"]}, "tags"),
        ({"version": 0}, "version"),
        ({"owner_id": 1}, "owner_id"),
    ],
)
async def test_what_is_no_change_of_an_item_is_refused(
    app: FastAPI, member: Actor, fields: dict[str, Any], complaint: str
) -> None:
    item = await member.make_item("A knot")
    [error] = await change(await listen(app, member), item, **fields)
    assert (error["code"], list(error["details"]["fields"])) == ("VALIDATION_ERROR", [complaint])
    assert (await member.get(f"/items/{item['id']}")).json() == item

"""Changing and removing files."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from musubi.features.audit.models import AuditEntry
from musubi.features.files.context import files_of
from musubi.features.files.removal import REMOVE_BYTES
from tests.features.files.seeds import plant
from tests.features.files.support import expect_error, expect_nothing_left, kept_in, picture, rows_of, uploaded
from tests.live import listen
from tests.sql import database_of
from tests.support import Actor

UNKNOWN = f"/upload/files/{'0' * 32}.png"


def path_of(file: dict[str, Any]) -> str:
    return f"/upload/files/{file['stored_name']}"


async def audited(app: FastAPI) -> list[AuditEntry]:
    async with database_of(app).transaction() as session:
        return list(await session.scalars(select(AuditEntry).where(AuditEntry.action == "file.deleted")))


async def test_a_file_of_ones_own(app: FastAPI, member: Actor) -> None:
    file = await uploaded(member)
    reply = await member.delete(path_of(file))
    assert (reply.status_code, reply.content) == (204, b"")
    assert await rows_of(app) == []
    assert len(await kept_in(app)) == 2, "nothing is removed inside of a request"
    expect_error(await member.get(path_of(file)), 404)
    expect_error(await member.delete(path_of(file)), 404)
    await expect_nothing_left(app)
    assert await audited(app) == []


async def test_others_may_not(app: FastAPI, member: Actor, other: Actor, admin: Actor) -> None:
    item = await member.make_item(status="published")
    for file in (await uploaded(member), await uploaded(member, item_id=item["id"])):
        expect_error(await other.delete(path_of(file)), 403)
    loose = await uploaded(member)
    # A file that hangs on nothing is its owner's alone.
    expect_error(await admin.delete(path_of(loose)), 403)
    expect_error(await member.client.delete(f"/api/v1{path_of(loose)}"), 401)
    for actor in (member, admin):
        expect_error(await actor.delete(UNKNOWN), 404)
        expect_error(await actor.patch(UNKNOWN, json={}), 404)
        assert (await actor.delete("/upload/files/nonsense")).status_code == 422
    assert len(await rows_of(app)) == 3


async def test_who_may_change_an_item_may_remove_what_hangs_on_it(
    app: FastAPI, member: Actor, editor: Actor, other: Actor
) -> None:
    """An editor attached it to somebody's item: the item's owner may remove it, and so may other editors."""
    item = await member.make_item(status="published")
    first, second = [await uploaded(editor, f"{n}.png", item_id=item["id"]) for n in "ab"]
    expect_error(await other.delete(path_of(first)), 403)
    assert (await member.delete(path_of(first))).status_code == 204
    mine = await uploaded(member, item_id=item["id"])
    assert (await editor.delete(path_of(mine))).status_code == 204
    assert (await editor.delete(path_of(second))).status_code == 204
    noted = [(entry.actor_id, entry.object_id, entry.details) for entry in await audited(app)]
    assert noted == [
        (member.id, first["id"], {"owner_id": editor.id, "item_id": item["id"]}),
        (editor.id, mine["id"], {"owner_id": member.id, "item_id": item["id"]}),
    ]


async def test_describing(app: FastAPI, member: Actor, editor: Actor) -> None:
    file = await uploaded(member)
    reply = await member.patch(path_of(file), json={"description": "  The roof "})
    assert reply.status_code == 200
    assert reply.json() == {**file, "description": "The roof"}
    assert (await member.patch(path_of(file), json={})).json() == reply.json()
    expect_error(await editor.patch(path_of(file), json={"description": "x"}), 403)
    for form in ({"description": None}, {"description": "x" * 1001}, {"filename": "a.exe"}, {"item_id": 0}):
        assert (await member.patch(path_of(file), json=form)).status_code == 422
    [row] = await rows_of(app)
    assert row.search_text == "picture.png\x1fthe roof"


async def test_attaching_and_detaching(app: FastAPI, member: Actor, other: Actor) -> None:
    file = await uploaded(member)
    own = [await member.make_item(title, status="published") for title in ("a", "b")]
    theirs = await other.make_item(status="published")

    async def attach(item_id: int | None) -> int:
        return (await member.patch(path_of(file), json={"item_id": item_id})).status_code

    async def attached(item: dict[str, Any]) -> list[int]:
        return [each["id"] for each in (await other.get(f"/items/{item['id']}/files")).json()["data"]]

    assert (await attach(theirs["id"]), await attach(theirs["id"] + 1)) == (403, 404)
    assert await attach(own[0]["id"]) == 200
    assert await attached(own[0]) == [file["id"]]
    assert await attach(own[1]["id"]) == 200
    assert [await attached(item) for item in own] == [[], [file["id"]]]
    listener = await listen(app, other)
    assert await attach(None) == 200
    assert await attached(own[1]) == []
    assert [frame["item_id"] for frame in listener.heard()] == [own[1]["id"]]
    assert (await other.get(path_of(file))).status_code == 403


async def test_an_item_with_as_many_files_as_it_may_have(app: FastAPI, member: Actor) -> None:
    item = await member.make_item()
    first = await uploaded(member, item_id=item["id"])
    for number in range(99):
        await plant(app, member, f"{number}.png", item_id=item["id"])
    one_more = await uploaded(member, "more.png", picture(color="blue"))
    expect_error(await member.patch(path_of(one_more), json={"item_id": item["id"]}), 409)
    # What is attached already is no more.
    again = {"item_id": item["id"], "description": "x"}
    assert (await member.patch(path_of(first), json=again)).status_code == 200


async def test_bytes_that_cannot_be_removed_now_are_later(
    app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = await uploaded(member)
    await member.delete(path_of(file))
    storage = files_of(app).storage

    async def fail(*_keys: str) -> None:
        raise OSError("the store is away")

    with monkeypatch.context() as patched:
        patched.setattr(storage, "delete", fail)
        await app.state.jobs.drain()
    assert len(await kept_in(app)) == 2
    # Once more than it takes does no harm.
    for _ in range(2):
        await REMOVE_BYTES.handler(app, {"keys": list(await kept_in(app))})
    assert await kept_in(app) == set()


async def test_everything_below_a_prefix(app: FastAPI) -> None:
    storage = files_of(app).storage
    for key in ("uploads/a/0-1", "uploads/a/5-2", "uploads/ab/0-1", "files/a/b"):
        await storage.put(key, b"x")
    await REMOVE_BYTES.handler(app, {"prefix": "uploads/a/"})
    assert await kept_in(app) == {"uploads/ab/0-1", "files/a/b"}

"""Who hears that files changed."""

from contextlib import suppress
from typing import Any

import pytest
from fastapi import FastAPI

from musubi.features.files import live
from tests.features.files.seeds import plant
from tests.features.files.support import picture, upload, uploaded
from tests.live import Listener, listen
from tests.sql import database_of
from tests.support import Actor

OWN = {"type": "files_changed", "item_id": None}


def of_item(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "files_changed", "item_id": item["id"]}


def news_of(listener: Listener) -> list[dict[str, Any]]:
    """What is heard of files."""
    return [frame for frame in listener.heard() if frame["type"] == "files_changed"]


@pytest.fixture
async def listeners(app: FastAPI, member: Actor, other: Actor, editor: Actor, admin: Actor) -> dict[str, Listener]:
    people = {"member": member, "another tab": member, "other": other, "editor": editor, "admin": admin}
    return {name: await listen(app, person) for name, person in people.items()}


@pytest.mark.parametrize(
    ("status", "readers"),
    [
        ("draft", {"member", "another tab", "editor", "admin"}),
        ("archived", {"member", "another tab", "editor", "admin"}),
        ("published", {"member", "another tab", "other", "editor", "admin"}),
    ],
)
async def test_the_readers_of_an_item_hear_of_its_files(
    app: FastAPI, member: Actor, listeners: dict[str, Listener], status: str, readers: set[str]
) -> None:
    item = await member.make_item(status=status)
    row = await plant(app, member)
    path = f"/upload/files/{row.stored_name}"
    for step in ("attach", "describe", "detach", "attach", "remove"):
        match step:
            case "attach":
                await member.patch(path, json={"item_id": item["id"]})
            case "describe":
                await member.patch(path, json={"description": "The roof"})
            case "detach":
                await member.patch(path, json={"item_id": None})
            case _:
                await member.delete(path)
        for name, listener in listeners.items():
            expected = [OWN] if name in ("member", "another tab") else []
            if name in readers:
                expected.append(of_item(item))
            assert news_of(listener) == expected, (step, name)


async def test_what_is_uploaded_is_heard_of(member: Actor, listeners: dict[str, Listener]) -> None:
    item = await member.make_item(status="published")
    await uploaded(member, item_id=item["id"])
    await uploaded(member, content=picture(color="blue"))
    assert news_of(listeners["another tab"]) == [OWN, of_item(item), OWN]
    assert news_of(listeners["other"]) == [of_item(item)]
    # What is refused changes nothing.
    assert (await upload(member, content=b"no picture")).status_code == 415
    assert news_of(listeners["another tab"]) == []


async def test_nothing_is_heard_of_a_change_that_changes_nothing(
    app: FastAPI, member: Actor, listeners: dict[str, Listener]
) -> None:
    row = await plant(app, member)
    await member.patch(f"/upload/files/{row.stored_name}", json={"description": ""})
    assert all(news_of(listener) == [] for listener in listeners.values())


async def test_when_a_file_moves_both_items_are_read_anew(app: FastAPI, member: Actor) -> None:
    first, second = [await member.make_item() for _ in range(2)]
    row = await plant(app, member, item_id=first["id"])
    tab = await listen(app, member)
    await member.patch(f"/upload/files/{row.stored_name}", json={"item_id": second["id"]})
    assert news_of(tab) == [OWN, of_item(first), of_item(second)]


async def test_an_owner_hears_when_an_editor_removes_their_file(
    app: FastAPI, member: Actor, editor: Actor, listeners: dict[str, Listener]
) -> None:
    item = await member.make_item()
    row = await plant(app, member, item_id=item["id"])
    await editor.delete(f"/upload/files/{row.stored_name}")
    assert news_of(listeners["member"]) == [OWN, of_item(item)]
    assert news_of(listeners["editor"]) == [of_item(item)]


async def test_the_owners_hear_when_an_item_takes_their_files_along(
    app: FastAPI, member: Actor, editor: Actor, listeners: dict[str, Listener]
) -> None:
    item = await member.make_item()
    await plant(app, member, item_id=item["id"])
    await plant(app, editor, item_id=item["id"])
    await member.delete(f"/items/{item['id']}")
    # That it has none any more needs no saying: it is gone.
    assert {name: news_of(listener) for name, listener in listeners.items()} == {
        "member": [OWN], "another tab": [OWN], "editor": [OWN], "other": [], "admin": [],
    }  # fmt: skip


async def test_an_item_without_files_is_deleted_without_news_of_files(
    member: Actor, listeners: dict[str, Listener]
) -> None:
    item = await member.make_item()
    await member.delete(f"/items/{item['id']}")
    assert all(news_of(listener) == [] for listener in listeners.values())


async def test_an_heir_hears_of_new_files(app: FastAPI, member: Actor, other: Actor, superuser: Actor) -> None:
    await plant(app, member, item_id=(await member.make_item())["id"])
    tab = await listen(app, other)
    await superuser.delete(f"/users/{member.id}", params={"transfer_items_to": other.id})
    assert news_of(tab) == [OWN]


async def test_an_heir_who_gets_no_files_hears_of_none(
    app: FastAPI, member: Actor, other: Actor, superuser: Actor
) -> None:
    await member.make_item()
    await plant(app, member)
    tab = await listen(app, other)
    await superuser.delete(f"/users/{member.id}", params={"transfer_items_to": other.id})
    assert news_of(tab) == []


async def test_nothing_is_heard_of_what_is_taken_back(app: FastAPI, member: Actor) -> None:
    item = await member.make_item()
    tab = await listen(app, member)
    with suppress(RuntimeError):
        async with database_of(app).transaction() as session:
            await live.announce_changed(app, session, owner_ids=[member.id], item_ids=[item["id"]])
            raise RuntimeError
    assert news_of(tab) == []

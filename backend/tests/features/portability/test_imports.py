"""Bringing one's data."""

import json
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from fastapi import FastAPI

from musubi.features.files.context import files_of
from musubi.features.portability import archive as archives
from musubi.features.portability import importing
from tests.conftest import AppMaker, Clock
from tests.features.files.seeds import app_of, plant
from tests.features.files.support import expect_empty_spool, kept_in, picture
from tests.features.portability.support import (
    Parts,
    archive_of,
    bring,
    brought,
    lines,
    listed,
    newest,
    packed,
    parts_of,
    rewritten,
)
from tests.support import Actor, error_of, make_actor, sign_in


async def titles(actor: Actor) -> list[str]:
    reply = await actor.get("/items", params={"owner_id": actor.id, "sort": "title", "limit": 100})
    return [item["title"] for item in reply.json()["data"]]


async def filled(app: FastAPI, actor: Actor) -> bytes:
    """An archive of a draft with a picture, a published item, and a picture that hangs on nothing."""
    draft = await actor.make_item("Draft", tags=["Tea", "rice"], description="Long\nstory")
    await actor.make_item("Published", status="published")
    await plant(app, actor, "写真.png", picture(), item_id=draft["id"], description="The roof")
    await plant(app, actor, "loose.png", picture(color="blue"))
    return await archive_of(app, actor)


async def test_items_and_files_come_to_another_account(app: FastAPI, member: Actor, other: Actor) -> None:
    archive = await filled(app, member)
    report = await brought(app, other, archive)
    assert report == {
        "items_taken": 2, "items_present": 0, "files_taken": 2, "files_present": 0, "left_out_count": 0, "left_out": [],
    }  # fmt: skip
    mine = {item["title"]: item for item in (await other.get("/items", params={"owner_id": other.id})).json()["data"]}
    was = {item["title"]: item for item in listed(archive, "items")}
    assert set(mine) == {"Draft", "Published"}
    for title, item in mine.items():
        assert {name: item[name] for name in ("description", "status", "tags", "created_at", "updated_at")} == {
            name: was[title][name] for name in ("description", "status", "tags", "created_at", "updated_at")
        }
        assert item["created_by"] == other.id
    [attached] = (await other.get(f"/items/{mine['Draft']['id']}/files")).json()["data"]
    assert (attached["filename"], attached["description"], attached["owner_id"]) == ("写真.png", "The roof", other.id)
    assert (await other.client.get(attached["url"])).content == picture()
    assert sorted(each["filename"] for each in (await other.get("/upload/files")).json()["data"]) == [
        "loose.png", "写真.png",
    ]  # fmt: skip
    assert await titles(member) == ["Draft", "Published"]
    expect_empty_spool(app)
    await app.state.jobs.drain()
    assert not any(key.startswith("imports/") for key in await kept_in(app))


async def test_twice_makes_no_doubles(app: FastAPI, member: Actor, other: Actor) -> None:
    archive = await filled(app, member)
    await brought(app, other, archive)
    report = await brought(app, other, archive)
    assert (report["items_taken"], report["items_present"]) == (0, 2)
    assert (report["files_taken"], report["files_present"]) == (0, 2)
    assert await titles(other) == ["Draft", "Published"]


async def test_what_was_deleted_since_comes_again(app: FastAPI, member: Actor, other: Actor) -> None:
    archive = await filled(app, member)
    await brought(app, other, archive)
    for item in (await other.get("/items", params={"owner_id": other.id})).json()["data"]:
        if item["title"] == "Published":
            await other.delete(f"/items/{item['id']}")
    report = await brought(app, other, archive)
    assert (report["items_taken"], report["items_present"]) == (1, 1)
    assert await titles(other) == ["Draft", "Published"]


async def test_where_it_was_made_only_what_is_gone_comes_back(app: FastAPI, member: Actor) -> None:
    archive = await filled(app, member)
    for item in (await member.get("/items", params={"status": "draft"})).json()["data"]:
        await member.delete(f"/items/{item['id']}")
    report = await brought(app, member, archive)
    assert (report["items_taken"], report["items_present"]) == (1, 1)
    assert (report["files_taken"], report["files_present"]) == (1, 1)
    assert await titles(member) == ["Draft", "Published"]


async def test_many_items_come_in_batches(
    app: FastAPI, member: Actor, other: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_BATCH", 2)
    for number in range(5):
        await member.make_item(f"Item {number}")
    report = await brought(app, other, await archive_of(app, member))
    assert report["items_taken"] == 5
    assert await titles(other) == [f"Item {number}" for number in range(5)]


async def test_ended_in_the_middle_it_goes_on(
    app: FastAPI, member: Actor, other: Actor, monkeypatch: pytest.MonkeyPatch, moving_clock: Clock
) -> None:
    archive = await filled(app, member)
    really = importing._Import._take_file
    count = 0

    async def dies(*arguments: Any) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise RuntimeError("the power is out")
        await really(*arguments)

    monkeypatch.setattr(importing._Import, "_take_file", dies)
    assert (await bring(other, archive)).status_code == 202
    await app.state.jobs.drain()
    assert (await newest(other, "/imports"))["state"] == "importing"
    moving_clock.forward(minutes=10)
    await app.state.jobs.drain()
    done = await newest(other, "/imports")
    assert (done["state"], done["report"]["items_taken"], done["report"]["files_taken"]) == ("done", 2, 2)
    assert (done["report"]["items_present"], done["report"]["files_present"]) == (0, 0)
    assert await titles(other) == ["Draft", "Published"]


async def test_only_one_at_a_time(app: FastAPI, member: Actor) -> None:
    archive = await filled(app, member)
    assert (await bring(member, archive)).status_code == 202
    assert (await bring(member, archive)).status_code == 409


async def test_files_that_are_not_taken_are_named(make_client: AppMaker) -> None:
    client = await make_client(file_quota_bytes=400_000)
    app = app_of(client)
    member, other = await make_actor(client, "hanako"), await make_actor(client, "taro")
    await plant(app, member, "fits.png", picture())
    await plant(app, member, "not-a-picture.png", b"text")
    # Nothing asks for the quota of what is planted.
    await plant(app, member, "large.png", picture() + bytes(399_950))
    item = await member.make_item("Tea")
    report = await brought(app, other, await archive_of(app, member))
    assert (report["items_taken"], report["files_taken"], report["left_out_count"]) == (1, 1, 2)
    reasons = {each["filename"]: each["reason"] for each in report["left_out"]}
    assert reasons["not-a-picture.png"] == "refused"
    assert set(reasons) == {"not-a-picture.png", "large.png"}
    assert item["title"] in await titles(other)


async def test_files_of_large_kinds_are_taken_as_well(app: FastAPI, member: Actor, other: Actor) -> None:
    await plant(app, member, "packed.zip", packed({"a": b"a"}))
    report = await brought(app, other, await archive_of(app, member))
    assert (report["files_taken"], report["left_out"]) == (1, [])


def _lie_about_an_item(parts: Parts) -> None:
    parts["items.json"] = parts["items.json"].replace(b"Published", b"Pwned....")


def _drop_a_file(parts: Parts) -> None:
    del parts[next(name for name in parts if name.startswith("files/"))]


def _add_a_part(parts: Parts) -> None:
    parts["more.json"] = b"{}"


def _repeat_an_item(parts: Parts) -> None:
    items = json.loads(parts["items.json"])
    parts["items.json"] = lines([*items, items[0]])


def _long_title(parts: Parts) -> None:
    items = json.loads(parts["items.json"])
    parts["items.json"] = lines([{**items[0], "title": "x" * 201}])


def _foreign_path(parts: Parts) -> None:
    files = json.loads(parts["files.json"])
    parts["files.json"] = lines([{**files[0], "path": "account.json"}])


def _newer(parts: Parts) -> None:
    parts["manifest.json"] = json.dumps({**json.loads(parts["manifest.json"]), "version": 2}).encode()


def _other_format(parts: Parts) -> None:
    parts["manifest.json"] = json.dumps({**json.loads(parts["manifest.json"]), "format": "other"}).encode()


def _no_items(parts: Parts) -> None:
    del parts["items.json"]


def _endless_line(parts: Parts) -> None:
    parts["items.json"] = b"[\n" + b" " * 200_000 + b'{"id": 1}\n]\n'


@pytest.mark.parametrize(
    ("change", "is_honest", "reason"),
    [
        (_lie_about_an_item, False, "altered"),
        (_drop_a_file, False, "altered"),
        (_add_a_part, False, "altered"),
        (_drop_a_file, True, "altered"),
        (_repeat_an_item, True, "altered"),
        (_long_title, True, "altered"),
        (_foreign_path, True, "altered"),
        (_endless_line, True, "altered"),
        (_newer, True, "too_new"),
        (_other_format, True, "no_export"),
        (_no_items, True, "no_export"),
    ],
)
async def test_an_altered_archive_is_refused_before_anything_is_written(
    app: FastAPI, member: Actor, other: Actor, change: Any, is_honest: bool, reason: str
) -> None:
    archive = rewritten(await filled(app, member), change, is_honest=is_honest)
    reply = await bring(other, archive)
    assert reply.status_code == 422, reply.text
    details = error_of(reply)["details"]
    assert (details["reason"], set(details["fields"])) == (reason, {"file"})
    assert (await other.get("/imports")).json()["data"] == []
    assert await titles(other) == []
    expect_empty_spool(app)
    assert not any(key.startswith("imports/") for key in await kept_in(app))


def _cut_off(archive: bytes) -> bytes:
    return archive[: len(archive) // 2]


def _flipped(archive: bytes) -> bytes:
    middle = archive.index(b"PNG") + 20
    return archive[:middle] + bytes([archive[middle] ^ 1]) + archive[middle + 1 :]


def _bomb(archive: bytes) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as package:
        for name, content in parts_of(archive).items():
            package.writestr(name, content)
        package.writestr("files/bomb", bytes(200 * 1024 * 1024))
    return buffer.getvalue()


def _climbing(archive: bytes) -> bytes:
    return packed({**parts_of(archive), "../outside": b"a"})


@pytest.mark.parametrize("change", [_cut_off, _flipped, _bomb, _climbing, lambda _: b"PK nothing", lambda _: b""])
async def test_what_is_broken_or_built_to_do_harm_is_refused(
    app: FastAPI, member: Actor, other: Actor, change: Any
) -> None:
    reply = await bring(other, change(await filled(app, member)))
    assert reply.status_code == 422, reply.text
    assert error_of(reply)["details"]["reason"] in ("no_archive", "altered")
    expect_empty_spool(app)


async def test_too_many_items(app: FastAPI, member: Actor, other: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = await filled(app, member)
    monkeypatch.setattr(archives, "MAX_ITEMS", 1)
    assert error_of(await bring(other, archive))["details"]["reason"] == "too_much"
    monkeypatch.setattr(archives, "MAX_PARTS", 3)
    assert error_of(await bring(other, archive))["details"]["reason"] == "too_much"


async def test_more_than_fits(app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "DOCUMENTS_BYTES", 1000 - files_of(app).quota)
    reply = await bring(member, bytes(2000))
    assert reply.status_code == 413


async def test_a_form_without_an_archive(member: Actor) -> None:
    assert (await member.post("/imports", json={})).status_code == 415
    assert (await member.post("/imports", files={"other": ("a.zip", b"a")})).status_code == 400
    two = [("file", ("a.zip", b"a")), ("file", ("b.zip", b"b"))]
    assert (await member.post("/imports", files=two)).status_code == 400


async def test_so_many_a_day(make_client: AppMaker) -> None:
    client = await make_client(rate_limits=True)
    member = await make_actor(client, "hanako")
    replies = [(await bring(member, b"nothing")).status_code for _ in range(11)]
    assert replies == [422] * 10 + [429]


async def test_an_account_that_goes_meanwhile_gets_nothing(
    app: FastAPI, admin: Actor, member: Actor, other: Actor
) -> None:
    assert (await bring(other, await filled(app, member))).status_code == 202
    await admin.delete(f"/users/{other.id}")
    await app.state.jobs.drain()
    assert not any(key.startswith("imports/") for key in await kept_in(app))


async def test_one_that_never_ends_is_given_up(
    app: FastAPI, member: Actor, other: Actor, monkeypatch: pytest.MonkeyPatch, moving_clock: Clock
) -> None:
    archive = await filled(app, member)

    async def broken(_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(importing._Import, "run", broken)
    await bring(other, archive)
    for _ in range(importing.MAX_ATTEMPTS):
        await app.state.jobs.drain()
        moving_clock.forward(hours=4)
    other = await sign_in(other.client, "taro")
    assert (await newest(other, "/imports"))["state"] == "failed"
    await app.state.jobs.drain()
    assert not any(key.startswith("imports/") for key in await kept_in(app))

"""Pictures that people have of themselves."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from musubi.features.files import blobs
from musubi.features.files.context import files_of
from musubi.features.files.models import File
from tests.features.files.seeds import link_to, plant
from tests.features.files.test_attachments import kept, rows_of
from tests.live import listen
from tests.support import Actor, error_of


async def show(actor: Actor, row: File | None) -> dict[str, Any]:
    """Make a picture someone's face."""
    reply = await actor.patch("/users/me", json={"profile_image": row and row.stored_name})
    assert reply.status_code == 200, reply.text
    account: dict[str, Any] = reply.json()
    return account


async def test_everyone_sees_a_face(app: FastAPI, member: Actor, other: Actor) -> None:
    item = await member.make_item(status="published")
    before = await other.get(f"/items/{item['id']}")
    row = await plant(app, member, has_thumbnail=True)
    assert (await show(member, row))["profile_image"] == row.stored_name
    for path in ("/auth/me", "/users/me"):
        assert (await member.get(path)).json()["profile_image"] == row.stored_name
    people = {person["id"]: person for person in (await other.get("/people")).json()["data"]}
    assert people[member.id]["profile_image"] == row.stored_name
    # What someone holds of an item has the old face in it.
    again = await other.get(f"/items/{item['id']}", headers={"If-None-Match": before.headers["ETag"]})
    assert again.status_code == 200
    assert again.json()["owner"]["profile_image"] == row.stored_name
    assert (await other.client.get(await link_to(other, row, thumbnail=True))).status_code == 200


@pytest.mark.parametrize("what", ["unknown", "another's", "another's face", "no picture", "pending", "", "a\nb"])
async def test_a_face_is_a_picture_of_ones_own(app: FastAPI, member: Actor, other: Actor, what: str) -> None:
    known = await plant(app, member)
    await show(member, known)
    match what:
        case "another's" | "another's face":
            row = await plant(app, other)
            if what == "another's face":
                await show(other, row)
            name = row.stored_name
        case "no picture":
            name = (await plant(app, member, "a.pdf")).stored_name
        case "pending":
            name = (await plant(app, member, is_ready=False)).stored_name
        case "unknown":
            name = "0" * 32 + ".png"
        case _:
            name = what
    reply = await member.patch("/users/me", json={"profile_image": name, "full_name": "Someone"})
    assert reply.status_code == 422
    assert "profile_image" in error_of(reply)["details"]["fields"]
    account = (await member.get("/users/me")).json()
    # None of it is done, and the face is still there.
    assert (account["profile_image"], account["full_name"]) == (known.stored_name, None)
    assert (await member.get(f"/upload/files/{known.stored_name}")).status_code == 200


async def test_the_words_are_in_ones_language(member: Actor) -> None:
    reply = await member.patch("/users/me", json={"profile_image": "x.png"}, headers={"Accept-Language": "ja"})
    assert "アップロードした画像" in error_of(reply)["details"]["fields"]["profile_image"]


async def test_a_face_that_is_replaced_is_removed(
    client: AsyncClient, app: FastAPI, member: Actor, other: Actor
) -> None:
    first, second = await plant(app, member, has_thumbnail=True), await plant(app, member)
    await show(member, first)
    link = await link_to(other, first)
    await show(member, second)
    assert await rows_of(app) == {second.id: (member.id, None)}
    assert await kept(app) == {blobs.file_key(second.blob)}
    assert (await client.get(link)).status_code == 404
    await show(member, None)
    assert await rows_of(app) == {}
    assert await kept(app) == set()


async def test_a_face_that_hangs_on_something_else_stays(app: FastAPI, member: Actor, other: Actor) -> None:
    attached = await plant(app, member, item_id=(await member.make_item())["id"])
    posted = await plant(app, member)
    files_of(app).kept.append(lambda: File.id == posted.id)
    for row in (attached, posted, None):
        await show(member, row)
    assert set(await rows_of(app)) == {attached.id, posted.id}
    # It is nobody's face any more.
    for row in (attached, posted):
        assert (await other.get(f"/upload/files/{row.stored_name}")).status_code == 403


async def test_the_same_face_again_changes_nothing(app: FastAPI, member: Actor) -> None:
    row = await plant(app, member)
    await show(member, row)
    await show(member, row)
    assert (await member.get(f"/upload/files/{row.stored_name}")).status_code == 200


async def test_whoever_removes_the_file_has_no_face_any_more(app: FastAPI, member: Actor, other: Actor) -> None:
    face, another = await plant(app, member), await plant(app, member)
    await show(member, face)
    tab = await listen(app, member)
    assert (await member.delete(f"/upload/files/{another.stored_name}")).status_code == 204
    assert (await member.get("/users/me")).json()["profile_image"] == face.stored_name
    assert "account_changed" not in tab.types()
    assert (await member.delete(f"/upload/files/{face.stored_name}")).status_code == 204
    assert (await member.get("/users/me")).json()["profile_image"] is None
    assert "account_changed" in tab.types()


async def test_the_other_tabs_hear_of_a_new_face(app: FastAPI, member: Actor, other: Actor) -> None:
    first, second = await plant(app, member), await plant(app, member)
    tab, stranger = await listen(app, member), await listen(app, other)
    await show(member, first)
    assert tab.types() == ["account_changed"]
    await show(member, second)
    # The list of one's files is shorter now.
    assert sorted(tab.types()) == ["account_changed", "files_changed"]
    assert stranger.types() == []

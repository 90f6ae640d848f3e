"""Who may read a file, and who may remove it."""

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import ColumnElement, select

from musubi.core.permissions import Principal
from musubi.features.files.access import readable_by, removable_by
from musubi.features.files.context import files_of
from musubi.features.files.models import File
from tests.features.files.seeds import link_to, plant
from tests.live import listen
from tests.sql import database_of
from tests.support import Actor, error_of

# What a file hangs on; and who beside its owner may read it.
READERS: dict[str, set[str]] = {
    "nothing": set(),
    "a draft": {"editor", "admin"},
    "an archived item": {"editor", "admin"},
    "a published item": {"other", "editor", "admin"},
    "a draft of another": {"other", "editor", "admin"},
    "a face": {"other", "editor", "admin"},
}


@pytest.fixture
def people(member: Actor, other: Actor, editor: Actor, admin: Actor) -> dict[str, Actor]:
    return {"owner": member, "other": other, "editor": editor, "admin": admin}


async def make(app: FastAPI, people: dict[str, Actor], hangs_on: str) -> File:
    """A file of the owner's that hangs on something."""
    owner = people["owner"]
    match hangs_on:
        case "a draft" | "an archived item" | "a published item":
            status = hangs_on.removesuffix(" item").rpartition(" ")[2]
            return await plant(app, owner, item_id=(await owner.make_item(status=status))["id"])
        case "a draft of another":
            # As an editor attaches it who is none any more.
            return await plant(app, owner, item_id=(await people["other"].make_item())["id"])
        case "a face":
            row = await plant(app, owner)
            reply = await owner.patch("/users/me", json={"profile_image": row.stored_name})
            assert reply.status_code == 200, reply.text
            return row
        case _:
            return await plant(app, owner)


@pytest.mark.parametrize("hangs_on", READERS)
async def test_who_may_read_a_file(app: FastAPI, people: dict[str, Actor], hangs_on: str) -> None:
    row = await make(app, people, hangs_on)
    may_read = set()
    for name, person in people.items():
        reply = await person.get(f"/upload/files/{row.stored_name}")
        listed = (await person.get("/upload/links", params={"name": row.stored_name})).json()["data"]
        if reply.status_code == 200:
            assert [links["stored_name"] for links in listed] == [row.stored_name]
            may_read.add(name)
        else:
            # Whoever knows the name knows that it is there.
            assert reply.status_code == 403
            assert error_of(reply)["code"] == "FORBIDDEN"
            assert listed == []
    assert may_read == READERS[hangs_on] | {"owner"}


async def test_an_owner_reads_what_hangs_on_an_item_that_they_may_not(
    app: FastAPI, member: Actor, other: Actor
) -> None:
    item = await other.make_item()
    row = await plant(app, member, item_id=item["id"])
    assert (await member.get(f"/items/{item['id']}")).status_code == 403
    assert (await member.get(f"/upload/files/{row.stored_name}")).status_code == 200


async def test_a_file_that_is_not_ready_is_not_there_for_anyone(app: FastAPI, member: Actor, admin: Actor) -> None:
    item = await member.make_item(status="published")
    row = await plant(app, member, is_ready=False, item_id=item["id"], has_thumbnail=True)
    for person in (member, admin):
        for path in (f"/upload/files/{row.stored_name}", f"/upload/thumbnails/{row.stored_name}"):
            assert (await person.get(path)).status_code == 404
        assert (await person.get("/upload/links", params={"name": row.stored_name})).json()["data"] == []
        assert (await person.get(f"/items/{item['id']}/files")).json()["data"] == []


async def test_what_an_item_shows_follows_it(client: AsyncClient, app: FastAPI, member: Actor, other: Actor) -> None:
    item = await member.make_item(status="published")
    row = await plant(app, member, item_id=item["id"])
    link, path = await link_to(other, row), f"/upload/files/{row.stored_name}"
    for status, expected in (("draft", 403), ("published", 200), ("archived", 403)):
        await member.patch(f"/items/{item['id']}", json={"status": status})
        assert (await other.get(path)).status_code == expected
        assert (await client.get(link)).status_code == expected
        assert (await member.get(path)).status_code == 200


async def test_a_role_that_is_taken_counts_at_once(
    client: AsyncClient, app: FastAPI, member: Actor, editor: Actor, superuser: Actor
) -> None:
    row = await plant(app, member, item_id=(await member.make_item())["id"])
    link = await link_to(editor, row)
    assert (await client.get(link)).status_code == 200
    await superuser.patch(f"/users/{editor.id}", json={"role": "member"})
    assert (await client.get(link)).status_code == 403


async def test_whoever_is_disabled_reads_nothing(
    client: AsyncClient, app: FastAPI, member: Actor, other: Actor, superuser: Actor
) -> None:
    row = await plant(app, member)
    link = await link_to(member, row)
    await superuser.patch(f"/users/{member.id}", json={"is_active": False})
    assert (await client.get(link)).status_code == 403
    assert (await member.get(f"/upload/files/{row.stored_name}")).status_code == 401


async def test_a_feature_above_may_have_a_reason_of_its_own(app: FastAPI, member: Actor, other: Actor) -> None:
    row = await plant(app, member)
    path = f"/upload/files/{row.stored_name}"
    assert (await other.get(path)).status_code == 403
    files_of(app).rules.append(lambda principal: (File.id == row.id) & (other.id == principal.user_id))
    assert (await other.get(path)).status_code == 200


# What a file hangs on; and who may remove it, beside its owner.
REMOVERS: dict[str, set[str]] = {
    "nothing": set(),
    "a draft": {"editor", "admin"},
    "a published item": {"editor", "admin"},
    "a draft of another": {"other", "editor", "admin"},
    "a face": set(),
}


@pytest.mark.parametrize("hangs_on", REMOVERS)
async def test_who_may_remove_a_file(app: FastAPI, people: dict[str, Actor], hangs_on: str) -> None:
    row = await make(app, people, hangs_on)
    may_remove = {
        name for name, person in people.items() if await holds(app, removable_by(await principal_of(app, person)), row)
    }
    assert may_remove == REMOVERS[hangs_on] | {"owner"}


async def test_reading_is_asked_of_the_row_alone(app: FastAPI, people: dict[str, Actor]) -> None:
    """The condition means the same wherever it stands."""
    rows = {hangs_on: await make(app, people, hangs_on) for hangs_on in READERS}
    for name, person in people.items():
        condition = readable_by(await principal_of(app, person), ())
        found = {hangs_on for hangs_on, row in rows.items() if await holds(app, condition, row)}
        expected = {hangs_on for hangs_on, readers in READERS.items() if name in readers | {"owner"}}
        assert found == expected, name


async def principal_of(app: FastAPI, person: Actor) -> Principal:
    return (await listen(app, person)).socket.principal


async def holds(app: FastAPI, condition: ColumnElement[bool], row: File) -> bool:
    async with database_of(app).reading() as reader:
        return (await reader.execute(select(File.id).where(condition, File.id == row.id))).first() is not None

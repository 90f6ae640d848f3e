"""Files on items: listing them, and what becomes of them when an item goes or gets another owner."""

import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select

from musubi.core.clock import utcnow
from musubi.core.errors import AppError
from musubi.features.files import blobs
from musubi.features.files.attachments import MAX_ATTACHMENTS, check_attachable
from musubi.features.files.context import files_of
from musubi.features.files.models import File, ResumableUpload
from musubi.features.items import repository
from tests.features.files.seeds import CONTENT, plant
from tests.features.files.test_access import principal_of
from tests.sql import database_of, watch
from tests.support import Actor, error_of


async def attach(actor: Actor, row: File, item_id: int | None) -> None:
    reply = await actor.patch(f"/upload/files/{row.stored_name}", json={"item_id": item_id})
    assert reply.status_code == 200, reply.text


async def rows_of(app: FastAPI) -> dict[int, tuple[int, int | None]]:
    """Owner and item of every file."""
    async with database_of(app).reading() as reader:
        found = await reader.execute(select(File.id, File.owner_id, File.item_id))
        return {row.id: (row.owner_id, row.item_id) for row in found}


async def kept(app: FastAPI) -> set[str]:
    """What is in the store once the jobs are done."""
    await app.state.jobs.drain()
    return {stored.key async for stored in files_of(app).storage.list()}


async def test_the_files_of_an_item(app: FastAPI, member: Actor, other: Actor) -> None:
    item = await member.make_item(status="published")
    assert (await other.get(f"/items/{item['id']}/files")).json()["data"] == []
    first = await plant(app, member, "写真.png", item_id=item["id"], has_thumbnail=True, width=4, height=3)
    second = await plant(app, other, "a.pdf", item_id=item["id"])
    await plant(app, member)
    reply = await other.get(f"/items/{item['id']}/files")
    assert reply.headers["X-Total-Count"] == "2"
    body = reply.json()
    assert body["meta"] == {
        "total": 2, "page": 1, "limit": 2, "pages": 1, "has_next": False, "has_prev": False, "next_cursor": None,
    }  # fmt: skip
    [shown, other_shown] = body["data"]
    url, thumbnail_url = shown.pop("url"), shown.pop("thumbnail_url")
    assert shown == {
        "id": first.id, "filename": "写真.png", "stored_name": first.stored_name, "size": len(CONTENT),
        "content_type": "image/png", "kind": "image", "sha256": first.sha256, "width": 4, "height": 3,
        "description": "", "item_id": item["id"], "owner_id": member.id,
        "created_at": first.created_at.isoformat().replace("+00:00", "Z"),
    }  # fmt: skip
    assert (await other.client.get(url)).content == CONTENT
    assert (await other.client.get(thumbnail_url)).status_code == 200
    assert (other_shown["id"], other_shown["thumbnail_url"]) == (second.id, None)


async def test_whoever_may_not_read_an_item_sees_no_files_of_it(
    app: FastAPI, member: Actor, other: Actor, editor: Actor
) -> None:
    item = await member.make_item()
    await plant(app, member, item_id=item["id"])
    refused = await other.get(f"/items/{item['id']}/files")
    assert (refused.status_code, error_of(refused)["code"]) == (403, "FORBIDDEN")
    assert len((await editor.get(f"/items/{item['id']}/files")).json()["data"]) == 1
    assert (await other.get("/items/999/files")).status_code == 404
    assert (await other.get(f"/items/{2**63}/files")).status_code == 422


async def test_any_number_of_files_costs_three_queries(app: FastAPI, member: Actor) -> None:
    """Who asks, whether they may, and which they are."""
    item = await member.make_item()
    for count in (1, 5):
        await plant(app, member, item_id=item["id"])
        with watch(app) as statements:
            await member.get(f"/items/{item['id']}/files")
        assert len(statements) == 3, count


async def refusal(app: FastAPI, actor: Actor, item_id: int) -> str | None:
    """Why nothing more can be attached to an item; None if it can."""
    principal = await principal_of(app, actor)
    try:
        async with database_of(app).transaction() as session:
            await check_attachable(session, principal, item_id)
    except AppError as error:
        return error.code
    return None


async def test_who_may_attach(app: FastAPI, member: Actor, other: Actor, editor: Actor) -> None:
    item = await member.make_item(status="published")
    assert await refusal(app, member, item["id"]) is None
    assert await refusal(app, editor, item["id"]) is None
    assert await refusal(app, other, item["id"]) == "FORBIDDEN", "reading isn't changing"
    assert await refusal(app, editor, 999) == "NOT_FOUND"


async def test_an_item_has_a_bounded_number_of_files(app: FastAPI, member: Actor) -> None:
    item = await member.make_item()
    row = await plant(app, member, item_id=item["id"])
    values = {column.key: getattr(row, column.key) for column in File.__table__.columns if column.key != "id"}
    many = [{**values, "stored_name": f"{number:032x}.png"} for number in range(MAX_ATTACHMENTS - 2)]
    async with database_of(app).transaction() as session:
        await session.execute(insert(File), many)
        # Nobody sees it, and it may never be there.
        await session.execute(insert(File), [{**values, "stored_name": "pending.png", "is_ready": False}])
    assert await refusal(app, member, item["id"]) is None
    await plant(app, member, item_id=item["id"])
    assert await refusal(app, member, item["id"]) == "CONFLICT"
    assert len((await member.get(f"/items/{item['id']}/files")).json()["data"]) == MAX_ATTACHMENTS


async def test_files_go_with_their_item(app: FastAPI, member: Actor, editor: Actor) -> None:
    item = await member.make_item()
    mine = await plant(app, member, item_id=item["id"], has_thumbnail=True)
    theirs = await plant(app, editor, "a.pdf", item_id=item["id"])
    free = await plant(app, member)
    keys = {blobs.file_key(mine.blob), blobs.thumbnail_key(mine.blob), blobs.file_key(theirs.blob)}
    assert await kept(app) == keys | {blobs.file_key(free.blob)}
    assert (await editor.delete(f"/items/{item['id']}")).status_code == 204
    assert await rows_of(app) == {free.id: (member.id, None)}
    assert await kept(app) == {blobs.file_key(free.blob)}


async def test_what_is_shown_elsewhere_is_only_detached_when_its_item_goes(app: FastAPI, member: Actor) -> None:
    item = await member.make_item()
    face, posted, other = [await plant(app, member, item_id=item["id"]) for _ in range(3)]
    await member.patch("/users/me", json={"profile_image": face.stored_name})
    files_of(app).kept.append(lambda: File.id == posted.id)
    await member.delete(f"/items/{item['id']}")
    assert await rows_of(app) == {face.id: (member.id, None), posted.id: (member.id, None)}
    assert blobs.file_key(other.blob) not in await kept(app)


async def test_a_deletion_that_is_taken_back_removes_nothing(
    app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = await member.make_item()
    row = await plant(app, member, item_id=item["id"])

    async def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(repository, "delete_item", fail)
    assert (await member.delete(f"/items/{item['id']}")).status_code == 500
    assert await kept(app) == {blobs.file_key(row.blob)}
    assert await rows_of(app) == {row.id: (member.id, item["id"])}


async def test_bytes_that_two_files_share_stay_with_the_other(app: FastAPI, member: Actor) -> None:
    item = await member.make_item()
    first = await plant(app, member, item_id=item["id"])
    second = await plant(app, member, blob=first.blob)
    await member.delete(f"/items/{item['id']}")
    assert await kept(app) == {blobs.file_key(second.blob)}
    assert (await member.get(f"/upload/files/{second.stored_name}")).content == CONTENT


async def test_an_heir_gets_what_was_attached_and_the_rest_goes(
    app: FastAPI, member: Actor, other: Actor, editor: Actor, superuser: Actor
) -> None:
    item, heirs_own = await member.make_item(), await other.make_item()
    attached = await plant(app, member, item_id=item["id"])
    by_another = await plant(app, editor, item_id=item["id"])
    elsewhere = await plant(app, member, item_id=(await editor.make_item())["id"])
    heirs = await plant(app, other, item_id=heirs_own["id"])
    free = await plant(app, member, has_thumbnail=True)
    pending = await plant(app, member, is_ready=False)
    face = await plant(app, member)
    await member.patch("/users/me", json={"profile_image": face.stored_name})
    posted = await plant(app, member)
    files_of(app).kept.append(lambda: File.id == posted.id)
    reply = await superuser.delete(f"/users/{member.id}", params={"transfer_items_to": other.id})
    assert reply.status_code == 204, reply.text
    rows = await rows_of(app)
    assert rows == {
        attached.id: (other.id, item["id"]),
        by_another.id: (editor.id, item["id"]),
        elsewhere.id: (member.id, elsewhere.item_id),
        heirs.id: (other.id, heirs_own["id"]),
        posted.id: (member.id, None),
    }
    assert set(rows).isdisjoint({free.id, pending.id, face.id})
    assert await kept(app) == {blobs.file_key(row.blob) for row in (attached, by_another, elsewhere, heirs, posted)}
    assert (await other.get(f"/upload/files/{attached.stored_name}")).status_code == 200


async def test_without_an_heir_what_is_attached_stays(app: FastAPI, member: Actor, superuser: Actor) -> None:
    item = await member.make_item(status="published")
    attached = await plant(app, member, item_id=item["id"])
    await superuser.delete(f"/users/{member.id}")
    assert await rows_of(app) == {attached.id: (member.id, item["id"])}
    assert (await superuser.get(f"/upload/files/{attached.stored_name}")).content == CONTENT


async def test_unfinished_uploads_go_with_their_owner(
    app: FastAPI, member: Actor, other: Actor, superuser: Actor
) -> None:
    now = utcnow()
    storage = files_of(app).storage
    for number, owner in enumerate((member, other)):
        upload = ResumableUpload(
            id=f"{number:032x}", owner_id=owner.id, filename="a.zip", content_type="application/zip", length=10,
            received=2, state="receiving", created_at=now, expires_at=now,
        )  # fmt: skip
        async with database_of(app).transaction() as session:
            session.add(upload)
        await storage.put(blobs.new_segment_key(upload.id, 0), b"ab")
    await superuser.delete(f"/users/{member.id}")
    assert {key.split("/")[1] for key in await kept(app)} == {f"{1:032x}"}
    async with database_of(app).reading() as reader:
        assert list(await reader.scalars(select(ResumableUpload.owner_id))) == [other.id]


@pytest.mark.parametrize("actor", ["owner", "editor"])
async def test_a_file_that_hangs_on_an_item_is_removed_by_who_may_change_that(
    app: FastAPI, member: Actor, editor: Actor, other: Actor, actor: str
) -> None:
    item = await member.make_item(status="published")
    row = await plant(app, editor if actor == "owner" else member, item_id=item["id"])
    assert (await other.delete(f"/upload/files/{row.stored_name}")).status_code == 403
    person = member if actor == "owner" else editor
    assert (await person.delete(f"/upload/files/{row.stored_name}")).status_code == 204
    assert await rows_of(app) == {}

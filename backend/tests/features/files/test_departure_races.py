"""What hangs on something, and goes, at the same moment."""

import asyncio

from fastapi import FastAPI

from musubi.features.files import blobs
from tests.features.files.seeds import plant
from tests.features.files.test_attachments import kept, rows_of
from tests.support import Actor

ROUNDS = 6


async def test_a_file_that_is_attached_while_its_item_goes(app: FastAPI, member: Actor, editor: Actor) -> None:
    """Either it goes with the item, or it is told that there is none, and stays."""
    for _ in range(ROUNDS):
        item = await member.make_item()
        row = await plant(app, member)
        attached, deleted = await asyncio.gather(
            member.patch(f"/upload/files/{row.stored_name}", json={"item_id": item["id"]}),
            editor.delete(f"/items/{item['id']}"),
        )
        assert deleted.status_code == 204
        assert attached.status_code in (200, 404)
        rows = await rows_of(app)
        assert rows.get(row.id) == (None if attached.status_code == 200 else (member.id, None))
        assert (blobs.file_key(row.blob) in await kept(app)) == (row.id in rows)


async def test_a_face_that_is_chosen_while_its_file_goes(app: FastAPI, member: Actor) -> None:
    """Nobody is left with a face that isn't there."""
    for _ in range(ROUNDS):
        row = await plant(app, member)
        chosen, deleted = await asyncio.gather(
            member.patch("/users/me", json={"profile_image": row.stored_name}),
            member.delete(f"/upload/files/{row.stored_name}"),
        )
        assert deleted.status_code == 204
        assert chosen.status_code in (200, 422)
        assert (await member.get("/users/me")).json()["profile_image"] is None
        assert await rows_of(app) == {}


async def test_two_faces_at_once(app: FastAPI, member: Actor) -> None:
    """One is the face, and the other was replaced and is gone."""
    for _ in range(ROUNDS):
        rows = [await plant(app, member) for _ in range(2)]
        replies = await asyncio.gather(
            *(member.patch("/users/me", json={"profile_image": row.stored_name}) for row in rows)
        )
        assert [reply.status_code for reply in replies] == [200, 200]
        face = (await member.get("/users/me")).json()["profile_image"]
        left = [row for row in rows if row.stored_name == face]
        assert len(left) == 1
        assert await rows_of(app) == {left[0].id: (member.id, None)}


async def test_bytes_that_two_share_go_with_the_last(app: FastAPI, member: Actor) -> None:
    for _ in range(ROUNDS):
        first = await plant(app, member)
        second = await plant(app, member, blob=first.blob)
        replies = await asyncio.gather(*(member.delete(f"/upload/files/{row.stored_name}") for row in (first, second)))
        assert [reply.status_code for reply in replies] == [204, 204]
        assert await kept(app) == set()


async def test_items_that_are_deleted_while_they_change_hands(
    app: FastAPI, editor: Actor, other: Actor, superuser: Actor
) -> None:
    """Nobody waits for each other for ever."""
    for number in range(2):
        leaver = await superuser.appoint(f"leaver-{number}")
        items = [await leaver.make_item() for _ in range(4)]
        for item in items:
            await plant(app, leaver, item_id=item["id"])
        gone, *deleted = await asyncio.gather(
            superuser.delete(f"/users/{leaver.id}", params={"transfer_items_to": other.id}),
            *(editor.delete(f"/items/{item['id']}") for item in items),
        )
        assert [reply.status_code for reply in (gone, *deleted)] == [204] * 5
    assert await rows_of(app) == {}
    assert await kept(app) == set()

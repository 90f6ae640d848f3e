"""How much one may keep."""

import asyncio
from datetime import timedelta

import pytest
from fastapi import FastAPI

from musubi.core.clock import utcnow
from musubi.features.files.models import ResumableUpload
from musubi.features.files.resumable.state import State
from tests.conftest import AppMaker
from tests.features.files.seeds import app_of
from tests.features.files.support import END, FORM, expect_error, kept_in, part, picture, rows_of, send, upload
from tests.sql import database_of
from tests.support import Actor, make_actor

PICTURE = picture()
SIZE = len(PICTURE)


@pytest.fixture
async def member(make_client: AppMaker) -> Actor:
    """Someone who may keep three pictures."""
    return await make_actor(await make_client(file_quota_bytes=3 * SIZE), "hanako")


@pytest.fixture
def app(member: Actor) -> FastAPI:
    return app_of(member.client)


async def begin(app: FastAPI, actor: Actor, name: str, length: int, state: State) -> None:
    """An upload that can be resumed."""
    now = utcnow()
    async with database_of(app).transaction() as session:
        session.add(
            ResumableUpload(
                id=name, owner_id=actor.id, filename="a.zip", content_type="application/zip", length=length,
                state=state, created_at=now, expires_at=now + timedelta(days=1),
            )
        )  # fmt: skip


async def used(actor: Actor) -> int:
    limits = (await actor.get("/upload/limits")).json()
    assert limits["quota_bytes"] == 3 * SIZE
    return int(limits["used_bytes"])


async def test_it_can_be_filled_to_the_last_byte(app: FastAPI, member: Actor) -> None:
    for count in (1, 2, 3):
        assert (await upload(member, f"{count}.png")).status_code == 201
        assert await used(member) == count * SIZE
    error = expect_error(await upload(member, "4.png"), 413)
    assert error["code"] == "PAYLOAD_TOO_LARGE"
    assert error["message"] == "There is not enough room left for this file"
    assert error["details"] == {"quota_bytes": 3 * SIZE, "used_bytes": 3 * SIZE}
    assert len(await rows_of(app)) == 3


async def test_what_is_removed_makes_room(app: FastAPI, member: Actor) -> None:
    replies = [await upload(member, f"{count}.png") for count in range(3)]
    await member.delete(f"/upload/files/{replies[0].json()['stored_name']}")
    assert (await upload(member)).status_code == 201


async def test_one_that_is_larger_than_what_is_left(app: FastAPI, member: Actor) -> None:
    await upload(member)
    larger = picture(200, 200)
    assert len(larger) > SIZE * 2
    error = expect_error(await upload(member, "larger.png", larger), 413)
    assert error["details"] == {"quota_bytes": 3 * SIZE, "used_bytes": SIZE}
    await app.state.jobs.drain()
    assert len(await kept_in(app)) == 2


async def test_of_many_at_once_no_more_fit_than_there_is_room_for(app: FastAPI, member: Actor) -> None:
    replies = await asyncio.gather(*(upload(member, f"{count}.png") for count in range(7)))
    assert sorted(reply.status_code for reply in replies) == [201] * 3 + [413] * 4
    assert await used(member) == 3 * SIZE
    await app.state.jobs.drain()
    assert len(await rows_of(app)) == 3
    assert len(await kept_in(app)) == 6


async def test_unfinished_uploads_count(app: FastAPI, member: Actor) -> None:
    await begin(app, member, "a", SIZE, State.RECEIVING)
    await begin(app, member, "b", SIZE, State.FINISHING)
    await begin(app, member, "c", SIZE, State.DONE)
    await begin(app, member, "d", SIZE, State.REFUSED)
    assert await used(member) == 2 * SIZE
    assert [(await upload(member)).status_code for _ in range(2)] == [201, 413]


async def test_when_it_is_full_nothing_is_read(app: FastAPI, member: Actor) -> None:
    await begin(app, member, "a", 3 * SIZE, State.RECEIVING)
    # What is sent is not even a form.
    expect_error(await send(app, member, b"x", FORM), 413)
    expect_error(await send(app, member, part("file", PICTURE, filename=b"a.png") + END, FORM), 413)


async def test_a_quota_is_ones_own(app: FastAPI, member: Actor) -> None:
    other = await make_actor(member.client, "taro")
    for count in range(3):
        await upload(other, f"{count}.png")
    assert await used(member) == 0
    assert (await upload(member)).status_code == 201

"""Uploads that are sent twice, or fail between two of their steps: there is one file, or none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import event

from musubi.adapters.storage import StorageFull, StorageUnavailable
from musubi.features.files import clean_up
from musubi.features.files.context import files_of
from tests.conftest import Clock
from tests.features.files.support import (
    expect_error,
    expect_nothing_left,
    kept_in,
    picture,
    rows_of,
    upload,
    upload_several,
    uploaded,
)
from tests.sql import database_of
from tests.support import Actor, error_of


async def test_the_same_upload_gets_the_first_reply(app: FastAPI, member: Actor, other: Actor) -> None:
    item = await member.make_item()
    first = await upload(member, key="k", item_id=item["id"])
    again = await upload(member, key="k", item_id=item["id"])
    assert (again.status_code, again.content) == (201, first.content)
    assert (again.headers["Location"], again.headers["Idempotent-Replayed"]) == (first.headers["Location"], "true")
    assert len(await rows_of(app)) == 1
    theirs = await upload(other, key="k")
    assert theirs.json()["owner_id"] == other.id


async def test_another_upload_may_not_have_the_same_key(app: FastAPI, member: Actor) -> None:
    item = await member.make_item()
    await uploaded(member, key="k")
    changes: list[dict[str, Any]] = [
        {"content": picture(color="blue")},
        {"filename": "other.png"},
        {"content_type": "image/png"},
        {"description": "x"},
        {"item_id": item["id"]},
    ]
    for change in changes:
        reply = await upload(member, key="k", **change)
        expect_error(reply, 422, **{"Idempotency-Key": "This key was used for another request"})
    assert (await upload_several(member, ("picture.png", picture()), key="k")).status_code == 422
    assert len(await rows_of(app)) == 1


async def test_a_key_of_an_upload_that_failed_is_free_again(app: FastAPI, member: Actor) -> None:
    for change, status in (({"filename": "a.exe"}, 415), ({"item_id": 99}, 404), ({"description": "x" * 1001}, 422)):
        assert (await upload(member, key="k", **change)).status_code == status
    assert (await upload(member, key="k")).status_code == 201


async def test_many_at_once_make_one(app: FastAPI, member: Actor) -> None:
    replies = await asyncio.gather(*(upload(member, key="k") for _ in range(6)))
    assert {reply.status_code for reply in replies} <= {201, 409}
    assert len({reply.json()["id"] for reply in replies if reply.status_code == 201}) == 1
    assert len(await rows_of(app)) == 1


async def test_whose_claim_ran_out_makes_no_file(
    app: FastAPI, member: Actor, moving_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    storage = files_of(app).storage
    put_file = storage.put_file

    async def put_slowly(key: str, path: Path, *arguments: Any) -> None:
        await put_file(key, path, *arguments)
        if not begun.is_set():
            begun.set()
            await go_on.wait()

    monkeypatch.setattr(storage, "put_file", put_slowly)
    first = asyncio.create_task(upload(member, key="k"))
    await begun.wait()
    moving_clock.forward(seconds=61)
    second = await uploaded(member, key="k")
    go_on.set()
    assert (await first).status_code == 409
    assert [row.id for row in await rows_of(app)] == [second["id"]]


class Failing:
    """A store that can't take anything, once it is told so."""

    def __init__(self, app: FastAPI) -> None:
        self._really = files_of(app).storage
        self.error: Exception | None = None
        app.state.files = replace(files_of(app), storage=self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._really, name)

    async def put_file(self, *arguments: Any) -> None:
        if self.error is not None:
            raise self.error
        await self._really.put_file(*arguments)

    async def put(self, *arguments: Any) -> None:
        if self.error is not None:
            raise self.error
        await self._really.put(*arguments)


@pytest.mark.parametrize(("error", "status"), [(StorageUnavailable(), 503), (StorageFull(), 507)])
async def test_a_store_that_fails(app: FastAPI, member: Actor, error: Exception, status: int) -> None:
    storage = Failing(app)
    storage.error = error
    reply = await upload(member, key="k")
    assert reply.status_code == status
    assert error_of(reply)["code"] == ("SERVICE_UNAVAILABLE" if status == 503 else "HTTP_507")
    assert ("Retry-After" in reply.headers) == (status == 503)
    assert (await upload_several(member, ("a.png", picture()), ("b.png", picture()))).status_code == status
    await expect_nothing_left(app)
    storage.error = None
    assert (await upload(member, key="k")).status_code == 201


async def test_a_store_that_fails_halfway(app: FastAPI, member: Actor) -> None:
    """The file is at rest, and its thumbnail can't be."""
    storage = Failing(app)
    put_file = storage.put_file

    async def take_the_file_alone(*arguments: Any) -> None:
        await put_file(*arguments)
        storage.error = StorageUnavailable()

    storage.put_file = take_the_file_alone  # type: ignore[method-assign]
    assert (await upload(member)).status_code == 503
    await expect_nothing_left(app)


@asynccontextmanager
async def failing_commit(app: FastAPI, number: int) -> AsyncIterator[None]:
    """Within the block the commit of this number fails."""
    engine, attempts = database_of(app).engine.sync_engine, 0

    def fail(_connection: Any) -> None:
        nonlocal attempts
        attempts += 1
        if attempts == number:
            raise RuntimeError("the disk is gone")

    event.listen(engine, "commit", fail)
    try:
        yield
    finally:
        event.remove(engine, "commit", fail)


@pytest.mark.parametrize("number", [1, 2])
async def test_a_commit_that_fails(app: FastAPI, member: Actor, number: int) -> None:
    """Of the pending row, and of the ready one."""
    async with failing_commit(app, number):
        assert (await upload(member)).status_code == 500
    await expect_nothing_left(app)
    assert (await upload(member)).status_code == 201


async def test_one_that_was_cleared_away_meanwhile_is_not_taken(
    app: FastAPI, member: Actor, moving_clock: Clock
) -> None:
    storage = Failing(app)
    put = storage.put

    async def take_hours(*arguments: Any) -> None:
        await put(*arguments)
        moving_clock.forward(hours=2)
        assert await clean_up.clear_pending(app) == 1

    storage.put = take_hours  # type: ignore[method-assign]
    assert (await upload(member)).status_code == 503
    await expect_nothing_left(app)


async def test_an_account_that_ends_meanwhile_gets_no_file(app: FastAPI, superuser: Actor, member: Actor) -> None:
    storage = Failing(app)
    put = storage.put

    async def end_the_account(*arguments: Any) -> None:
        await put(*arguments)
        assert (await superuser.delete(f"/users/{member.id}")).status_code == 204

    storage.put = end_the_account  # type: ignore[method-assign]
    assert (await upload(member)).status_code == 403
    await expect_nothing_left(app)


async def test_the_same_bytes_are_kept_once(app: FastAPI, member: Actor, other: Actor) -> None:
    first, second = await uploaded(member), await uploaded(member)
    assert first["id"] != second["id"]
    await app.state.jobs.drain()
    assert len(await kept_in(app)) == 2, "a file and its thumbnail"
    # Another's are their own, and so is what is called otherwise.
    theirs, renamed = await uploaded(other), await uploaded(member, "renamed.png")
    await app.state.jobs.drain()
    assert len(await kept_in(app)) == 6
    await member.delete(f"/upload/files/{first['stored_name']}")
    await app.state.jobs.drain()
    for file, owner in ((second, member), (theirs, other), (renamed, member)):
        assert (await owner.client.get(file["url"])).content == picture()
        assert (await owner.client.get(file["thumbnail_url"])).status_code == 200
        await owner.delete(f"/upload/files/{file['stored_name']}")
    await expect_nothing_left(app)


async def test_the_same_bytes_at_once(app: FastAPI, member: Actor) -> None:
    files = await asyncio.gather(*(uploaded(member) for _ in range(4)))
    await app.state.jobs.drain()
    assert len(await kept_in(app)) == 2
    await asyncio.gather(*(member.delete(f"/upload/files/{file['stored_name']}") for file in files))
    await expect_nothing_left(app)

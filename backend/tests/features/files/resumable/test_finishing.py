"""What becomes of an upload that is whole."""

import asyncio
import hashlib
from typing import Any, NoReturn

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from musubi.adapters.storage import LocalStorage, StorageUnavailable
from musubi.features.files.inspection import Inspected, Inspector
from tests.conftest import AppMaker, Clock
from tests.features.files.resumable.tus import (
    CONTENT,
    PATH,
    ask,
    begin,
    created,
    end,
    kept,
    metadata,
    offset_of,
    picture,
    send,
    told,
    used_bytes,
    whole,
)
from tests.features.files.seeds import app_of
from tests.support import Actor, error_of, make_actor, sign_in


@pytest.fixture
async def working(make_client: AppMaker) -> AsyncClient:
    """An application whose jobs run by themselves."""
    return await make_client(job_workers=1)


async def test_a_file_comes_of_it(working: AsyncClient) -> None:
    member, app = await make_actor(working, "hanako"), app_of(working)
    item = await member.make_item()
    content = picture()
    said = metadata(filename="絵.png", filetype="image/png", description="The sea", item_id=str(item["id"]))
    upload_id = await created(member, len(content), Upload_Metadata=said)
    await send(member, upload_id, 0, content[:50])
    last = await send(member, upload_id, 50, content[50:])
    assert last.status_code == 204
    assert last.headers["Upload-Offset"] == str(len(content))
    assert "Upload-Expires" not in last.headers

    outcome = await told(member, upload_id)
    assert (outcome["state"], outcome["offset"], outcome["length"]) == ("done", len(content), len(content))
    assert outcome["error"] is None
    file = outcome["file"]
    assert last.headers["Content-Location"] == f"/api/v1/upload/files/{file['stored_name']}"
    assert file["filename"] == "絵.png"
    assert file["content_type"] == "image/png"
    assert (file["size"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert (file["width"], file["height"]) == (40, 30)
    assert file["description"] == "The sea"
    assert file["item_id"] == item["id"]
    assert file["thumbnail_url"] is not None
    assert (await working.get(file["url"])).content == content
    assert (await member.get(last.headers["Content-Location"].removeprefix("/api/v1"))).content == content
    assert [each["id"] for each in (await member.get("/upload/files")).json()["data"]] == [file["id"]]
    assert await used_bytes(member) == len(content)
    await app.state.jobs.drain()
    assert await kept(app) == []

    # Whoever didn't hear it asks, or appends nothing to the end.
    assert (await ask(member, upload_id)).headers["Upload-Offset"] == str(len(content))
    again = await send(member, upload_id, len(content), b"")
    assert (again.status_code, again.headers["Content-Location"]) == (204, last.headers["Content-Location"])
    assert (await send(member, upload_id, len(content), b"x")).status_code == 413
    assert (await send(member, upload_id, 0, b"x")).status_code == 409
    # Ending an upload doesn't take away what came of it.
    assert (await end(member, upload_id)).status_code == 204
    assert (await member.get(f"/upload/files/{file['stored_name']}")).status_code == 200


async def test_what_is_not_what_it_says_is_refused(working: AsyncClient) -> None:
    member, app = await make_actor(working, "hanako"), app_of(working)
    upload_id = await created(member, 500)
    assert (await send(member, upload_id, 0, b"x" * 499)).status_code == 204
    last = await send(member, upload_id, 499, b"x", Accept_Language="ja")
    assert last.status_code == 415
    error = error_of(last)
    assert (error["code"], error["details"]) == ("UNSUPPORTED_MEDIA_TYPE", {"reason": "other_content"})

    outcome = await told(member, upload_id)
    assert (outcome["state"], outcome["offset"], outcome["file"]) == ("refused", 500, None)
    assert outcome["error"]["code"] == error["code"]
    assert outcome["error"]["details"] == error["details"]
    assert outcome["error"]["message"] != error["message"], "one is in English, the other in Japanese"
    assert (await ask(member, upload_id)).status_code == 410
    again = await send(member, upload_id, 500, b"")
    assert (again.status_code, error_of(again)["details"]) == (415, error["details"])
    assert await used_bytes(member) == 0
    await app.state.jobs.drain()
    assert await kept(app, "") == []
    assert (await end(member, upload_id)).status_code == 204


@pytest.mark.usefixtures("nobody_waits", "nobody_looks")
async def test_whoever_doesn_t_wait_asks_later(app: FastAPI, member: Actor) -> None:
    upload_id = await whole(member)
    for reply in (await send(member, upload_id, len(CONTENT), b""), await ask(member, upload_id)):
        assert reply.headers["Upload-Offset"] == str(len(CONTENT))
        assert "Content-Location" not in reply.headers
        assert "Upload-Expires" not in reply.headers
    before = await told(member, upload_id)
    assert (before["state"], before["file"], before["error"]) == ("finishing", None, None)
    assert await used_bytes(member) == len(CONTENT)
    await app.state.jobs.drain()
    assert (await told(member, upload_id))["file"]["size"] == len(CONTENT)
    assert await used_bytes(member) == len(CONTENT)
    assert await kept(app) == []


@pytest.mark.usefixtures("nobody_looks")
async def test_whoever_waits_hears_it_when_the_job_is_done(app: FastAPI, member: Actor) -> None:
    upload_id = await created(member, len(CONTENT))
    async with asyncio.TaskGroup() as group:
        last = group.create_task(send(member, upload_id, 0, CONTENT))
        while await offset_of(member, upload_id) == 0:
            pass
        asking = group.create_task(told(member, upload_id))
        await app.state.jobs.drain()
    assert last.result().headers["Content-Location"].endswith(asking.result()["file"]["stored_name"])


@pytest.mark.usefixtures("nobody_waits", "nobody_looks")
async def test_the_room_it_had_is_the_room_it_needs(make_client: AppMaker) -> None:
    client = await make_client(file_quota_bytes=len(CONTENT) + 5)
    member = await make_actor(client, "hanako")
    upload_id = await whole(member)
    await created(member, 5)
    await app_of(client).state.jobs.drain()
    assert (await told(member, upload_id))["state"] == "done"
    assert (await begin(member, 1)).status_code == 413


@pytest.mark.usefixtures("nobody_waits", "nobody_looks")
async def test_an_item_that_is_gone_by_then(app: FastAPI, member: Actor) -> None:
    item = await member.make_item()
    upload_id = await whole(member, Upload_Metadata=metadata(filename="a.zip", item_id=str(item["id"])))
    assert (await member.delete(f"/items/{item['id']}")).status_code == 204
    await app.state.jobs.drain()
    outcome = await told(member, upload_id)
    assert (outcome["state"], outcome["error"]["code"]) == ("refused", "NOT_FOUND")
    assert "item" in outcome["error"]["message"]
    assert await used_bytes(member) == 0
    assert await kept(app, "") == []


@pytest.mark.usefixtures("nobody_waits", "nobody_looks")
async def test_a_store_that_is_away_for_a_while(
    app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch, moving_clock: Clock
) -> None:
    def read(*_: Any) -> NoReturn:
        raise StorageUnavailable

    upload_id = await whole(member)
    with monkeypatch.context() as away:
        away.setattr(LocalStorage, "read", read)
        await app.state.jobs.drain()
    assert (await told(member, upload_id))["state"] == "finishing"
    moving_clock.forward(minutes=1)
    await app.state.jobs.drain()
    assert (await told(member, upload_id))["state"] == "done"


@pytest.mark.usefixtures("nobody_waits", "nobody_looks")
async def test_an_upload_that_is_ended_while_it_is_put_together(
    app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = await whole(member)

    async def inspect(*_: Any) -> Inspected:
        assert (await end(member, upload_id)).status_code == 204
        return Inspected()

    monkeypatch.setattr(Inspector, "inspect", inspect)
    await app.state.jobs.drain()
    assert (await member.get("/upload/files")).json()["data"] == []
    assert await used_bytes(member) == 0
    assert await kept(app, "") == []


@pytest.mark.usefixtures("nobody_waits", "nobody_looks")
async def test_it_can_be_asked_about_for_as_long_as_it_could_be_resumed(
    app: FastAPI, member: Actor, moving_clock: Clock
) -> None:
    upload_id = await created(member, 2)
    moving_clock.forward(minutes=45)
    await send(member, upload_id, 0, b"x")
    moving_clock.forward(hours=23, minutes=10)
    member = await sign_in(member.client, "hanako")
    await send(member, upload_id, 1, b"x")
    moving_clock.forward(hours=23)
    member = await sign_in(member.client, "hanako")
    await app.state.jobs.drain()
    outcome = await told(member, upload_id)
    assert outcome["state"] == "done"
    # The file stays when the upload is forgotten, and the upload stays when the file is gone.
    assert (await member.delete(f"/upload/files/{outcome['file']['stored_name']}")).status_code == 204
    assert (await told(member, upload_id))["file"] is None
    moving_clock.forward(hours=2)
    member = await sign_in(member.client, "hanako")
    await app.state.jobs.drain()
    assert (await member.get(f"{PATH}/{upload_id}")).status_code == 404

"""Simple uploads of one file."""

import asyncio
import hashlib
import time
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from musubi.core.errors import InsufficientStorage
from musubi.features.files import blobs
from musubi.features.files.context import MAX_FILE_BYTES, files_of
from musubi.features.files.spool import SpoolFile
from tests.conftest import AppMaker
from tests.features.files.seeds import app_of
from tests.features.files.support import (
    END,
    FORM,
    expect_empty_spool,
    expect_error,
    expect_nothing_left,
    kept_in,
    part,
    picture,
    picture_of,
    rows_of,
    send,
    upload,
    uploaded,
)
from tests.limits import limited_maker
from tests.live import listen
from tests.support import Actor, error_of, make_actor

FORM_HEADERS = {"Content-Type": FORM[1].decode()}
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


async def test_what_comes_of_a_picture(app: FastAPI, member: Actor) -> None:
    content = picture(300, 200)
    reply = await upload(member, "屋上の写真.png", content, "image/png", description="  The team on the roof ")
    assert reply.status_code == 201
    file = reply.json()
    assert reply.headers["Location"] == f"/api/v1/upload/files/{file['stored_name']}"
    [row] = await rows_of(app)
    assert file == {
        "id": row.id,
        "filename": "屋上の写真.png",
        "stored_name": row.stored_name,
        "size": len(content),
        "content_type": "image/png",
        "kind": "image",
        "sha256": hashlib.sha256(content).hexdigest(),
        "url": file["url"],
        "thumbnail_url": file["thumbnail_url"],
        "width": 300,
        "height": 200,
        "description": "The team on the roof",
        "item_id": None,
        "owner_id": member.id,
        "created_at": file["created_at"],
    }
    assert row.is_ready
    assert (await member.client.get(file["url"])).content == content
    assert (await member.client.get(file["thumbnail_url"])).headers["Content-Type"] == "image/jpeg"
    assert await kept_in(app) == {blobs.file_key(row.blob), blobs.thumbnail_key(row.blob)}
    expect_empty_spool(app)


async def test_what_is_no_picture_has_no_thumbnail(app: FastAPI, member: Actor) -> None:
    file = await uploaded(member, "Report.PDF", PDF, "application/pdf")
    assert (file["kind"], file["thumbnail_url"], file["width"], file["height"]) == ("document", None, None, None)
    assert file["stored_name"].endswith(".pdf")
    assert len(await kept_in(app)) == 1


async def test_a_type_may_have_other_names(member: Actor) -> None:
    content = picture(kind="JPEG")
    for declared in ("image/jpeg", "IMAGE/JPEG; x=y", "image/jpg", "image/pjpeg", "application/octet-stream"):
        assert (await uploaded(member, "a.JPEG", content, declared))["content_type"] == "image/jpeg"


@pytest.mark.parametrize(
    ("filename", "content", "declared", "reason"),
    [
        ("virus.exe", b"MZ", "", "unknown_type"),
        ("noextension", picture(), "image/png", "unknown_type"),
        ("picture.svg", b"<svg/>", "image/svg+xml", "unknown_type"),
        # It is taken, but only as a resumable upload.
        ("film.mp4", b"....ftypisom", "video/mp4", "unknown_type"),
        ("picture.png", picture(), "image/jpeg", "declared_otherwise"),
        ("picture.png", picture(), "text/html", "declared_otherwise"),
        ("picture.jpg", picture(), "image/jpeg", "other_content"),
        ("page.png", b"<html><script>alert(1)</script>", "image/png", "other_content"),
        ("empty.png", b"", "image/png", "other_content"),
        ("cut.png", picture(100, 100)[:-40], "image/png", "unreadable"),
    ],
)
async def test_what_is_not_what_it_says_is_refused(
    app: FastAPI, member: Actor, filename: str, content: bytes, declared: str, reason: str
) -> None:
    reply = await upload(member, filename, content, declared)
    assert reply.status_code == 415, reply.text
    error = error_of(reply)
    assert (error["code"], error["details"]) == ("UNSUPPORTED_MEDIA_TYPE", {"reason": reason})
    assert error["message"] != "This media type is not supported"
    await expect_nothing_left(app)


async def test_ten_mebibytes_are_taken_and_not_a_byte_more(app: FastAPI, member: Actor) -> None:
    fields = part("description", b"d" * 900)
    for size, status in ((MAX_FILE_BYTES, 201), (MAX_FILE_BYTES + 1, 413)):
        body = fields + part("file", picture_of(size), filename=b"a.png") + END
        chunks = [body[start : start + 65_536] for start in range(0, len(body), 65_536)]
        for sent in (body, chunks):
            reply = await send(app, member, sent, FORM)
            assert reply.status_code == status, reply.text[:500]
            if status == 413:
                assert error_of(reply)["message"] == "The file is too large"
            expect_empty_spool(app)
    assert [row.size for row in await rows_of(app)] == [MAX_FILE_BYTES] * 2


async def test_no_more_is_read_than_can_be_taken(app: FastAPI, member: Actor) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        yield part("file", filename=b"a.png")[:-2]
        while True:
            read += 65_536
            yield bytes(65_536)

    reply = await member.post("/upload/files", content=endless(), headers=FORM_HEADERS)
    assert (reply.status_code, read) == (413, MAX_FILE_BYTES + 65_536)
    await expect_nothing_left(app)
    # And a length that is declared is enough.
    reply = await send(app, member, [b"x"], FORM, (b"content-length", str(MAX_FILE_BYTES + 70_000).encode()))
    assert reply.status_code == 413


async def test_a_file_can_be_attached_as_it_comes(app: FastAPI, member: Actor, other: Actor) -> None:
    item = await member.make_item(status="published")
    assert (await uploaded(member, item_id=item["id"]))["item_id"] == item["id"]
    assert [file["filename"] for file in (await other.get(f"/items/{item['id']}/files")).json()["data"]] == [
        "picture.png"
    ]
    assert (await uploaded(member, item_id=""))["item_id"] is None
    await expect_refusals_of_items(other, item["id"])
    assert len(await rows_of(app)) == 2
    await app.state.jobs.drain()
    # Both files are the same, and kept once.
    assert len(await kept_in(app)) == 2


async def expect_refusals_of_items(stranger: Actor, item_id: int) -> None:
    expect_error(await upload(stranger, item_id=item_id), 403)
    expect_error(await upload(stranger, item_id=item_id + 1), 404)
    expect_error(await upload(stranger, item_id="x"), 422, item_id="This must be a whole number")
    expect_error(await upload(stranger, item_id=0), 422, item_id="This must be at least 1")


async def test_what_a_form_has_to_be(app: FastAPI, member: Actor) -> None:
    required = {"file": "This field is required"}
    unknown = "This field is not known here"
    one = part("file", picture(), filename=b"a.png")
    for body, status, fields in (
        (END, 422, required),
        (part("description", b"x") + END, 422, required),
        (part("file", b"text") + END, 422, required),
        (part("file", filename=b"") + END, 422, required),
        (one + part("colour", b"red") + END, 422, {"colour": unknown}),
        (
            one + part("description", b"x", filename=b"a.png") + END,
            422,
            {"description": unknown},
        ),
        (one + part("description", b"a") * 2 + END, 422, {"description": "Only one of these can be sent"}),
        (one + part("description", b"d" * 1001) + END, 422, {"description": "At most 1000 characters"}),
        (one + part("description", b"a\0b") + END, 422, {"description": "The NUL character is not allowed"}),
        (one + part("description", b"\xff") + END, 400, {}),
        (one + part("description", b"d" * 70_000) + END, 413, {}),
        (one * 2 + END, 400, {}),
        (one, 400, {}),
    ):
        expect_error(await send(app, member, body, FORM), status, **fields)
    expect_error(await member.post("/upload/files", json={}), 415)
    expect_error(await member.client.post("/api/v1/upload/files", files={"file": b"x"}), 401)
    await expect_nothing_left(app)


async def test_a_sender_that_falls_silent_is_given_up(make_client: AppMaker) -> None:
    client = await make_client(upload_idle_seconds=1)
    member = await make_actor(client, "hanako")

    async def slow() -> AsyncIterator[bytes]:
        yield part("file", b"\x89PNG", filename=b"a.png")[:-2]
        await asyncio.Event().wait()

    started = time.monotonic()
    reply = await member.post("/upload/files", content=slow(), headers=FORM_HEADERS)
    assert (reply.status_code, error_of(reply)["code"], reply.headers["Connection"]) == (408, "HTTP_408", "close")
    assert time.monotonic() - started < 10
    await expect_nothing_left(app_of(client))


async def test_those_who_stall_keep_nobody_from_the_database(make_client: AppMaker) -> None:
    client = await make_client(database_pool_size=2)
    member = await make_actor(client, "hanako")
    begun, go_on = 0, asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        nonlocal begun
        yield part("file", picture(), filename=b"a.png")[:-2]
        begun += 1
        if begun == 8:
            waiting.set()
        await go_on.wait()
        yield b"\r\n" + END

    waiting = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        uploads = [
            group.create_task(member.post("/upload/files", content=stalling(), headers=FORM_HEADERS)) for _ in range(8)
        ]
        await waiting.wait()
        assert (await upload(member)).status_code == 201
        assert (await member.get("/upload/files")).json()["meta"]["total"] == 1
        go_on.set()
    assert {task.result().status_code for task in uploads} == {201}


async def test_memory_stays_flat(app: FastAPI, member: Actor) -> None:
    body = part("file", picture_of(MAX_FILE_BYTES), filename=b"a.png") + END
    # What is loaded with the first upload is not what this is about.
    await upload(member)

    async def sent() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    tracemalloc.start()
    try:
        assert (await member.post("/upload/files", content=sent(), headers=FORM_HEADERS)).status_code == 201
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * 1024 * 1024


async def test_a_client_that_hangs_up_leaves_nothing(app: FastAPI, member: Actor) -> None:
    for body in ([], [part("file", picture()[:20], filename=b"a.png")[:-2]]):
        assert (await send(app, member, body, FORM, is_whole=False)).status_code == 400
    await expect_nothing_left(app)


async def test_a_full_disk_is_told_as_such(app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_file: SpoolFile, _data: bytes) -> None:
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")

    with monkeypatch.context() as patched:
        patched.setattr(SpoolFile, "_append", fail)
        reply = await upload(member)
    assert (reply.status_code, error_of(reply)["code"]) == (507, InsufficientStorage.code)
    await expect_nothing_left(app)
    assert (await upload(member)).status_code == 201


async def test_uploads_are_limited(make_client: AppMaker) -> None:
    client = await limited_maker(make_client)("uploads=2/1h")
    member, other = await make_actor(client, "hanako"), await make_actor(client, "taro")
    statuses = [(await upload(member, "a.exe")).status_code for _ in range(3)]
    assert statuses == [415, 415, 429]
    assert (await upload(other)).status_code == 201


async def test_its_owner_hears_of_it_and_who_reads_the_item(app: FastAPI, member: Actor, other: Actor) -> None:
    item = await member.make_item(status="published")
    mine, theirs = await listen(app, member), await listen(app, other)
    await uploaded(member, item_id=item["id"])
    assert [frame["item_id"] for frame in mine.heard()] == [None, item["id"]]
    assert [frame["item_id"] for frame in theirs.heard()] == [item["id"]]


async def test_the_limits_are_told(app: FastAPI, member: Actor) -> None:
    file = await uploaded(member)
    limits = (await member.get("/upload/limits")).json()
    assert limits["simple"]["max_bytes"] == MAX_FILE_BYTES
    extensions = {extension for each in limits["simple"]["types"] for extension in each["extensions"]}
    assert extensions == {".jpg", ".jpeg", ".png", ".gif", ".webp", ".pdf", ".doc", ".docx"}
    more = {extension for each in limits["resumable"]["types"] for extension in each["extensions"]}
    assert more - extensions == {".mp4", ".webm", ".zip"}
    rest = {name: limits[name] for name in ("max_files", "quota_bytes", "used_bytes", "files")}
    assert rest == {"max_files": 10, "quota_bytes": files_of(app).quota, "used_bytes": file["size"], "files": 1}

"""What is downloaded, and what is said of it."""

import hashlib
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from musubi.features.files import blobs
from musubi.features.files.context import files_of
from musubi.features.files.models import File
from tests.conftest import AppMaker
from tests.features.files.seeds import CONTENT, THUMBNAIL, app_of, link_to, plant
from tests.sql import watch
from tests.support import Actor, error_of

NAME = "0" * 32 + ".png"


def path_of(row: File, folder: str = "files") -> str:
    return f"/upload/{folder}/{row.stored_name}"


async def test_what_is_said_of_a_picture(app: FastAPI, member: Actor) -> None:
    row = await plant(app, member, "屋上 の写真.png")
    reply = await member.get(path_of(row))
    assert (reply.status_code, reply.content) == (200, CONTENT)
    said = {
        name: reply.headers[name]
        for name in reply.headers
        if name not in ("x-request-id", "vary", "permissions-policy")
    }
    assert said == {
        "content-type": "image/png",
        "content-length": str(len(CONTENT)),
        "content-disposition": 'inline; filename="__ ___.png"; '
        "filename*=UTF-8''%E5%B1%8B%E4%B8%8A%20%E3%81%AE%E5%86%99%E7%9C%9F.png",
        "etag": f'"{hashlib.sha256(CONTENT).hexdigest()}"',
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-site",
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "same-origin",
    }


@pytest.mark.parametrize("filename", ["a.pdf", "a.doc", "a.docx", "a.mp4", "a.webm", "a.zip"])
async def test_what_is_no_picture_is_saved(app: FastAPI, member: Actor, filename: str) -> None:
    row = await plant(app, member, filename)
    reply = await member.get(path_of(row))
    assert reply.headers["Content-Disposition"] == f'attachment; filename="{filename}"'
    assert reply.headers["Content-Type"] == row.content_type


async def test_what_is_said_of_a_thumbnail(app: FastAPI, member: Actor) -> None:
    row = await plant(app, member, "写真.2026.gif", has_thumbnail=True)
    reply = await member.get(path_of(row, "thumbnails"))
    assert (reply.status_code, reply.content) == (200, THUMBNAIL)
    assert reply.headers["Content-Type"] == "image/jpeg"
    assert reply.headers["ETag"] == f'"{row.sha256}-t"'
    assert reply.headers["Content-Disposition"].startswith('inline; filename="__.2026.jpg"; ')
    part = await member.get(path_of(row, "thumbnails"), headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, THUMBNAIL[2:6])
    assert part.headers["Content-Range"] == f"bytes 2-5/{len(THUMBNAIL)}"


async def test_a_link_may_be_kept_until_it_ends_and_a_token_has_to_ask(
    client: AsyncClient, app: FastAPI, member: Actor
) -> None:
    row = await plant(app, member)
    reply = await client.get(await link_to(member, row))
    private, age, immutable = reply.headers["Cache-Control"].split(", ")
    assert (private, immutable) == ("private", "immutable")
    assert 3590 < int(age.removeprefix("max-age=")) <= 7200


async def test_what_is_not_there(app: FastAPI, member: Actor) -> None:
    pending = await plant(app, member, is_ready=False)
    no_picture = await plant(app, member, "a.pdf")
    for path in (
        f"/upload/files/{NAME}",
        "/upload/files/..%5C..%5Cetc%5Cpasswd",
        "/upload/files/" + "x" * 3000,
        "/upload/files/報告.pdf",
        path_of(pending),
        path_of(no_picture, "thumbnails"),
    ):
        reply = await member.get(path)
        assert reply.status_code == 404, path
        assert error_of(reply)["code"] == "NOT_FOUND"


@pytest.mark.parametrize("folder", ["files", "thumbnails"])
async def test_the_head_is_that_of_the_whole(client: AsyncClient, app: FastAPI, member: Actor, folder: str) -> None:
    row = await plant(app, member, has_thumbnail=True)
    link = await link_to(member, row, thumbnail=folder == "thumbnails")
    whole = await client.get(link)
    # A range is for GET alone (RFC 9110, 14.2).
    head = await client.head(link, headers={"Range": "bytes=0-1"})
    assert (head.status_code, head.content) == (200, b"")
    unlike = {"x-request-id", "cache-control"}
    assert {k: v for k, v in head.headers.items() if k not in unlike} == {
        k: v for k, v in whole.headers.items() if k not in unlike
    }
    unchanged = await client.head(link, headers={"If-None-Match": whole.headers["ETag"]})
    assert unchanged.status_code == 304


@pytest.mark.parametrize("folder", ["files", "thumbnails"])
async def test_what_one_has_is_not_sent_again(app: FastAPI, member: Actor, folder: str) -> None:
    row = await plant(app, member, has_thumbnail=True)
    whole = await member.get(path_of(row, folder))
    tag = whole.headers["ETag"]
    for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        # Unchanged comes first, whatever part was asked for.
        reply = await member.get(path_of(row, folder), headers={"If-None-Match": sent, "Range": "bytes=0-1"})
        assert (reply.status_code, reply.content) == (304, b"")
        # They replace those that a cache has kept.
        for name in ("ETag", "Cache-Control", "Content-Security-Policy", "Cross-Origin-Resource-Policy"):
            assert reply.headers[name] == whole.headers[name]
    reply = await member.get(path_of(row, folder), headers={"If-None-Match": '"x"'})
    assert reply.status_code == 200


async def test_a_part(app: FastAPI, member: Actor) -> None:
    row = await plant(app, member)
    size = len(CONTENT)
    for asked, start, end in (("0-0", 0, 1), ("100-", 100, size), ("-10", size - 10, size), ("5-99999", 5, size)):
        reply = await member.get(path_of(row), headers={"Range": f"bytes={asked}"})
        assert (reply.status_code, reply.content) == (206, CONTENT[start:end]), asked
        assert reply.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
        assert reply.headers["Content-Length"] == str(end - start)
    for whole in ("bytes=0-1,5-6", "bytes=9-1", "lines=1-2"):
        reply = await member.get(path_of(row), headers={"Range": whole})
        assert (reply.status_code, reply.content) == (200, CONTENT), whole
        assert "Content-Range" not in reply.headers
    beyond = await member.get(path_of(row), headers={"Range": f"bytes={size}-"})
    assert beyond.status_code == 416
    assert error_of(beyond)["code"] == "HTTP_416"
    assert beyond.headers["Content-Range"] == f"bytes */{size}"
    assert beyond.headers["Cache-Control"] == "no-store"


async def test_a_download_goes_on_only_if_it_is_still_the_same(app: FastAPI, member: Actor) -> None:
    row = await plant(app, member)
    for if_range, status in ((f'"{row.sha256}"', 206), ('"another"', 200), ("Sat, 29 Oct 1994 19:43:31 GMT", 200)):
        reply = await member.get(path_of(row), headers={"Range": "bytes=10-19", "If-Range": if_range})
        assert reply.status_code == status
        assert reply.content == (CONTENT[10:20] if status == 206 else CONTENT)


async def test_a_file_of_several_pieces_arrives_whole(app: FastAPI, member: Actor) -> None:
    content = hashlib.shake_256(b"seed").digest(700_000)
    row = await plant(app, member, "a.zip", content)
    assert (await member.get(path_of(row))).content == content
    part = await member.get(path_of(row), headers={"Range": "bytes=262100-600000"})
    assert part.content == content[262100:600001]


@pytest.mark.parametrize("way", ["token", "link", "part", "thumbnail"])
async def test_a_download_costs_two_queries(client: AsyncClient, app: FastAPI, member: Actor, way: str) -> None:
    """Who asks, and whether they may."""
    row = await plant(app, member, has_thumbnail=True)
    link = await link_to(member, row, thumbnail=way == "thumbnail")
    with watch(app) as statements:
        if way in ("link", "thumbnail"):
            reply = await client.get(link)
        else:
            reply = await member.get(path_of(row), headers={"Range": "bytes=0-1"} if way == "part" else {})
    assert reply.status_code in (200, 206)
    assert len(statements) == 2, statements


async def test_any_number_of_links_costs_two_queries(app: FastAPI, member: Actor) -> None:
    names = [(await plant(app, member)).stored_name for _ in range(3)]
    for some in (names[:1], names):
        with watch(app) as statements:
            reply = await member.get("/upload/links", params={"name": some})
        assert len(reply.json()["data"]) == len(some)
        assert len(statements) == 2, statements


async def test_the_store_gives_what_it_can_itself_if_it_shall(
    make_client: AppMaker, app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, archive = await plant(app, member), await plant(app, member, "a.zip")
    elsewhere: list[str] = []

    async def download_url(key: str, lifetime: timedelta) -> str:
        elsewhere.append(key)
        assert timedelta() < lifetime <= timedelta(hours=1)
        return "https://store.example/a?signature=b"

    redirecting = await make_client(storage_redirects=True)
    for each in (app, app_of(redirecting)):
        monkeypatch.setattr(files_of(each).storage, "download_url", download_url)
    assert (await member.get(path_of(archive))).content == CONTENT
    assert elsewhere == [], "not unless the operator says so"

    async def get(row: File, **headers: str) -> Response:
        return await redirecting.get(f"/api/v1{path_of(row)}", headers={**member.headers, **headers})

    reply = await get(archive)
    assert (reply.status_code, reply.headers["Location"]) == (307, "https://store.example/a?signature=b")
    assert reply.headers["Cache-Control"] == "no-store"
    assert elsewhere == [blobs.file_key(archive.blob)]
    assert (await get(archive, **{"If-None-Match": f'"{archive.sha256}"'})).status_code == 304
    # Pages show pictures, and none from elsewhere.
    assert (await get(picture)).content == CONTENT
    head = await redirecting.head(f"/api/v1{path_of(archive)}", headers=member.headers)
    assert head.status_code == 200, "a link of the store is for GET alone"

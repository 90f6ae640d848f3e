"""Files on their way in and out: as they arrive, in parts, and as large as they may be."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from musubi.app import _streamed_routes
from musubi.core.http.security_headers import API_CSP
from musubi.features.files.context import MAX_FILE_BYTES, MAX_FILES
from musubi.features.files.form import REST_BYTES
from musubi.features.portability.archive import DOCUMENTS_BYTES
from musubi.settings import Settings
from tests.faults.tus_client import MIB, make_video
from tests.features.files.resumable.tus import created, send
from tests.features.files.support import picture_of, upload, uploaded
from tests.gateway.conftest import ROOT, Installation
from tests.gateway.raw import exchange, statuses
from tests.gateway.standin import stand_in
from tests.services.nginx import Nginx
from tests.support import Actor, error_of

DEFAULTS = Settings.model_fields
# Only a test that fails waits for so long.
PATIENCE = 10
SIMPLE = MAX_FILE_BYTES + REST_BYTES
LIMITS = {
    "PATCH /api/v1/items/1": DEFAULTS["max_body_bytes"].default,
    "POST /api/v1/auth/login": DEFAULTS["max_body_bytes"].default,
    "POST /api/v1/upload/resumable": DEFAULTS["max_body_bytes"].default,
    "POST /api/v1/upload/files": SIMPLE,
    "POST /api/v1/upload/files/multiple": MAX_FILES * MAX_FILE_BYTES + REST_BYTES,
    "PATCH /api/v1/upload/resumable/some-id": DEFAULTS["resumable_max_bytes"].default,
    "POST /api/v1/imports": DEFAULTS["file_quota_bytes"].default + DOCUMENTS_BYTES + REST_BYTES,
}


def routes_that_stream() -> list[str]:
    """Those whose bodies the application takes as they arrive; a route that only ends is completed."""
    return [f"{route}some-id" if route.endswith("/") else route for route in _streamed_routes()]


@pytest.mark.parametrize("route", routes_that_stream())
async def test_a_body_reaches_the_backend_while_it_is_sent(installation: Installation, route: str) -> None:
    method, path = route.split(" ")
    async with stand_in() as (backend, port):
        with Nginx([port], installation.web) as gateway:

            async def body() -> AsyncIterator[bytes]:
                yield b"first"
                async with asyncio.timeout(PATIENCE):
                    request = await backend.requests.get()
                    await request.has_body.wait()
                yield b"last"

            async with httpx.AsyncClient(base_url=gateway.url, verify=gateway.trust, timeout=20) as client:
                headers = {"Content-Length": "9"}
                assert (await client.request(method, path, content=body(), headers=headers)).status_code == 200


async def test_another_body_is_gathered_first(installation: Installation) -> None:
    """So that no backend waits for a slow client."""
    async with stand_in() as (backend, port):
        with Nginx([port], installation.web) as gateway:
            started = asyncio.Event()

            async def body() -> AsyncIterator[bytes]:
                yield b"first"
                started.set()
                assert backend.requests.empty()
                yield b"last"

            async with httpx.AsyncClient(base_url=gateway.url, verify=gateway.trust, timeout=20) as client:
                assert (await client.post("/api/v1/items", content=body())).status_code == 200
            request = await backend.requests.get()
            assert request.values("Content-Length") == ["9"]
            assert request.values("Transfer-Encoding") == []


@pytest.mark.parametrize(("route", "limit"), LIMITS.items())
def test_a_body_may_be_as_large_as_the_application_takes_it(gateway: Nginx, route: str, limit: int) -> None:
    """A byte more is refused before any of it is read. What a backend says to the rest doesn't matter here."""

    def declared(size: int) -> list[int]:
        head = f"{route} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\nX-Request-ID: {uuid4().hex}\r\n\r\n"
        # Of a body that is gathered or passed on nothing is said before it is there.
        return statuses(exchange(gateway, head.encode(), seconds=0.5))

    assert declared(limit + 1) == [413]
    assert 413 not in declared(limit)


def test_a_body_that_grows_too_large(gateway: Nginx) -> None:
    head = b"POST /api/v1/items HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
    assert statuses(exchange(gateway, head + chunk * 17)) == [413]


async def test_a_file_of_ten_mebibytes(person: Actor) -> None:
    content = picture_of(MAX_FILE_BYTES)
    file = await uploaded(person, "roof.png", content, "image/png")
    path = f"/upload/files/{file['stored_name']}"
    whole = await person.get(path)
    assert hashlib.sha256(whole.content).digest() == hashlib.sha256(content).digest()
    assert "Content-Encoding" not in whole.headers

    part = await person.get(path, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, content[1000:2000])
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{MAX_FILE_BYTES}"
    tail = await person.get(path, headers={"Range": "bytes=-10", "If-Range": whole.headers["ETag"]})
    assert (tail.status_code, tail.content) == (206, content[-10:])
    beyond = await person.get(path, headers={"Range": f"bytes={MAX_FILE_BYTES}-"})
    assert (beyond.status_code, error_of(beyond)["code"]) == (416, "HTTP_416")
    assert (await person.get(path, headers={"If-None-Match": whole.headers["ETag"]})).status_code == 304

    reply = await upload(person, "roof.png", picture_of(MAX_FILE_BYTES + 1), "image/png")
    assert (reply.status_code, reply.headers["content-security-policy"]) == (413, API_CSP)
    assert error_of(reply)["code"] == "PAYLOAD_TOO_LARGE"


async def test_a_resumable_upload_goes_on_at_another_backend(
    installation: Installation, person: Actor, tmp_path: Path
) -> None:
    video = await asyncio.to_thread(make_video, tmp_path, 9 * MIB)
    content = video.path.read_bytes()
    upload_id = await created(person, len(content), "video.mp4")
    ids = []
    for offset in range(0, len(content), 3 * MIB):
        ids.append(uuid4().hex)
        reply = await send(person, upload_id, offset, content[offset : offset + 3 * MIB], X_Request_ID=ids[-1])
        assert (reply.status_code, reply.headers["Upload-Offset"]) == (204, str(offset + 3 * MIB))
    assert len({installation.gateway.entry(each)["upstream"] for each in ids}) == 2

    path = (await person.get(f"/upload/resumable/{upload_id}")).json()["file"]["url"]
    async with person.client.stream("GET", path, headers=person.headers) as download:
        digest = hashlib.sha256()
        async for piece in download.aiter_bytes():
            digest.update(piece)
    assert digest.hexdigest() == video.sha256


async def test_an_upload_that_is_cut_off_is_resumed(person: Actor, gateway: Nginx, tmp_path: Path) -> None:
    content = (await asyncio.to_thread(make_video, tmp_path, 2 * MIB)).path.read_bytes()
    upload_id = await created(person, len(content), "video.mp4")
    head = (
        f"PATCH /api/v1/upload/resumable/{upload_id} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\n"
        f"Authorization: {person.headers['Authorization']}\r\nContent-Type: application/offset+octet-stream\r\n"
        f"Upload-Offset: 0\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    # The backend gives up one that is silent, and keeps what it has.
    received = await asyncio.to_thread(exchange, gateway, head.encode() + content[:MIB], seconds=0.5, first=20)
    assert statuses(received) == [408]
    path = f"/upload/resumable/{upload_id}"
    reply = await person.request("HEAD", path, headers={"Tus-Resumable": "1.0.0"})
    offset = int(reply.headers["Upload-Offset"])
    assert 0 < offset <= MIB
    assert (await send(person, upload_id, offset, content[offset:])).status_code == 204


def test_metadata_fits_into_a_header(gateway: Nginx) -> None:
    """Its limit is 8 KiB, of which nginx takes one line by default, all headers of 32."""
    head = f"POST /api/v1/upload/resumable HTTP/1.1\r\nHost: localhost\r\nUpload-Metadata: {'a' * 8192}\r\n"
    assert statuses(exchange(gateway, f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())) != [431]


def test_the_rules_leave_saying_so_to_the_backend() -> None:
    rules = (ROOT / "deploy" / "nginx" / "snippets" / "upload.conf").read_text()
    (seconds,) = re.findall(r"client_body_timeout (\d+)s;", rules)
    assert int(seconds) > DEFAULTS["upload_idle_seconds"].default

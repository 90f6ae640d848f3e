"""A client of the tus protocol that can do everything wrong."""

import base64
import io
import zipfile
from collections.abc import AsyncIterator, Iterable
from typing import Any

from fastapi import FastAPI
from httpx import Response
from PIL import Image

from musubi.features.files.context import files_of
from tests.asgi import call
from tests.support import Actor

PATH = "/upload/resumable"
TYPE = "application/offset+octet-stream"
VERSION = {"Tus-Resumable": "1.0.0"}

CONTENT = b"looked at by nobody"

Body = bytes | AsyncIterator[bytes]


def metadata(**values: str | bytes) -> str:
    """As `Upload-Metadata` has them."""

    def encoded(value: str | bytes) -> str:
        return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()

    return ",".join(f"{key} {encoded(value)}" for key, value in values.items())


async def begin(actor: Actor, length: int, filename: str = "archive.zip", **headers: str) -> Response:
    """Ask for an upload. Headers with underscores in their names; those that are empty are left out."""
    sent = {**VERSION, "Upload-Length": str(length), "Upload-Metadata": metadata(filename=filename), **_named(headers)}
    return await actor.post(PATH, headers={name: value for name, value in sent.items() if value})


async def created(actor: Actor, length: int, filename: str = "archive.zip", **headers: str) -> str:
    """The id of an upload that has begun."""
    reply = await begin(actor, length, filename, **headers)
    assert reply.status_code == 201, reply.text
    return reply.headers["Location"].rpartition("/")[2]


async def send(actor: Actor, upload_id: str, offset: int, body: Body, **headers: str) -> Response:
    """Append to an upload."""
    sent = {**VERSION, "Content-Type": TYPE, "Upload-Offset": str(offset), **_named(headers)}
    sent = {name: value for name, value in sent.items() if value}
    return await actor.patch(f"{PATH}/{upload_id}", headers=sent, content=body)


async def whole(actor: Actor, content: bytes = CONTENT, filename: str = "archive.zip", **headers: str) -> str:
    """The id of an upload that has arrived in two halves."""
    upload_id = await created(actor, len(content), filename, **headers)
    half = len(content) // 2
    assert (await send(actor, upload_id, 0, content[:half])).status_code == 204
    assert (await send(actor, upload_id, half, content[half:])).status_code == 204
    return upload_id


async def send_cut(
    app: FastAPI, actor: Actor, upload_id: str, offset: int, chunks: Iterable[bytes], **headers: str
) -> None:
    """Append to an upload, and hang up after these chunks."""
    sent = {**actor.headers, **VERSION, "Content-Type": TYPE, "Upload-Offset": str(offset), **_named(headers)}
    raw = [(name.lower().encode(), value.encode()) for name, value in sent.items()]
    path = f"/api/v1{PATH}/{upload_id}".encode()
    await call(app, "PATCH", path, headers=raw, body=list(chunks), is_whole=False)


async def ask(actor: Actor, upload_id: str) -> Response:
    """How far is it?"""
    return await actor.request("HEAD", f"{PATH}/{upload_id}", headers=VERSION)


async def offset_of(actor: Actor, upload_id: str) -> int:
    reply = await ask(actor, upload_id)
    assert reply.status_code == 200, reply.text
    return int(reply.headers["Upload-Offset"])


async def end(actor: Actor, upload_id: str) -> Response:
    return await actor.delete(f"{PATH}/{upload_id}", headers=VERSION)


async def told(actor: Actor, upload_id: str) -> dict[str, Any]:
    """What became of it?"""
    reply = await actor.get(f"{PATH}/{upload_id}")
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.json()
    return body


async def used_bytes(actor: Actor) -> int:
    """How much of the quota is taken."""
    return int((await actor.get("/upload/limits")).json()["used_bytes"])


async def kept(app: FastAPI, prefix: str = "uploads/") -> list[str]:
    """The keys of what the store has."""
    return sorted([stored.key async for stored in files_of(app).storage.list(prefix)])


def archive(size: int = 1000) -> bytes:
    """A ZIP archive with a file of this size in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("a.txt", bytes(number * 7 % 251 for number in range(size)))
    return file.getvalue()


def picture() -> bytes:
    """A PNG."""
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    return file.getvalue()


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}

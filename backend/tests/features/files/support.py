"""Uploading, and looking at what came of it."""

import struct
import zlib
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from fastapi import FastAPI
from httpx import Response
from PIL import Image
from sqlalchemy import select

from musubi.features.files.context import files_of
from musubi.features.files.models import File
from tests.asgi import call
from tests.sql import database_of
from tests.support import Actor, error_of


def picture(width: int = 8, height: int = 6, *, color: str = "red", kind: str = "PNG") -> bytes:
    """A picture; of another color, other bytes."""
    buffer = BytesIO()
    Image.new("RGB", (width, height), color).save(buffer, kind)
    return buffer.getvalue()


def picture_of(size: int) -> bytes:
    """A picture of exactly so many bytes: most of them in a chunk of its own that nobody has to know."""
    whole = picture()
    # The last chunk, IEND, has twelve bytes, as has any without its data.
    body, end = whole[:-12], whole[-12:]
    data = b"muSb" + bytes(size - len(whole) - 12)
    return body + struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data)) + end


async def upload(
    actor: Actor,
    filename: str = "picture.png",
    content: bytes | None = None,
    content_type: str = "",
    *,
    key: str | None = None,
    **fields: Any,
) -> Response:
    """The reply to an upload of one file."""
    headers = {} if key is None else {"Idempotency-Key": key}
    sent = (filename, picture() if content is None else content, content_type or "application/octet-stream")
    return await actor.post("/upload/files", files={"file": sent}, data=fields, headers=headers)


async def uploaded(actor: Actor, *arguments: Any, **fields: Any) -> dict[str, Any]:
    """The file that came of it."""
    reply = await upload(actor, *arguments, **fields)
    assert reply.status_code == 201, reply.text
    file: dict[str, Any] = reply.json()
    return file


async def upload_several(actor: Actor, *files: tuple[str, bytes], key: str | None = None, **fields: Any) -> Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    sent = [("files", (name, content, "application/octet-stream")) for name, content in files]
    return await actor.post("/upload/files/multiple", files=sent, data=fields, headers=headers)


def part(name: str, content: bytes = b"", *, filename: bytes | None = None, headers: bytes = b"") -> bytes:
    """A part of a form with the boundary `x`, from its boundary on."""
    named = b"" if filename is None else b'; filename="%s"' % filename
    disposition = b'Content-Disposition: form-data; name="%s"%s\r\n' % (name.encode(), named)
    return b"--x\r\n" + disposition + headers + b"\r\n" + content + b"\r\n"


END = b"--x--\r\n"
FORM = (b"content-type", b"multipart/form-data; boundary=x")


async def send(
    app: FastAPI,
    actor: Actor,
    body: bytes | Iterable[bytes],
    *headers: tuple[bytes, bytes],
    path: str = "files",
    is_whole: bool = True,
) -> Response:
    """The reply to an upload whose bytes are sent as they are."""
    sent = [(b"authorization", f"Bearer {actor.access_token}".encode()), *headers]
    return await call(app, "POST", f"/api/v1/upload/{path}".encode(), headers=sent, body=body, is_whole=is_whole)


async def rows_of(app: FastAPI) -> list[File]:
    """Every file there is a row of."""
    async with database_of(app).transaction() as session:
        return list(await session.scalars(select(File).order_by(File.id)))


async def kept_in(app: FastAPI) -> set[str]:
    """Everything that the store keeps."""
    return {stored.key async for stored in files_of(app).storage.list()}


async def expect_nothing_left(app: FastAPI) -> None:
    """Neither rows nor bytes, once the jobs have run."""
    await app.state.jobs.drain()
    assert await rows_of(app) == []
    assert await kept_in(app) == set()
    expect_empty_spool(app)


def expect_empty_spool(app: FastAPI) -> None:
    spool = files_of(app).spool.directory
    assert not spool.exists() or list(spool.iterdir()) == []


def expect_error(reply: Response, status: int, **fields: str) -> dict[str, Any]:
    """The error of a reply, whose fields are complained of like that."""
    assert reply.status_code == status, reply.text
    error = error_of(reply)
    assert error["details"].get("fields", {}) == fields
    return error

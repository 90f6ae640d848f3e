"""Files that are there already, without uploading them."""

import hashlib
import secrets
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from musubi.core.clock import utcnow
from musubi.features.files import blobs
from musubi.features.files.context import files_of
from musubi.features.files.models import File
from musubi.features.files.types import type_by_name
from tests.sql import database_of
from tests.support import Actor

CONTENT = bytes(range(256)) * 4
THUMBNAIL = b"a thumbnail, to those who don't look into it"


async def plant(
    app: FastAPI, owner: Actor, filename: str = "picture.png", content: bytes = CONTENT, **fields: Any
) -> File:
    """A file of `owner`, with its bytes and, if it `has_thumbnail`, its thumbnail."""
    file_type = type_by_name(filename)
    assert file_type is not None
    row = File(
        **{
            "stored_name": secrets.token_hex(16) + file_type.extensions[0],
            "owner_id": owner.id,
            "is_ready": True,
            "filename": filename,
            "content_type": file_type.content_type,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "blob": blobs.new_blob(),
            "has_thumbnail": False,
            "description": "",
            "search_text": filename,
            "created_at": utcnow(),
            **fields,
        }
    )
    storage = files_of(app).storage
    await storage.put(blobs.file_key(row.blob), content)
    if row.has_thumbnail:
        await storage.put(blobs.thumbnail_key(row.blob), THUMBNAIL)
    async with database_of(app).transaction() as session:
        session.add(row)
    return row


async def link_to(reader: Actor, row: File, *, thumbnail: bool = False) -> str:
    """The link that `reader` is given to a file they may read."""
    reply = await reader.get("/upload/links", params={"name": row.stored_name})
    assert reply.status_code == 200, reply.text
    [links] = reply.json()["data"]
    link: str = links["thumbnail_url" if thumbnail else "url"]
    return link


def app_of(client: AsyncClient) -> FastAPI:
    """The application behind a client."""
    transport = client._transport
    assert isinstance(transport, ASGITransport)
    assert isinstance(transport.app, FastAPI)
    return transport.app

"""Downloads of which something goes wrong: the store, the bytes, the client."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.types import Message
from structlog.testing import capture_logs

from musubi.adapters.storage import Missing, StorageUnavailable
from musubi.features.files import blobs
from musubi.features.files.context import files_of
from musubi.features.files.models import File
from tests.features.files.seeds import CONTENT, plant
from tests.features.files.test_downloads import path_of
from tests.sql import database_of
from tests.support import Actor, error_of


def fail_reading(app: FastAPI, monkeypatch: pytest.MonkeyPatch, error: Exception, *pieces: bytes) -> None:
    """From now on the storage gives these pieces of whatever is read, and then fails."""

    async def read(*_: Any) -> AsyncGenerator[bytes, None]:
        for piece in pieces:
            yield piece
        raise error

    monkeypatch.setattr(files_of(app).storage, "read", read)


@pytest.mark.parametrize("folder", ["files", "thumbnails"])
async def test_a_store_that_is_away_is_told_before_anything_is_sent(
    app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    row = await plant(app, member, has_thumbnail=True)
    fail_reading(app, monkeypatch, StorageUnavailable("gone"))
    with capture_logs() as logs:
        reply = await member.get(path_of(row, folder))
    assert reply.status_code == 503
    assert error_of(reply)["code"] == "SERVICE_UNAVAILABLE"
    assert int(reply.headers["Retry-After"]) > 0
    assert "Content-Disposition" not in reply.headers
    assert [log["reason"] for log in logs if log["event"] == "storage unavailable"] == ["gone"]


async def test_a_file_whose_bytes_are_lost_is_not_denied(app: FastAPI, member: Actor) -> None:
    row = await plant(app, member)
    await files_of(app).storage.delete(blobs.file_key(row.blob))
    with capture_logs() as logs:
        reply = await member.get(path_of(row))
    assert reply.status_code == 503
    assert [log["file_id"] for log in logs if log["event"] == "file without bytes"] == [row.id]
    # Its row is all that is needed to say what it is.
    assert (await member.request("HEAD", path_of(row))).status_code == 200


async def test_a_file_that_is_removed_meanwhile_is_not_found(
    app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await plant(app, member)

    async def read(*_: Any) -> AsyncGenerator[bytes, None]:
        async with database_of(app).transaction() as session:
            await session.delete(await session.get_one(File, row.id))
        for piece in list[bytes]():
            yield piece
        raise Missing("it")

    monkeypatch.setattr(files_of(app).storage, "read", read)
    assert (await member.get(path_of(row))).status_code == 404


class Client:
    """A client that takes as many pieces of a download as it wants, and is gone then."""

    def __init__(self, app: FastAPI, path: str, headers: dict[str, str], pieces: int) -> None:
        self._app = app
        self._wanted = pieces
        self._gone = asyncio.Event()
        self.sent: list[Message] = []
        self._scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET",
            "scheme": "http", "path": f"/api/v1{path}", "raw_path": f"/api/v1{path}".encode(), "query_string": b"",
            "root_path": "", "headers": [(b"host", b"localhost:8000")]
            + [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 8000), "state": {},
        }  # fmt: skip

    async def get(self) -> None:
        requests = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Message:
            request = next(requests, None)
            if request is None:
                await self._gone.wait()
                return {"type": "http.disconnect"}
            return request

        async def send(message: Message) -> None:
            self.sent.append(message)
            if len(self.sent) > self._wanted:
                self._gone.set()
                # As a server that waits for room in the connection's buffer.
                await asyncio.Event().wait()

        await self._app(self._scope, receive, send)


async def test_a_client_that_hangs_up_stops_the_reading(
    app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await plant(app, member, "a.zip")
    read: list[int] = []
    closed: list[bool] = []

    async def endless(*_: Any) -> AsyncGenerator[bytes, None]:
        try:
            while True:
                read.append(len(read))
                yield b"x"
        finally:
            closed.append(True)

    monkeypatch.setattr(files_of(app).storage, "read", endless)
    client = Client(app, path_of(row), member.headers, pieces=3)
    await client.get()
    assert [message["type"] for message in client.sent] == ["http.response.start", *["http.response.body"] * 3]
    assert len(read) == 3, "no piece more than were taken"
    assert closed == [True]


async def test_a_download_that_breaks_off_says_so_by_its_end(
    app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too late for another status: the reply is never completed, so no client takes it for whole."""
    row = await plant(app, member, "a.zip")
    fail_reading(app, monkeypatch, StorageUnavailable("gone"), b"first", b"second")
    client = Client(app, path_of(row), member.headers, pieces=100)
    with capture_logs() as logs:
        await client.get()
    head, *bodies = client.sent
    assert head["status"] == 200
    assert [body["body"] for body in bodies] == [b"first", b"second"]
    assert all(body["more_body"] for body in bodies)
    assert [log["reason"] for log in logs if log["log_level"] == "error"] == ["gone"]


async def test_no_connection_is_held_while_bytes_are_sent(
    app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await plant(app, member, "a.zip")
    held: list[int] = []

    async def read(*_: Any) -> AsyncGenerator[bytes, None]:
        held.append(database_of(app).engine.pool.checkedout())  # type: ignore[attr-defined]
        yield CONTENT

    monkeypatch.setattr(files_of(app).storage, "read", read)
    assert (await member.get(path_of(row))).content == CONTENT
    assert held == [0]

"""Files, however the server dies: kill -9 at any point of uploads, again and again.

What was acknowledged is there, byte for byte. Once what crashes leave behind is cleared away there is no row without
bytes and there are no bytes without a row: not in the store, not among its unfinished writes, not in the spool.
"""

import asyncio
import hashlib
import random
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from musubi.app import create_app
from musubi.features.files import blobs, clean_up
from musubi.features.files.context import files_of
from musubi.features.files.models import File
from tests.conftest import make_settings
from tests.features.files.support import END, FORM, kept_in, part, rows_of
from tests.processes import MusubiServer, Variables
from tests.services import environment, postgres, valkey
from tests.support import PASSWORD

UPLOADS = 100
UPLOADERS = 5
# How many are acknowledged between two kills: chance draws a number of this range.
ACKNOWLEDGED = range(8, 18)
# Seconds from the last byte of an upload within which the server dies: what it does with one takes about so long.
MOMENTS = 0.12


@dataclass
class Installation:
    """A server, and what it keeps its things in."""

    server: MusubiServer
    folder: Path
    database_url: str | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[FastAPI]:
        """The application on the same data, in this process; it does nothing by itself."""
        data = self.folder / "data"
        url = self.database_url or f"sqlite:///{data / 'musubi.sqlite3'}"
        app = create_app(make_settings(data_dir=data, database_url=url))
        async with app.router.lifespan_context(app):
            yield app


@pytest.fixture(params=["sqlite", "postgres"])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """One on the embedded database, and one on PostgreSQL and Valkey."""
    if request.param == "sqlite":
        yield Installation(MusubiServer(tmp_path), tmp_path)
        return
    with postgres() as database, valkey() as store:
        variables = environment(database, store)
        changes: Variables = {
            "DATABASE_URL": variables["MUSUBI_TEST_POSTGRES_URL"],
            "REDIS_URL": variables["MUSUBI_TEST_REDIS_URL"],
            "MUSUBI_AUTO_MIGRATE": "true",
        }
        server = MusubiServer(tmp_path, changes=changes)
        yield Installation(server, tmp_path, variables["MUSUBI_TEST_POSTGRES_URL"])


@dataclass
class Log:
    """What the uploaders were told, and what they were not."""

    begun: int = 0
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Where a file is found, as it was told → its SHA-256."""
    unanswered: list[bytes] = field(default_factory=list)


class Round:
    """Uploads until the server dies of one."""

    def __init__(self, server: MusubiServer, client: httpx.AsyncClient, chance: random.Random, log: Log) -> None:
        self._server = server
        self._client = client
        self._chance = chance
        self._log = log
        self._left = chance.choice(ACKNOWLEDGED)
        self._is_decided = False

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(UPLOADERS):
                group.create_task(self._upload_on())

    async def _upload_on(self) -> None:
        """Until the server is gone: what kills it may come a moment after the upload that it is meant for."""
        while True:
            content = noise(self._chance)
            self._log.begun += 1
            try:
                reply = await self._client.post(
                    "/upload/files", content=self._form(content), headers={"Content-Type": FORM[1].decode()}
                )
            except httpx.TransportError:
                self._log.unanswered.append(content)
                return
            assert reply.status_code == 201, reply.text
            assert reply.headers["Location"] not in self._log.acknowledged
            self._log.acknowledged[reply.headers["Location"]] = hashlib.sha256(content).hexdigest()
            self._left -= 1

    async def _form(self, content: bytes) -> AsyncIterator[bytes]:
        """The upload, during or after which the server dies if enough are acknowledged."""
        body = part("file", content, filename=f"{uuid.uuid4().hex}.png".encode()) + END
        pieces = [body[start : start + 8192] for start in range(0, len(body), 8192)]
        fatal = None
        if self._left <= 0 and not self._is_decided:
            self._is_decided = True
            fatal = self._chance.randrange(len(pieces) * 2)
        for number, piece in enumerate(pieces):
            if number == fatal:
                self._server.kill()
            yield piece
        if fatal is not None and fatal >= len(pieces):
            asyncio.get_running_loop().call_later(self._chance.uniform(0, MOMENTS), self._server.kill)


def noise(chance: random.Random) -> bytes:
    """A picture that nobody else has, of up to 200 KB."""
    size = chance.randrange(20, 260)
    buffer = BytesIO()
    Image.frombytes("RGB", (size, size), chance.randbytes(size * size * 3)).save(buffer, "PNG")
    return buffer.getvalue()


async def test_what_was_acknowledged_is_there_and_nothing_else(installation: Installation) -> None:
    chance = random.Random(20261122)  # noqa: S311 - the same kills in every run, as far as we decide them
    log, server = Log(), installation.server
    form = {"username": "writer", "email": "writer@example.com", "password": PASSWORD}
    with server:
        async with httpx.AsyncClient(base_url=f"{server.url}/api/v1", timeout=60) as client:
            reply = await client.post("/auth/register", json=form)
            client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
            deaths = 0
            while log.begun < UPLOADS:
                await Round(server, client, chance, log).run()
                server.start()
                deaths += 1
            assert deaths >= 3
            assert len(log.unanswered) >= deaths * UPLOADERS
            for location, sha256 in log.acknowledged.items():
                content = (await client.get(location.removeprefix("/api/v1"))).content
                assert hashlib.sha256(content).hexdigest() == sha256
        server.stop()
    async with installation.opened() as app:
        await expect_bytes_of_all(app)
        await clear_away(app)
        await expect_nothing_superfluous(app, installation.folder / "data")
        rows = await rows_of(app)
        assert all(row.is_ready for row in rows)
        stored = {f"/api/v1/upload/files/{row.stored_name}" for row in rows}
        assert log.acknowledged.keys() <= stored
        unacknowledged = {row.sha256 for row in rows} - set(log.acknowledged.values())
        assert unacknowledged <= {hashlib.sha256(content).hexdigest() for content in log.unanswered}


async def expect_bytes_of_all(app: FastAPI) -> None:
    """Already before anything is cleared away, what is ready is whole."""
    storage = files_of(app).storage
    kept = await kept_in(app)
    for row in await rows_of(app):
        if row.is_ready:
            assert set(keys_of(row)) <= kept
            content = b"".join([piece async for piece in storage.read(blobs.file_key(row.blob))])
            assert (hashlib.sha256(content).hexdigest(), len(content)) == (row.sha256, row.size)


async def clear_away(app: FastAPI) -> None:
    """What would be done within a day, at once."""
    await clean_up.clear_pending(app, timedelta())
    await app.state.jobs.drain()
    await clean_up.sweep(app, timedelta(seconds=-60))
    await files_of(app).storage.tidy(timedelta(seconds=-60))
    await files_of(app).spool.tidy(timedelta(seconds=-60))


async def expect_nothing_superfluous(app: FastAPI, data: Path) -> None:
    owned = {key for row in await rows_of(app) for key in keys_of(row)}
    assert await kept_in(app) == owned
    found = [path for folder in ("storage", "spool") for path in (data / folder).rglob("*") if path.is_file()]
    assert {path.relative_to(data / "storage").as_posix() for path in found} == owned


def keys_of(row: File) -> list[str]:
    keys = [blobs.file_key(row.blob)]
    return [*keys, blobs.thumbnail_key(row.blob)] if row.has_thumbnail else keys

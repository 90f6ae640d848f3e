"""Files, when the disk is full or the store is away: it is said, nothing is half kept, and it is over when that is."""

import asyncio
import os
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.processes import MusubiServer, Variables
from tests.services import Moto, moto
from tests.services.moto import s3_url
from tests.services.service import free_port
from tests.services.small_disk import small_disk
from tests.support import PASSWORD

MIB = 1024 * 1024
PATIENCE = 12
"""Seconds within which a client hears that the store is away."""


def picture(side: int) -> bytes:
    """Three bytes for each of its pixels, which nothing makes less of."""
    kept = BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)).save(kept, "PNG", compress_level=0)
    return kept.getvalue()


SMALL, LARGE = picture(20), picture(800)


class Uploader:
    """Someone with an account, and what the server keeps of them."""

    def __init__(self, client: httpx.AsyncClient, server: MusubiServer, database: Path) -> None:
        self.client = client
        self.server = server
        self._database = database

    async def upload(self, data: bytes, name: str = "結び目.png") -> httpx.Response:
        return await self.client.post("/upload/files", files={"file": (name, data)})

    async def kept(self, reply: httpx.Response) -> bytes:
        """What is behind an upload that was acknowledged."""
        assert reply.status_code == 201, reply.text
        download = await self.client.get(f"/upload/files/{reply.json()['stored_name']}")
        assert download.status_code == 200, download.text
        return download.content

    def rows(self) -> int:
        """How many files there are, the pending ones too."""
        with closing(sqlite3.connect(self._database)) as connection:
            [count] = connection.execute("SELECT count(*) FROM files").fetchone()
        return int(count)


@asynccontextmanager
async def uploading(folder: Path, changes: Variables) -> AsyncIterator[Uploader]:
    """Someone at a server of their own, whose database has all the room it needs."""
    database = folder / "musubi.sqlite3"
    with MusubiServer(folder, changes={"DATABASE_URL": f"sqlite:///{database}", **changes}) as server:
        async with httpx.AsyncClient(base_url=f"{server.url}/api/v1", timeout=60) as client:
            form = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
            reply = await client.post("/auth/register", json=form)
            client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
            yield Uploader(client, server, database)
        server.stop()


def error_of(reply: httpx.Response) -> dict[str, Any]:
    """What the envelope says."""
    error: dict[str, Any] = reply.json()["error"]
    assert error["id"]
    assert error["message"]
    return error


@pytest.fixture
def disk() -> Iterator[Path]:
    with small_disk(8) as disk:
        yield disk.path


def fill(disk: Path, left: int) -> Path:
    """A file that leaves so many bytes."""
    ballast = disk / "ballast"
    state = os.statvfs(disk)
    ballast.write_bytes(bytes(state.f_bavail * state.f_frsize - left))
    return ballast


def unfinished(disk: Path) -> list[str]:
    """What is in the spool and in the store without a name of its own."""
    return [path.name for path in disk.rglob("*") if path.is_file() and path.parent.name in ("spool", ".unfinished")]


@pytest.mark.parametrize("what", ["everything", "the store"])
async def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, disk: Path, what: str) -> None:
    """Whether it is already in the spool that a file finds no room, or only in the store, on a disk of its own."""
    changes: Variables = (
        {"MUSUBI_DATA_DIR": str(disk)} if what == "everything" else {"MUSUBI_STORAGE_URL": f"file://{disk}/storage"}
    )
    async with uploading(tmp_path, changes) as uploader:
        first = await uploader.upload(SMALL)
        ballast = fill(disk, left=MIB)
        for _ in range(3):
            reply = await uploader.upload(LARGE)
            assert reply.status_code == 507, reply.text
            assert error_of(reply)["code"] == "HTTP_507"
            assert uploader.rows() == 1
            assert unfinished(disk) == []
        assert await uploader.kept(first) == SMALL
        assert await uploader.kept(await uploader.upload(SMALL)) == SMALL
        ballast.unlink()
        assert await uploader.kept(await uploader.upload(LARGE)) == LARGE
        assert unfinished(disk) == []


@pytest.fixture
def store() -> Iterator[Moto]:
    with moto() as server:
        yield server


@pytest.mark.parametrize("how", ["dead", "silent"])
async def test_a_store_that_is_away_is_told_and_its_return_is_seen(tmp_path: Path, store: Moto, how: str) -> None:
    async with uploading(tmp_path, {"MUSUBI_STORAGE_URL": store.url}) as uploader:
        first = await uploader.upload(SMALL)
        assert await uploader.kept(first) == SMALL
        assert store._process is not None
        if how == "dead":
            store.kill()
        else:
            os.kill(store._process.pid, signal.SIGSTOP)

        started = time.monotonic()
        replies = await asyncio.gather(
            uploader.upload(LARGE), uploader.client.get(f"/upload/files/{first.json()['stored_name']}")
        )
        assert time.monotonic() - started < PATIENCE
        for reply in replies:
            assert reply.status_code == 503, reply.text
            assert error_of(reply)["code"] == "SERVICE_UNAVAILABLE"
            assert int(reply.headers["retry-after"]) > 0
        assert uploader.rows() == 1
        # What needs no files works as ever; a server that left its place now would take all of that along.
        assert (await uploader.client.get("/upload/files")).json()["meta"]["total"] == 1
        assert (await uploader.client.get(f"{uploader.server.url}/health/ready")).status_code == 200

        if how == "dead":
            store.start()
        else:
            os.kill(store._process.pid, signal.SIGCONT)
            assert await uploader.kept(first) == SMALL
        assert await uploader.kept(await uploader.upload(LARGE)) == LARGE


async def test_browsers_are_sent_to_the_store_where_that_is_set(tmp_path: Path, store: Moto) -> None:
    changes: Variables = {"MUSUBI_STORAGE_URL": store.url, "MUSUBI_STORAGE_REDIRECTS": "true"}
    async with uploading(tmp_path, changes) as uploader, httpx.AsyncClient() as browser:
        document = BytesIO()
        Image.open(BytesIO(SMALL)).save(document, "PDF")
        file = (await uploader.upload(document.getvalue(), "結び目.pdf")).json()
        reply = await browser.get(f"{uploader.server.url}{file['url']}")
        assert reply.status_code == 307, reply.text
        assert reply.headers["location"].startswith(f"http://127.0.0.1:{store.port}/")
        given = await browser.get(reply.headers["location"])
        assert given.content == document.getvalue()
        assert given.headers["content-type"] == "application/pdf"
        assert given.headers["content-disposition"].startswith("attachment; filename=")
        assert given.headers["content-disposition"].endswith("filename*=UTF-8''%E7%B5%90%E3%81%B3%E7%9B%AE.pdf")


# What comes right after the answer is the end of the interpreter.
ASKING = """
import asyncio, sys
from musubi.adapters.storage import StorageUnavailable
from musubi.adapters.storage.remote import RemoteStorage
from musubi.core.storage_url import StorageUrl
try:
    asyncio.run(RemoteStorage(StorageUrl.parse(sys.argv[1])).ping())
except StorageUnavailable:
    sys.exit(3)
"""


async def test_a_process_that_has_just_asked_the_store_ends_well() -> None:
    """The library's threads would abort about every second one."""
    url = s3_url("bucket", port=free_port(), key="tests", secret="tests")
    processes = [await asyncio.create_subprocess_exec(sys.executable, "-c", ASKING, url) for _ in range(10)]
    assert [await process.wait() for process in processes] == [3] * 10

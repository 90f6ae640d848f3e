"""A large file arrives whole and once, through tus-js-client, whatever becomes of the connection and of the server; and
the server stays small."""

import asyncio
import contextlib
import hashlib
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from musubi.app import create_app
from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.jobs import Job
from musubi.features.files.context import files_of
from musubi.features.files.resumable.protocol import PATH, VERSION
from musubi.settings import async_database_url
from tests.conftest import Clock, make_settings
from tests.faults.tus_client import MIB, Video, make_video, sending
from tests.processes import PATIENCE_SECONDS, MusubiServer, Variables
from tests.services import BlackHole, black_hole, moto, postgres, valkey
from tests.support import PASSWORD

LARGE = 200 * MIB
LARGE_SECONDS = 60
MEMORY_KIB = 200 * 1024
MIDDLING = 48 * MIB
KILLS = 3
TUS = {"Tus-Resumable": VERSION, "Content-Type": "application/offset+octet-stream"}


async def register(server: MusubiServer) -> str:
    """Someone's access token."""
    form = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
    async with httpx.AsyncClient() as client:
        reply = await client.post(f"{server.url}/api/v1/auth/register", json=form, timeout=PATIENCE_SECONDS)
    assert reply.status_code == 201, reply.text
    token: str = reply.json()["access_token"]
    return token


def api(server: MusubiServer, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE_SECONDS
    )


async def offset_of(client: httpx.AsyncClient, path: str) -> int:
    reply = await client.head(path, headers=TUS)
    assert reply.status_code == 200
    return int(reply.headers["Upload-Offset"])


async def check_whole(client: httpx.AsyncClient, path: str, video: Video) -> None:
    """The one file there is has the bytes of the video, also when they are downloaded."""
    outcome = (await client.get(path)).json()
    assert outcome["state"] == "done", outcome
    assert outcome["file"]["sha256"] == video.sha256
    digest = hashlib.sha256()
    async with client.stream("GET", outcome["file"]["url"]) as reply:
        assert reply.status_code == 200
        async for piece in reply.aiter_bytes():
            digest.update(piece)
    assert digest.hexdigest() == video.sha256
    assert (await client.get("/api/v1/upload/limits")).json()["used_bytes"] == video.size


def until(holds: Callable[[], bool]) -> None:
    """Look as often as possible."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < give_up


async def test_a_large_file_over_a_connection_that_is_cut_three_times(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = make_video(tmp_path, LARGE)
    with MusubiServer(tmp_path) as server:
        token = await register(server)
        started = time.monotonic()
        async with black_hole(server.port) as proxy, sending(proxy.port, token, video.path) as sender:
            path = str(httpx.URL((await sender.hear())["url"]).path)
            for quarter in (1, 2, 3):
                await proxy.until_passed(quarter * LARGE // 4)
                proxy.cut()
            last = await sender.hear()
        seconds, memory = time.monotonic() - started, server.memory_kib("VmHWM")
        with capsys.disabled():
            mib = f"{LARGE // MIB} MiB in {seconds:.1f} s, the server had {memory // 1024} MiB at the most"
            sys.stdout.write(f"\n{mib}; {last['requests']} requests, {proxy.passed // MIB} MiB sent\n")
        assert last["status"] == 204, last
        assert last["location"] is not None
        # One more whenever it asked before the last bytes of the request before were at rest.
        assert last["requests"] >= 4
        # Whoever began anew would have sent a quarter twice, at least.
        assert proxy.passed < LARGE * 1.25
        async with api(server, token) as client:
            await check_whole(client, path, video)
        assert memory < MEMORY_KIB
        assert seconds < LARGE_SECONDS
        server.stop()
        assert "Traceback" not in server.log


@pytest.fixture(params=["sqlite", "postgres"])
def changes(request: pytest.FixtureRequest) -> Any:
    """The settings of a server on the embedded database, and of one on PostgreSQL."""
    if request.param == "sqlite":
        yield {}
        return
    with postgres() as database, valkey() as store:
        yield {"DATABASE_URL": database.url, "REDIS_URL": store.url, "MUSUBI_AUTO_MIGRATE": "true"}


async def test_a_server_that_is_killed_while_bytes_arrive(
    tmp_path: Path, changes: Variables, moving_clock: Clock
) -> None:
    video = make_video(tmp_path, MIDDLING)
    with MusubiServer(tmp_path, changes=changes) as server:
        token = await register(server)
        async with black_hole(server.port) as proxy, sending(proxy.port, token, video.path) as sender:
            path = str(httpx.URL((await sender.hear())["url"]).path)
            for _ in range(KILLS):
                await kill_amid(server, proxy, token, path)
            last = await sender.hear()
        assert last["status"] == 204, last
        assert last["requests"] > KILLS
        async with api(server, token) as client:
            await check_whole(client, path, video)
        server.stop()
        await check_nothing_is_left(tmp_path, changes, moving_clock)


async def kill_amid(server: MusubiServer, proxy: BlackHole, token: str, path: str) -> None:
    """Kill the server when some megabytes more have arrived, and start it again: it has what it said it had."""
    await proxy.until_passed(proxy.passed + MIDDLING // (2 * KILLS))
    async with api(server, token) as client:
        before = await offset_of(client, path)
        server.kill()
    # Nobody gets through before it was asked what it remembers.
    proxy.swallow()
    server.start()
    async with api(server, token) as client:
        assert before <= await offset_of(client, path) < MIDDLING
    proxy.release()


async def test_a_server_that_is_killed_before_and_while_it_puts_the_file_together(
    tmp_path: Path, changes: Variables, moving_clock: Clock
) -> None:
    video = make_video(tmp_path, MIDDLING)
    with MusubiServer(tmp_path, changes={**changes, "MUSUBI_JOB_WORKERS": "0"}) as idle:
        token = await register(idle)
        path = await send_all(idle, token, video)
        idle.kill()
    spool = tmp_path / "data" / "spool"
    with contextlib.suppress(AssertionError, httpx.TransportError):
        # It begins with the job before it says that it is there.
        doomed = MusubiServer(tmp_path, changes=changes)
        starting = asyncio.create_task(asyncio.to_thread(doomed.start))
        try:
            await asyncio.to_thread(until, lambda: spool.exists() and any(spool.iterdir()))
        finally:
            doomed._close()
            await starting
    assert any(spool.iterdir()), "it was too fast for us"
    await end_leases(tmp_path, changes)
    with MusubiServer(tmp_path, changes=changes) as server:
        async with api(server, token) as client:
            await check_whole(client, path, video)
        server.stop()
    await check_nothing_is_left(tmp_path, changes, moving_clock)


async def send_all(server: MusubiServer, token: str, video: Video) -> str:
    """Send a whole video to a server that does nothing with it; the path of the upload."""
    async with api(server, token) as client:
        said = {"Upload-Length": str(video.size), "Upload-Metadata": "filename dmlkZW8ubXA0"}
        path: str = (await client.post(PATH, headers={**TUS, **said})).headers["Location"]
        sending = asyncio.create_task(
            client.patch(path, headers={**TUS, "Upload-Offset": "0"}, content=video.path.read_bytes())
        )
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await offset_of(client, path) < video.size:
                pass
        sending.cancel()
        await asyncio.wait({sending})
    return path


async def end_leases(folder: Path, changes: Variables) -> None:
    """Let what the dead were doing be taken at once."""
    database = Database(async_database_url(url_of(folder, changes)))
    async with database.transaction() as session:
        await session.execute(update(Job).where(Job.lease.is_not(None)).values(due_at=utcnow()))
    await database.dispose()


async def check_nothing_is_left(folder: Path, changes: Variables, clock: Clock) -> None:
    """After the clean-up there is the one file in the store, and there are no bytes of anything else."""
    data = folder / "data"
    clock.forward(days=2)
    app = create_app(make_settings(data_dir=data, database_url=url_of(folder, changes), secret_key=None))
    async with app.router.lifespan_context(app):
        await app.state.jobs.drain()
        # The clock of the disk can't be moved.
        files = files_of(app)
        await files.spool.tidy(timedelta())
        await files.storage.tidy(timedelta())
        being_written = (data / "spool", data / "storage" / ".unfinished")
        assert [path for directory in being_written for path in directory.iterdir()] == []
        [kept] = [stored async for stored in files.storage.list()]
        assert kept.key.startswith("files/")
        assert kept.size == MIDDLING


def url_of(folder: Path, changes: Variables) -> str:
    return changes.get("DATABASE_URL") or f"sqlite:///{folder / 'data' / 'musubi.sqlite3'}"


async def test_requests_of_one_upload_at_two_processes(tmp_path: Path) -> None:
    """They share the services, S3 among them, and no directory; and the one that gets the last bytes does no jobs."""
    content = make_video(tmp_path, 6 * MIB).path.read_bytes()
    folders = [tmp_path / name for name in ("worker", "taker")]
    for folder in folders:
        folder.mkdir()
    with postgres() as database, valkey() as store, moto() as bucket:
        shared: Variables = {
            "DATABASE_URL": database.url,
            "REDIS_URL": store.url,
            "MUSUBI_STORAGE_URL": bucket.url,
            "SECRET_KEY": "a secret that both of them know, and nobody else",
            "MUSUBI_AUTO_MIGRATE": "true",
        }
        with (
            MusubiServer(folders[0], changes=shared) as worker,
            MusubiServer(folders[1], changes={**shared, "MUSUBI_JOB_WORKERS": "0"}) as taker,
        ):
            token = await register(worker)
            async with api(worker, token) as here, api(taker, token) as there:
                said = {"Upload-Length": str(len(content)), "Upload-Metadata": "filename dmlkZW8ubXA0"}
                path: str = (await here.post(PATH, headers={**TUS, **said})).headers["Location"]
                for number, client in enumerate((here, there, here, there, here, there)):
                    assert await offset_of(client, path) == number * MIB
                    sent = {**TUS, "Upload-Offset": str(number * MIB)}
                    body = content[number * MIB : (number + 1) * MIB]
                    replies = await asyncio.gather(
                        client.patch(path, headers=sent, content=body), here.patch(path, headers=sent, content=body)
                    )
                    assert sorted(reply.status_code for reply in replies) == [204, 409]
                file = await there.get((await there.get(path)).json()["file"]["url"])
                assert file.content == content
                assert len((await here.get("/api/v1/upload/files")).json()["data"]) == 1

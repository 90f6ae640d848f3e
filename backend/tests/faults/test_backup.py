"""Backups, restores and moves of installations that work, that are killed, and whose disk is full."""

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from musubi.core import installation, migrations
from musubi.core.clock import utcnow
from musubi.features.files import holds
from musubi.settings import Settings
from tests.backup.installation import contents, expect_all_is_there, fill, opened
from tests.conftest import make_settings
from tests.features.files.seeds import plant
from tests.features.files.support import kept_in, picture
from tests.processes import MUSUBI, PATIENCE_SECONDS, MusubiServer, Variables, environment, run_musubi
from tests.services import postgres
from tests.services.small_disk import small_disk
from tests.sql import database_of
from tests.support import PASSWORD, Actor, sign_in

WRITERS = 4
BACKUPS = 3
KILLS = 6
MEBIBYTE = 1024 * 1024
FILES = 48
"""Of a mebibyte each, so that there is time to kill."""


@dataclass
class Place:
    """A folder with an installation in it, and the settings that it has."""

    folder: Path
    variables: Variables = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """The same for this process."""
        return make_settings(
            data_dir=self.folder / "data", secret_key=None, database_url=self.variables.get("DATABASE_URL")
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_musubi(self.folder, *arguments, changes=self.variables)

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [MUSUBI, *arguments],
            cwd=self.folder,
            env=environment(self.folder, self.variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def server(self) -> MusubiServer:
        return MusubiServer(self.folder, changes=self.variables)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[Variables]:
    """The settings of the embedded database, and of an empty PostgreSQL."""
    if request.param == "sqlite":
        yield {}
        return
    with postgres() as cluster:
        yield {"DATABASE_URL": cluster.url, "MUSUBI_AUTO_MIGRATE": "true"}


@pytest.fixture
def place(tmp_path: Path, database: Variables) -> Place:
    return made(tmp_path / "installation", database)


def made(folder: Path, variables: Variables | None = None) -> Place:
    (folder / "data").mkdir(parents=True)
    return Place(folder, variables or {})


async def fill_with_much(place: Place) -> None:
    """Something of everything, and many files."""
    await migrations.upgrade(place.settings.database)
    await fill(place.settings)
    async with opened(place.settings) as (app, client):
        hanako = await sign_in(client, "hanako")
        for number in range(FILES):
            await plant(app, hanako, f"{number}.pdf", os.urandom(MEBIBYTE))


def assert_one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert all(word in line for word in ("musubi: ", *words)), line


@dataclass
class History:
    """What those who write were told."""

    items: set[str] = field(default_factory=set)
    """The titles of items that were acknowledged; none is deleted."""
    removed: int = 0
    """How many files were uploaded and deleted; every fourth one stays."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, count: int) -> set[str]:
        """The items, once there are so many."""
        while len(self.items) < count:
            self.changed.clear()
            await self.changed.wait()
        return set(self.items)


async def write(client: httpx.AsyncClient, history: History) -> None:
    """Make items, and upload files and delete them, until cancelled."""
    number = 0
    while True:
        number += 1
        title = f"item {id(client)} {id(asyncio.current_task())} {number}"
        reply = await client.post("/items", json={"title": title})
        assert reply.status_code == 201, reply.text
        history.items.add(title)
        data = picture(8 + number % 64, 8)
        uploaded = await client.post("/upload/files", files={"file": ("a.png", data, "image/png")})
        assert uploaded.status_code == 201, uploaded.text
        history.changed.set()
        if number % 4 == 0:
            continue
        deleted = await client.delete(f"/upload/files/{uploaded.json()['stored_name']}")
        assert deleted.status_code == 204, deleted.text
        history.removed += 1


async def test_while_everyone_works(place: Place, tmp_path: Path) -> None:
    """What was acknowledged before it began is inside, and no row names bytes that aren't there."""
    history = History()
    with place.server() as server:
        async with httpx.AsyncClient(base_url=f"{server.url}/api/v1", timeout=PATIENCE_SECONDS) as client:
            form = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
            reply = await client.post("/auth/register", json=form)
            client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
            writers = [asyncio.create_task(write(client, history)) for _ in range(WRITERS)]
            before: list[set[str]] = []
            for number in range(BACKUPS):
                before.append(await history.until(20 * (number + 1)))
                done = await asyncio.to_thread(place.run, "backup", str(tmp_path / f"{number}.backup"))
                assert done.returncode == 0, done.stderr
            failed = [task for task in writers if task.done()]
            for task in writers:
                task.cancel()
            await asyncio.gather(*writers, return_exceptions=True)
            assert failed == []
        server.stop()
    assert history.removed
    for number, known in enumerate(before):
        target = made(tmp_path / f"target{number}")
        restored = await asyncio.to_thread(target.run, "restore", str(tmp_path / f"{number}.backup"))
        assert restored.returncode == 0, restored.stderr
        with closing(sqlite3.connect(target.folder / "data/musubi.sqlite3")) as rows:
            inside = {title for (title,) in rows.execute("SELECT title FROM items")}
        assert known <= inside
        async with opened(target.settings) as (app, _):
            assert await kept_in(app)


async def test_a_backup_that_is_killed(place: Place, tmp_path: Path) -> None:
    """There is none, what it left is cleared away by the next, and it holds nothing for long."""
    await fill_with_much(place)
    chance = random.Random(20261122)  # noqa: S311 - the same kills in every run
    path, part = tmp_path / "a.backup", tmp_path / "a.backup.part"
    for _ in range(KILLS):
        process = place.start("backup", str(path))
        kill_after(part, process, chance.uniform(0, 0.3))
        if path.exists():
            # It was faster.
            path.unlink()
    async with opened(place.settings) as (app, _):
        until = await holds.held_until(database_of(app))
        assert until is None or until <= utcnow() + holds.LASTS
    done = place.run("backup", str(path))
    assert done.returncode == 0, done.stderr
    assert not part.exists()
    assert place.run("verify-backup", str(path)).returncode == 0


def kill_after(path: Path, process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """End the process so long after the file is there, if it isn't faster."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not path.exists() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    time.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


async def test_a_restore_that_is_killed(tmp_path: Path, database: Variables) -> None:
    """There is nothing, or no server starts until it was done again."""
    source = made(tmp_path / "source")
    await fill_with_much(source)
    path = tmp_path / "a.backup"
    assert source.run("backup", str(path)).returncode == 0
    expected = await contents(source.settings)
    target = made(tmp_path / "target", database)
    mark = installation.restore_mark(target.folder / "data")
    chance = random.Random(20261122)  # noqa: S311 - the same kills in every run
    marked = 0
    for _ in range(KILLS):
        process = target.start("restore", str(path))
        kill_after(mark, process, chance.uniform(0, 0.2))
        if mark.exists():
            marked += 1
            assert_one_line(target.run("serve", "--port", "0"), "run `musubi restore` again")
    assert marked, "none was killed in the middle"
    last = target.run("restore", str(path), *(() if mark.exists() else ("--overwrite",)))
    assert last.returncode == 0, last.stderr
    assert not mark.exists()
    after = await contents(target.settings)
    assert {name for name, content in expected.items() if after[name] != content} == {"rooms"}
    assert list((target.folder / "data/spool").iterdir()) == []
    with target.server() as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as client:
            await sign_in(client, "hanako")
        server.stop()


async def test_a_disk_that_is_full(tmp_path: Path) -> None:
    place = made(tmp_path / "installation")
    await fill_with_much(place)
    with small_disk(8) as disk:
        assert_one_line(place.run("backup", str(disk.path / "a.backup")), "No space left on device")
        assert list(disk.path.iterdir()) == []
    path = tmp_path / "a.backup"
    assert place.run("backup", str(path)).returncode == 0
    with small_disk(8) as disk:
        target = made(tmp_path / "target", {"MUSUBI_STORAGE_URL": (disk.path / "files").as_uri()})
        assert_one_line(target.run("restore", str(path)), "full")
        assert_one_line(target.run("serve", "--port", "0"), "run `musubi restore` again")
    target.variables = {}
    assert target.run("restore", str(path)).returncode == 0


async def test_a_moved_installation_goes_on(tmp_path: Path) -> None:
    """By the commands, and over the network."""
    embedded = made(tmp_path / "installation")
    await migrations.upgrade(embedded.settings.database)
    known = await fill(embedded.settings)
    with postgres() as cluster:
        with embedded.server() as server:
            assert_one_line(embedded.run("move-to-postgres", "--to", cluster.url), "stop it first")
            assert_one_line(embedded.run("restore", str(tmp_path / "none")), "none")
            server.stop()
        moved = embedded.run("move-to-postgres", "--to", cluster.url)
        assert moved.returncode == 0, moved.stderr
        assert "DATABASE_URL=postgresql://" in moved.stdout
        assert cluster.password not in moved.stdout
        place = Place(embedded.folder, {"DATABASE_URL": cluster.url})
        with place.server() as server:
            async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as client:
                hanako: Actor = await sign_in(client, "hanako")
                assert (await hanako.get("/items", params={"search": "結び目"})).json()["meta"]["total"] == 1
                links = await hanako.get("/upload/links", params={"name": known.stored_name})
                assert (await client.get(links.json()["data"][0]["url"])).status_code == 200
                history = (await hanako.get("/rooms/tea/messages")).json()
                assert [message["content"] for message in history["data"]] == ["結び目 @taro"]
            server.stop()
        await expect_all_is_there(place.settings, known, is_same_log=True)

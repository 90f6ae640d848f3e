"""What the doctor finds, subject by subject: each is named with what to do about it."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from musubi.core import migrations
from musubi.core.clock import utcnow
from musubi.core.jobs import Job
from musubi.doctor import postgres, redis, sqlite
from musubi.doctor.configuration import look_at_settings
from musubi.doctor.data import look_at_data
from musubi.doctor.database import look_at_database
from musubi.doctor.finding import Finding, Status, bad, ok, size_of, warn
from musubi.doctor.jobs import look_at_jobs
from musubi.doctor.redis import look_at_redis
from musubi.doctor.storage import look_at_storage
from musubi.settings import Settings, async_database_url
from tests.conftest import make_settings
from tests.sql import database_of

Production = Callable[..., Settings]
SECRET = "0123456789abcdefghijklmnopqrstuvwxyz"


def of(findings: list[Finding], subject: str) -> list[Status]:
    return [finding.status for finding in findings if finding.subject == subject]


def expect(finding: Finding, status: Status, *words: str) -> None:
    assert finding.status is status, finding.line
    assert [word for word in words if word not in finding.line] == []


@pytest.fixture
def production(tmp_path: Path) -> Production:
    def make(**values: Any) -> Settings:
        common = {
            "env": "production", "secret_key": SECRET, "base_url": "https://musubi.example", "data_dir": tmp_path,
            "trusted_proxies": ("10.0.0.0/8",), "password_memory_kib": 19456, "password_iterations": 2,
            "rate_limits": True, "database_url": "postgresql://musubi@localhost/musubi",
        }  # fmt: skip
        return make_settings(**{**common, **values})

    return make


def test_a_line() -> None:
    assert ok("mode", "production").line == "ok   mode       production"
    assert bad("web", "not built", fix="build it").line == "BAD  web        not built; fix: build it"
    assert warn("jobs", "one is dead", fix="look").line == "warn jobs       one is dead; fix: look"
    assert [size_of(count) for count in (5, 2048, 3 * 1024**2, 1024**4)] == ["5 bytes", "2.0 KiB", "3.0 MiB", "1.0 TiB"]


def test_settings_that_go_together(production: Production) -> None:
    assert {finding.status for finding in look_at_settings(production())} == {Status.OK}


@pytest.mark.parametrize(
    ("values", "subject", "status"),
    [
        ({"base_url": None}, "address", Status.WARN),
        ({"base_url": "http://musubi.example"}, "address", Status.BAD),
        ({"env": "development"}, "address", Status.WARN),
        ({"trusted_proxies": ()}, "proxy", Status.WARN),
        ({"trusted_proxies": ("*",)}, "proxy", Status.WARN),
        ({"env": "development", "secret_key": None}, "secret", Status.WARN),
        ({"env": "development", "secret_key": None, "previous_secret_keys": SECRET}, "secret", Status.WARN),
        ({"database_url": None, "redis_url": "redis://localhost"}, "database", Status.WARN),
        ({"redis_url": "redis://localhost"}, "files", Status.WARN),
        ({"storage_redirects": True}, "files", Status.WARN),
        ({"resumable_max_bytes": 2, "file_quota_bytes": 1}, "files", Status.WARN),
        ({"metrics_port": 9464, "metrics_host": "::"}, "metrics", Status.WARN),
        ({"cors_origins": ("http://other.example",)}, "cors", Status.WARN),
        ({"rate_limits": False}, "limits", Status.WARN),
    ],
)
def test_settings_that_do_not(production: Production, values: dict[str, Any], subject: str, status: Status) -> None:
    found = look_at_settings(production(**values))
    assert status in of(found, subject)
    assert all((finding.fix is None) == (finding.status is Status.OK) for finding in found)


def test_a_secret_that_others_can_read(tmp_path: Path) -> None:
    settings = make_settings(secret_key=None, data_dir=tmp_path)
    tmp_path.chmod(0o700)
    settings.secrets()
    assert {finding.status for finding in look_at_data(settings)} == {Status.OK}
    settings.secret_path.chmod(0o644)
    [_, secret] = look_at_data(settings)
    expect(secret, Status.BAD, "644", f"chmod 600 {settings.secret_path}")
    settings.secret_path.write_bytes(b"")
    assert of(look_at_data(settings), "secret") == [Status.BAD]
    tmp_path.chmod(0o755)
    assert of(look_at_data(settings), "data") == [Status.OK, Status.WARN]


@pytest.mark.parametrize(("free", "status"), [(10**7, Status.BAD), (5 * 10**8, Status.WARN), (10**11, Status.OK)])
def test_a_disk_that_fills_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, status: Status) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    tmp_path.chmod(0o700)
    assert look_at_data(make_settings(data_dir=tmp_path))[0].status is status


async def test_a_healthy_database(settings: Settings, app: FastAPI) -> None:
    found = await look_at_database(settings)
    assert {finding.status for finding in found} == {Status.OK}, [finding.line for finding in found]
    assert of(found, "schema") == of(found, "jobs") == [Status.OK]


async def test_a_damaged_file(tmp_path: Path) -> None:
    file = tmp_path / "musubi.sqlite3"
    url = f"sqlite:///{file}"
    await migrations.upgrade(async_database_url(url))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    content = bytearray(file.read_bytes())
    content[4096 * 3 : 4096 * 6] = b"\xff" * 4096 * 3
    file.write_bytes(content)
    found = await look_at_database(make_settings(database_url=url, data_dir=tmp_path))
    [damaged] = [finding for finding in found if finding.status is Status.BAD]
    expect(damaged, Status.BAD, "damaged", "musubi restore")


async def test_a_log_that_only_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'musubi.sqlite3'}"
    await migrations.upgrade(async_database_url(url))
    settings = make_settings(database_url=url, data_dir=tmp_path)
    monkeypatch.setattr(sqlite, "LARGE_LOG_BYTES", 1)
    with closing(sqlite3.connect(tmp_path / "musubi.sqlite3")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE more (id INTEGER)")
        [growing] = [each for each in await look_at_database(settings) if each.status is Status.WARN]
    expect(growing, Status.WARN, "log ", "stop what reads")


async def test_a_file_that_is_mostly_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'musubi.sqlite3'}"
    await migrations.upgrade(async_database_url(url))
    monkeypatch.setattr(sqlite, "_MUCH_FREE", 1)
    with closing(sqlite3.connect(tmp_path / "musubi.sqlite3")) as connection, connection:
        connection.execute("CREATE TABLE more (content BLOB)")
        connection.execute("INSERT INTO more VALUES (zeroblob(2000000))")
        connection.execute("DROP TABLE more")
    found = await look_at_database(make_settings(database_url=url, data_dir=tmp_path))
    [empty] = [each for each in found if each.status is Status.WARN]
    expect(empty, Status.WARN, "free pages", "VACUUM")


def server(**changes: Any) -> SimpleNamespace:
    """What a PostgreSQL says that is as it should be."""
    good = {
        "version": 150008, "version_name": "15.8", "max_connections": 100, "reserved": 3, "encoding": "UTF8",
        "locale": "C.UTF-8", "has_trigrams": True,
    }  # fmt: skip
    return SimpleNamespace(**{**good, **changes})


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({}, Status.OK, "15.8"),
        ({"version": 140012, "version_name": "14.12"}, Status.BAD, "14.12"),
        ({"has_trigrams": False}, Status.BAD, "postgresql-contrib"),
        ({"locale": "C"}, Status.BAD, "locale"),
        ({"encoding": "SQL_ASCII"}, Status.BAD, "SQL_ASCII"),
        ({"max_connections": 30}, Status.BAD, "max_connections"),
        ({"max_connections": 50}, Status.WARN, "max_connections"),
    ],
)
def test_servers(changes: dict[str, Any], status: Status, word: str) -> None:
    found = list(postgres.judge(server(**changes), make_settings(database_pool_size=20)))
    assert status in {finding.status for finding in found}
    assert any(word in finding.line for finding in found if finding.status is status)


@pytest.mark.parametrize(("ahead", "status"), [(0.1, Status.OK), (-5, Status.WARN), (300, Status.BAD)])
def test_clocks(ahead: float, status: Status) -> None:
    expect(postgres.judge_clock(ahead), status, f"{abs(ahead):.1f} s")


@pytest.mark.parametrize(
    ("info", "status", "word"),
    [
        ({}, Status.OK, "reachable"),
        ({"redis_version": "7.2.4", "valkey_version": "8.1.0", "used_memory": 1}, Status.OK, "8.1.0"),
        ({"redis_version": "6.2.7"}, Status.BAD, "6.2.7"),
        ({"redis_version": "7.4.0", "used_memory": 95, "maxmemory": 100}, Status.WARN, "maxmemory"),
        (
            {"redis_version": "7.4.0", "used_memory": 5, "maxmemory": 100, "maxmemory_policy": "allkeys-lru"},
            Status.WARN,
            "volatile-ttl",
        ),
    ],
)
def test_caches(info: dict[str, Any], status: Status, word: str) -> None:
    [finding] = redis.judge(info)
    expect(finding, status, word)


async def test_the_cache_that_is_there(settings: Settings) -> None:
    assert [finding.status for finding in await look_at_redis(settings)] == [Status.OK]


async def test_a_store_is_written_to_and_nothing_stays(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    settings = make_settings(storage_url=folder.as_uri(), data_dir=tmp_path)
    expect(await look_at_storage(settings), Status.OK, "written, read and deleted")
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    folder.rename(tmp_path / "elsewhere")
    folder.write_text("no folder")
    expect(await look_at_storage(settings), Status.BAD, "MUSUBI_STORAGE_URL")


async def test_jobs_that_failed_or_wait(app: FastAPI, settings: Settings) -> None:
    now = utcnow()
    async with database_of(app).transaction() as session:
        await session.execute(text("DELETE FROM jobs"))
        session.add_all(
            [
                Job(kind="a", payload={}, due_at=now, dead_at=now, created_at=now, locale="en"),
                Job(kind="b", payload={}, due_at=now - timedelta(minutes=9), created_at=now, locale="en"),
            ]
        )
    dead, waiting = await look_at_jobs(settings)
    expect(dead, Status.WARN, "1 has failed", "/admin/system")
    expect(waiting, Status.WARN, "9 minutes", "MUSUBI_JOB_WORKERS")

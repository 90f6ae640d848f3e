"""What the tests stand on: an application of their own, over HTTP, on an empty database.

The same tests run twice: embedded (SQLite, nothing else) and, where `MUSUBI_TEST_POSTGRES_URL` and
`MUSUBI_TEST_REDIS_URL` name throwaway servers, on PostgreSQL and Valkey.
"""

import asyncio
import gc
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import structlog
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from musubi.app import create_app
from musubi.core import clock, migrations
from musubi.settings import Settings, async_database_url
from tests.support import Actor, make_actor

POSTGRES_URL = os.environ.get("MUSUBI_TEST_POSTGRES_URL")
REDIS_URL = os.environ.get("MUSUBI_TEST_REDIS_URL")

# What has nothing to do with a database, or brings the servers it is about, and runs once: on the embedded one.
_WITHOUT_DATABASE = [
    "adapters/bus", "adapters/oidc", "adapters/storage", "adapters/test_cache.py", "adapters/test_limiter.py",
    "adapters/test_redis_metrics.py",
    "adapters/test_mail.py", "architecture", "backup/test_age.py",
    "backup/test_archive.py", "backup/test_commands.py", "continuity/test_history.py", "continuity/test_one_process.py",
    "core/http/test_body_limit.py", "core/http/test_conditional.py", "core/http/test_content_disposition.py",
    "core/http/test_cors.py", "core/http/test_docs_pages.py", "core/http/test_multipart.py",
    "core/http/test_ranges.py", "core/http/test_request_context.py", "core/http/test_security_headers.py",
    "core/http/test_spa.py", "core/http/test_strict_json.py", "core/http/test_trusted_hosts.py",
    "core/realtime/test_protocol.py", "core/test_cursor.py", "core/test_i18n.py", "core/test_identity_provider.py",
    "core/test_keyring.py", "core/test_limits.py", "core/test_pagination.py", "core/test_permissions.py",
    "core/test_smtp_url.py", "core/test_storage_url.py", "core/test_text.py", "core/tracing",
    "features/accounts/test_device.py",
    "features/accounts/test_passkey_junk.py", "features/accounts/test_tokens.py", "features/audit/test_actions.py",
    "features/files/inspection", "features/files/resumable/test_headers.py", "features/files/test_upload_names.py",
    "features/mail/test_templates.py", "features/rooms/test_presence.py", "features/rooms/test_stream.py",
    "features/rooms/test_stream_races.py", "permissions/test_table.py", "scripts", "test_metrics.py",
    "test_server.py", "test_settings.py",
]  # fmt: skip
# What needs the servers, and whatever is sent to every route: the database that refuses more is asked.
_ON_POSTGRES = [
    "backup/test_moving.py",
    "contract",
    "test_metrics_of_workers.py",
    "test_scale_out.py",
    "test_traces_of_services.py",
]
# Not skipped but not there: a skipped test is one that should have run.
collect_ignore = _WITHOUT_DATABASE if POSTGRES_URL else _ON_POSTGRES

AppMaker = Callable[..., Awaitable[AsyncClient]]

# The same examples in every run; and no deadline, because what is measured is a shared machine.
hypothesis_settings.register_profile(
    "musubi",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
hypothesis_settings.load_profile("musubi")

# Every test makes an application and drops it. Looking for what can be collected after each 700 new objects, which is
# Python's own number, takes a tenth of all the time.
gc.set_threshold(20_000, 20, 20)

# What the application logs is shown with a test that fails; without the values of variables: drawing them takes long.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "musubi.sqlite3"
    asyncio.run(migrations.upgrade(async_database_url(f"sqlite:///{path}")))
    return path


@pytest.fixture(scope="session")
def postgres_database(worker_id: str) -> Iterator[str | None]:
    """A migrated database of this worker's own, or None in embedded mode."""
    if POSTGRES_URL is None:
        yield None
        return
    yield from _migrated_postgres(f"musubi_{worker_id}_{os.getpid()}")


@pytest.fixture(scope="module")
def module_database(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty, migrated database that the tests of a module share."""
    if POSTGRES_URL is None:
        yield f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('module') / 'musubi.sqlite3')}"
        return
    yield from _migrated_postgres(f"musubi_{uuid4().hex}")


def _migrated_postgres(name: str) -> Iterator[str]:
    """Makes a database, gives its URL, and drops it."""
    asyncio.run(_administer(f'CREATE DATABASE "{name}"'))
    url = make_url(POSTGRES_URL or "").set(database=name).render_as_string(hide_password=False)
    asyncio.run(migrations.upgrade(async_database_url(url)))
    yield url
    asyncio.run(_administer(f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _administer(statement: str) -> None:
    assert POSTGRES_URL is not None
    engine = create_async_engine(async_database_url(POSTGRES_URL), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


# TRUNCATE makes new files for each table and index, which takes thirty times as long as deleting a test's few rows.
# As a replica: in any order, and what may not be deleted, too.
_EMPTY = """
DO $$ DECLARE t record; BEGIN
  PERFORM set_config('session_replication_role', 'replica', true);
  FOR t IN SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
  LOOP
    EXECUTE 'DELETE FROM ' || quote_ident(t.relname);
  END LOOP;
  FOR t IN SELECT seqrelid FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL LOOP
    PERFORM setval(t.seqrelid::regclass, 1, false);
  END LOOP;
END $$
"""


@pytest.fixture
async def database_url(sqlite_template: Path, postgres_database: str | None, tmp_path: Path) -> str:
    """An empty, migrated database."""
    if postgres_database is None:
        return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'musubi.sqlite3')}"
    # By the driver alone: what SQLAlchemy asks about a server, it asks for each engine.
    connection = await asyncpg.connect(postgres_database)
    await connection.execute(_EMPTY)
    await connection.close()
    return postgres_database


@pytest.fixture
async def new_database(tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a database in which nothing has ever been."""
    if POSTGRES_URL is None:
        yield f"sqlite:///{tmp_path / 'new.sqlite3'}"
        return
    name = f"musubi_{uuid4().hex}"
    await _administer(f'CREATE DATABASE "{name}"')
    yield make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)
    await _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def settings(database_url: str, tmp_path: Path, worker_id: str) -> Settings:
    """Settings of an application under test: all defaults, but password hashes that cost next to nothing and no
    jobs running beside the test."""
    own = {"database_url": database_url, "redis_url": redis_database(worker_id), "data_dir": tmp_path}
    return default_settings().model_copy(update=own)


@cache
def default_settings() -> Settings:
    """Made once: looking for some seventy settings in four places takes as long as two requests."""
    return make_settings()


def make_settings(**values: Any) -> Settings:
    """Settings that no environment variable or `.env` has a say in.

    Jobs don't run by themselves, at some moment that no test chose: `await app.state.jobs.drain()` runs what is due.
    """
    cheap = {"password_memory_kib": 8, "password_iterations": 1, "secret_key": "tests only: forty characters of secret"}
    return Settings(_env_file=None, **{**cheap, "job_workers": 0, "rate_limits": False, **values})


def redis_database(worker_id: str) -> str | None:
    """A numbered database of this worker's own, so that workers don't empty each other's."""
    if REDIS_URL is None:
        return None
    number = 0 if worker_id == "master" else int(worker_id.removeprefix("gw")) + 1
    return f"{REDIS_URL.rstrip('/')}/{number}"


@pytest.fixture
async def make_client(settings: Settings) -> AsyncIterator[AppMaker]:
    """Makes an application with some settings changed and gives a client of it; `client.app` is the application."""
    async with AsyncExitStack() as stack:

        async def make(**changes: Any) -> AsyncClient:
            app = create_app(settings.model_copy(update=changes))
            await stack.enter_async_context(app.router.lifespan_context(app))
            await app.state.cache.clear()
            # What a test wants to see is the reply that a client gets, not the exception behind it.
            transport = ASGITransport(app, raise_app_exceptions=False)
            client = AsyncClient(transport=transport, base_url="http://localhost:8000")
            return await stack.enter_async_context(client)

        yield make


@pytest.fixture
async def client(make_client: AppMaker) -> AsyncClient:
    """A client of an application with default settings."""
    return await make_client()


@pytest.fixture
def app(client: AsyncClient) -> FastAPI:
    """The application behind `client`."""
    transport = client._transport
    assert isinstance(transport, ASGITransport)
    assert isinstance(transport.app, FastAPI)
    return transport.app


@pytest.fixture
async def member(client: AsyncClient) -> Actor:
    """Someone who just registered."""
    return await make_actor(client, "hanako")


@pytest.fixture
async def other(client: AsyncClient) -> Actor:
    """Another member."""
    return await make_actor(client, "taro")


@pytest.fixture
async def superuser(client: AsyncClient, app: FastAPI) -> Actor:
    """The first superuser, made through the one-time link."""
    return await make_actor(client, "root", setup_token=app.state.accounts.sessions.tokens.setup_token())


@pytest.fixture
async def editor(client: AsyncClient, superuser: Actor) -> Actor:
    return await superuser.appoint("editor-san", role="editor")


@pytest.fixture
async def admin(client: AsyncClient, superuser: Actor) -> Actor:
    return await superuser.appoint("admin-san", role="admin")


class Clock:
    """The application's clock, which a test can move."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def forward(self, **amount: float) -> None:
        """Let this much time pass at once: `seconds=`, `minutes=`, `days=` …"""
        self.ahead += timedelta(**amount)


@pytest.fixture
def moving_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    really = clock._read

    def read() -> datetime:
        return really() + moved.ahead

    monkeypatch.setattr(clock, "_read", read)
    return moved

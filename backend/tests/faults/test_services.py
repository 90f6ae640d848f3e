"""The throwaway servers start, keep their promises through restarts and kills, and leave nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from tests.services import Moto, Postgres, Valkey, postgres, valkey
from tests.services.__main__ import run
from tests.services.service import Service, ServiceError

# What the command under test prints: one line, after which it waits for its input to end.
WAITING = "import os, sys; print(os.environ['MUSUBI_TEST_POSTGRES_URL'], flush=True); sys.stdin.read()"


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_postgres_speaks_unicode_and_has_trigrams() -> None:
    with postgres() as database:
        assert await ask(database.url, "show server_encoding") == "UTF8"
        assert await ask(database.url, "select datctype from pg_database where datname = 'postgres'") == "C.UTF-8"
        await ask(database.url, "create extension pg_trgm")
        assert await ask(database.url, "select similarity('結び目の本', '結び目') > 0")


async def test_postgres_takes_settings_and_makes_urls_of_other_databases() -> None:
    with postgres({"max_connections": "17"}) as database:
        assert await ask(database.url, "show max_connections") == "17"
        await ask(database.url, "create database another")
        assert await ask(database.database_url("another"), "select current_database()") == "another"


async def test_postgres_wants_its_password() -> None:
    with postgres() as database, pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(database.url.replace(database.password, "wrong"))


@pytest.mark.parametrize("interrupt", [Postgres.restart, Postgres.kill])
async def test_postgres_keeps_what_was_committed(interrupt: Callable[[Postgres], None]) -> None:
    with postgres() as database:
        await ask(database.url, "create table kept as select 41 + 1 as answer")
        interrupt(database)
        database.start()
        assert await ask(database.url, "select answer from kept") == 42


async def test_valkey_serves_and_comes_back_empty_after_a_kill() -> None:
    with valkey() as store:
        async with Redis.from_url(store.url) as client:
            await client.set("key", "value")
            assert await client.get("key") == b"value"
        store.kill()
        assert not accepts(store.port)
        store.start()
        async with Redis.from_url(store.url) as client:
            assert await client.get("key") is None


@pytest.mark.parametrize("kind", [Postgres, Valkey, Moto])
def test_an_exception_leaves_nothing_behind(kind: type[Service]) -> None:
    service = kind()
    with pytest.raises(ZeroDivisionError), service:
        _ = 1 / accepts(service.port) / 0
    assert not accepts(service.port)
    assert not service.folder.exists()


def test_a_start_that_fails_says_why_and_leaves_nothing_behind() -> None:
    service = postgres({"shared_buffers": "nonsense"})
    with pytest.raises(ServiceError, match="shared_buffers"), service:
        pass
    assert not service.folder.exists()


def test_a_taken_port_is_exchanged_for_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        store = valkey()
        store.port = taken.getsockname()[1]
        with store:
            assert store.port != taken.getsockname()[1]
            assert accepts(store.port)


def test_the_command_gets_the_urls_and_gives_its_status() -> None:
    assert run([sys.executable, "-c", "import os, sys; sys.exit(7 * ('MUSUBI_TEST_REDIS_URL' in os.environ))"]) == 7


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that other accounts may pass through; pytest's own are closed to them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_servers_end_with_their_owner(number: signal.Signals, open_folder: Path) -> None:
    command = [sys.executable, "-m", "tests.services", "run", "--", sys.executable, "-c", WAITING]
    owner = subprocess.Popen(
        command,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TMPDIR": str(open_folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with owner:
        assert owner.stdout
        assert owner.stderr
        port = int(owner.stdout.readline().rpartition(":")[2].partition("/")[0])
        assert accepts(port)
        # To the whole group, as a terminal or a supervisor sends it.
        os.killpg(owner.pid, number)
        # The watchdogs inherited this pipe: it ends when the last of them is done.
        owner.stderr.read()
    assert not accepts(port)
    assert list(open_folder.iterdir()) == []

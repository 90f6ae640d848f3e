"""The commands, and the one line that each says when it can't do what it should."""

import json
import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from typer.testing import CliRunner, Result

from musubi import __version__
from musubi.cli import app
from musubi.settings import async_database_url
from tests.processes import Variables, environment
from tests.services.service import free_port
from tests.support import PASSWORD

COMMANDS = [
    "serve", "migrate", "createsuperuser", "reset-second-factors", "rotate-secret", "reseal", "export-contract",
    "doctor", "backup", "verify-backup", "restore", "move-to-postgres",
]  # fmt: skip

Musubi = Callable[..., Result]


@pytest.fixture
def musubi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Musubi:
    """Runs the command in an empty folder, with nothing but these variables."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, changes: Variables | None = None, stdin: str = "") -> Result:
        with mock.patch.dict(os.environ, environment(tmp_path, changes), clear=True):
            result = CliRunner().invoke(app, arguments, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def assert_refused(result: Result, *words: str) -> None:
    """The command failed with one clear line that has these words in it."""
    assert result.exit_code == 1
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("musubi: ")
    for word in words:
        assert word in lines[0]


def test_help_lists_every_command(musubi: Musubi) -> None:
    result = musubi("--help")
    assert result.exit_code == 0
    for command in COMMANDS:
        assert command in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(musubi: Musubi, command: str) -> None:
    result = musubi(command, "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.stdout


def test_its_version(musubi: Musubi) -> None:
    assert musubi("--version").stdout == f"{__version__}\n"


@pytest.mark.parametrize("command", [["serve"], ["migrate"], ["doctor"]])
@pytest.mark.parametrize(
    ("name", "value"), [("DATABASE_URL", "mysql://u:p@db/musubi"), ("MUSUBI_ENV", "nope"), ("PORT", "eighty")]
)
def test_a_setting_that_is_not_valid(musubi: Musubi, command: list[str], name: str, value: str) -> None:
    assert_refused(musubi(*command, changes={name: value}), name)


def test_production_without_a_secret(musubi: Musubi) -> None:
    assert_refused(musubi("serve", changes={"MUSUBI_ENV": "production"}), "SECRET_KEY")


def test_test_mode_for_all_to_see(musubi: Musubi) -> None:
    assert_refused(musubi("serve", "--host", "::", changes={"MUSUBI_ENV": "test"}), "HOST")


def test_workers_need_redis(musubi: Musubi) -> None:
    assert_refused(musubi("serve", "--workers", "2"), "REDIS_URL", "--workers")


def test_a_port_in_use(musubi: Musubi) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert_refused(musubi("serve", "--port", port), "PORT", port)


def test_an_address_of_another_machine(musubi: Musubi) -> None:
    assert_refused(musubi("serve", "--host", "192.0.2.1", "--port", "0"), "192.0.2.1")


@pytest.mark.parametrize("host", ["no such host", "x" * 70])
def test_a_name_that_is_no_address(musubi: Musubi, host: str) -> None:
    assert_refused(musubi("serve", "--host", host, "--port", "0"), host)


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_data_directory_that_can_not_be_written_to(musubi: Musubi, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").touch()
    folder = str(tmp_path / "file" / "data")
    assert_refused(musubi(command, changes={"MUSUBI_DATA_DIR": folder}), "MUSUBI_DATA_DIR", folder)


@pytest.mark.parametrize("path", ["file/below/musubi.sqlite3", "missing/musubi.sqlite3", "folder", "text"])
@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["migrate"]])
def test_a_database_file_that_can_not_be_used(musubi: Musubi, tmp_path: Path, command: list[str], path: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("Not a database, but a text of more than a few characters. " * 20)
    url = f"sqlite:///{tmp_path / path}"
    assert_refused(musubi(*command, changes={"DATABASE_URL": url}), "DATABASE_URL", path)


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["migrate"]])
def test_a_database_that_can_not_be_reached(musubi: Musubi, command: list[str]) -> None:
    url = f"postgresql://musubi:{PASSWORD}@127.0.0.1:{free_port()}/musubi"
    result = musubi(*command, changes={"DATABASE_URL": url})
    assert_refused(result, "DATABASE_URL")
    assert PASSWORD not in result.stderr


def test_a_database_that_is_migrated_by_hand(musubi: Musubi, new_database: str) -> None:
    changes: Variables = {"DATABASE_URL": new_database, "MUSUBI_AUTO_MIGRATE": "false"}
    assert_refused(musubi("serve", "--port", "0", changes=changes), "musubi migrate")
    flags = ["--username", "root", "--email", "root@example.com", "--password-stdin"]
    assert_refused(musubi("createsuperuser", *flags, changes=changes, stdin=f"{PASSWORD}\n"), "musubi migrate")


async def _make_newer(url: str) -> None:
    engine = create_async_engine(async_database_url(url), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        await connection.execute(text("INSERT INTO alembic_version VALUES ('9999')"))
    await engine.dispose()


@pytest.fixture
async def newer_database(new_database: str) -> str:
    """A database that a later version has migrated."""
    await _make_newer(new_database)
    return new_database


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["migrate"]])
def test_a_database_newer_than_the_code(musubi: Musubi, newer_database: str, command: list[str]) -> None:
    changes: Variables = {"DATABASE_URL": newer_database, "MUSUBI_AUTO_MIGRATE": "true"}
    assert_refused(musubi(*command, changes=changes), "9999", "newer")


def test_migrate_says_what_it_did(musubi: Musubi, new_database: str) -> None:
    changes: Variables = {"DATABASE_URL": new_database}
    first, second = musubi("migrate", changes=changes), musubi("migrate", changes=changes)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "migrated" in first.stdout
    assert "up to date" in second.stdout


def create_superuser(musubi: Musubi, url: str | None, password: str = PASSWORD, **options: str) -> Result:
    arguments = {"username": "root", "email": "root@example.com", **options}
    flags = [part for name, value in arguments.items() for part in (f"--{name}", value)]
    changes: Variables = {"DATABASE_URL": url, "MUSUBI_AUTO_MIGRATE": "true"}
    return musubi("createsuperuser", *flags, "--password-stdin", changes=changes, stdin=f"{password}\n")


def test_a_superuser_from_the_terminal(musubi: Musubi, new_database: str) -> None:
    result = create_superuser(musubi, new_database)
    assert result.exit_code == 0, result.stderr
    assert "root" in result.stdout
    assert PASSWORD not in result.stdout + result.stderr
    assert_refused(create_superuser(musubi, new_database), "already taken")
    # It isn't limited to the first: whoever has a shell there may make another.
    assert create_superuser(musubi, new_database, username="second", email="s@example.com").exit_code == 0


def test_a_superuser_on_a_machine_that_never_served(musubi: Musubi, tmp_path: Path) -> None:
    assert create_superuser(musubi, None).exit_code == 0
    with closing(sqlite3.connect(tmp_path / "data" / "musubi.sqlite3")) as connection:
        rows = connection.execute("SELECT username, role, is_superuser, is_active FROM users").fetchall()
    assert rows == [("root", "admin", 1, 1)]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"username": "x"}, "username"),
        ({"email": "x"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": ""}, "password"),
        ({"password": "Password1"}, "password"),
    ],
)
def test_a_superuser_that_breaks_the_rules(musubi: Musubi, tmp_path: Path, options: dict[str, str], word: str) -> None:
    assert_refused(create_superuser(musubi, f"sqlite:///{tmp_path}/new.sqlite3", **options), word)


def test_a_password_is_asked_for_twice(musubi: Musubi, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter([PASSWORD, PASSWORD + "x"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    flags = ["createsuperuser", "--username", "root", "--email", "root@example.com"]
    assert_refused(musubi(*flags), "differ")
    typed = iter([PASSWORD, PASSWORD])
    assert musubi(*flags).exit_code == 0


def test_the_contract(musubi: Musubi, tmp_path: Path) -> None:
    first, second = musubi("export-contract", "a"), musubi("export-contract", str(tmp_path / "b" / "c"))
    assert (first.exit_code, second.exit_code) == (0, 0)
    document = (tmp_path / "a" / "openapi.json").read_bytes()
    assert document == (tmp_path / "b" / "c" / "openapi.json").read_bytes()
    assert json.loads(document)["openapi"].startswith("3.")
    assert "/api/v1/auth/login" in json.loads(document)["paths"]


def test_the_contract_depends_on_no_setting(musubi: Musubi, tmp_path: Path) -> None:
    musubi("export-contract", "a")
    odd: Variables = {"MUSUBI_ENV": "test", "DATABASE_URL": "nonsense", "MUSUBI_DOCS": "false"}
    assert musubi("export-contract", "b", changes=odd).exit_code == 0
    assert (tmp_path / "a" / "openapi.json").read_bytes() == (tmp_path / "b" / "openapi.json").read_bytes()


def test_doctor_on_a_healthy_machine(musubi: Musubi, new_database: str, tmp_path: Path) -> None:
    changes: Variables = {"DATABASE_URL": new_database, "MUSUBI_STORAGE_URL": (tmp_path / "files").as_uri()}
    assert musubi("migrate", changes=changes).exit_code == 0
    result = musubi("doctor", changes=changes)
    for subject in ("mode", "data", "database", "schema", "jobs", "redis", "files", "mail", "backup", "web", "address"):
        assert subject in result.stdout
    assert "up to date" in result.stdout
    # Whether the browser application is built is not this test's business.
    assert [line for line in result.stdout.splitlines() if line.startswith("BAD") and " web " not in line] == []


def test_doctor_names_everything_that_is_wrong(musubi: Musubi, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = musubi(
        "doctor",
        changes={
            "MUSUBI_DATA_DIR": str(tmp_path / "file" / "data"),
            "DATABASE_URL": f"postgresql://musubi:{PASSWORD}@127.0.0.1:{free_port()}/musubi",
            "REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:{free_port()}/0",
            "MUSUBI_STORAGE_URL": f"s3://key:{PASSWORD}@bucket?endpoint=http://127.0.0.1:{free_port()}&allow_http=true",
            "MUSUBI_BASE_URL": "http://localhost:8000",
            "MUSUBI_SMTP_URL": f"smtp://musubi:{PASSWORD}@127.0.0.1:{free_port()}",
            "MUSUBI_OIDC_PROVIDERS": json.dumps(
                [{"name": "gone", "title": "Gone", "issuer": f"http://127.0.0.1:{free_port()}", "client_id": "musubi"}]
            ),
        },
    )
    assert result.exit_code == 1
    wrong = [line for line in result.stdout.splitlines() if line.startswith("BAD")]
    names = "DATA_DIR", "DATABASE_URL", "REDIS_URL", "STORAGE_URL", "SMTP_URL", "OIDC_PROVIDERS"
    for name in names:
        assert sum(name in line.partition("; fix: ")[0] for line in wrong) == 1
    assert all("; fix: " in line for line in wrong)
    assert PASSWORD not in result.stdout
    assert result.stderr == ""


def test_doctor_says_that_a_migration_is_due(musubi: Musubi, new_database: str) -> None:
    changes: Variables = {"DATABASE_URL": new_database, "MUSUBI_AUTO_MIGRATE": "false"}
    result = musubi("doctor", changes=changes)
    assert result.exit_code == 1
    assert "musubi migrate" in result.stdout


def test_doctor_for_programs(musubi: Musubi, new_database: str, tmp_path: Path) -> None:
    changes: Variables = {"DATABASE_URL": new_database, "MUSUBI_STORAGE_URL": (tmp_path / "files").as_uri()}
    musubi("migrate", changes=changes)
    result = musubi("doctor", "--json", changes=changes)
    findings = json.loads(result.stdout)
    assert {tuple(finding) for finding in findings} == {("subject", "status", "text", "fix")}
    assert {finding["status"] for finding in findings} <= {"ok", "warn", "BAD"}
    assert [finding for finding in findings if (finding["status"] == "ok") != (finding["fix"] is None)] == []
    assert result.exit_code == int(any(finding["status"] == "BAD" for finding in findings))

"""The pages on security say what the code does, and every answer to the ASVS names tests that are there."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

import musubi
from musubi.app import create_app
from musubi.core.http import security_headers
from musubi.core.permissions import ROLE_PERMISSIONS, Permission, Role
from musubi.features.accounts.schemas import UserRead
from musubi.features.files import serving
from musubi.features.items.schemas import ItemRead
from tests.conftest import make_settings

ROOT: Final = Path(__file__).resolve().parents[3]
SOURCE: Final = Path(musubi.__file__).parent
MODULES: Final = {path.relative_to(SOURCE).as_posix(): path.read_text() for path in sorted(SOURCE.rglob("*.py"))}
DOCS: Final = ROOT / "docs"
CODE: Final = re.compile(r"`([^`]+)`")

# OWASP ASVS 5.0.0, chapters V6 to V11 and V13: the requirements of each section; those of level 2 behind the bar.
REQUIREMENTS: Final = {
    "6.1": "1 | 2 3", "6.2": "1 2 3 4 5 6 7 8 | 9 10 11 12", "6.3": "1 2 | 3 4", "6.4": "1 2 | 3 4",
    "6.5": "| 1 2 3 4 5", "6.6": "| 1 2 3", "6.8": "| 1 2 3 4",
    "7.1": "| 1 2 3", "7.2": "1 2 3 4 |", "7.3": "| 1 2", "7.4": "1 2 | 3 4 5", "7.5": "| 1 2", "7.6": "| 1 2",
    "8.1": "1 | 2", "8.2": "1 2 | 3", "8.3": "1 |", "8.4": "| 1",
    "9.1": "1 2 3 |", "9.2": "1 | 2 3 4",
    "10.1": "| 1 2", "10.2": "| 1 2", "10.3": "| 1 2 3 4", "10.4": "1 2 3 4 5 | 6 7 8 9 10 11", "10.5": "| 1 2 3 4 5",
    "10.6": "| 1 2", "10.7": "| 1 2 3",
    "11.1": "| 1 2", "11.2": "| 1 2 3", "11.3": "1 2 | 3", "11.4": "1 | 2 3 4", "11.5": "| 1", "11.6": "| 1",
    "13.1": "| 1", "13.2": "| 1 2 3 4 5", "13.3": "| 1 2", "13.4": "1 | 2 3 4 5",
}  # fmt: skip

# What opens a connection, or makes something that does; and what only knows their errors or times.
CONNECTING: Final = {
    "aiosmtplib", "asyncpg", "httpx", "obstore", "opentelemetry.exporter", "redis", "requests", "sentry_sdk", "smtplib",
    "urllib.request", "http.client",
}  # fmt: skip
ENCRYPTING: Final = {
    "hashlib": "`hashlib`", "hmac": "`hmac`", "cryptography": "cryptography", "jwt": "PyJWT", "joserfc": "joserfc",
    "pwdlib": "argon2-cffi", "webauthn": "webauthn",
}  # fmt: skip


def table_rows(text: str) -> list[list[str]]:
    """The cells of every row of the tables in `text`, without the heads."""
    rows = [line.strip().strip("|").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows if not set("".join(row)) <= set("-| ")]


def section(heading: str) -> str:
    """What stands under a heading of the page on security."""
    _, found, rest = (DOCS / "security.md").read_text().partition(f"\n## {heading}\n")
    assert found, heading
    return rest.partition("\n## ")[0]


@cache
def answers() -> list[list[str]]:
    """Id, level, subject, answer, and tests or reason."""
    rows = table_rows((DOCS / "security-asvs.md").read_text())
    return [row for row in rows if re.fullmatch(r"[\d.]+", row[0])]


def named_tests(cell: str) -> list[str]:
    return [code for code in CODE.findall(cell) if "::" in code]


@cache
def imports(module: str) -> set[str]:
    """What a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module])):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def importers(*names: str) -> set[str]:
    """The modules that import one of these, or something of it."""
    return {
        module
        for module in MODULES
        if any(each == name or each.startswith(f"{name}.") for each in imports(module) for name in names)
    }


def test_every_requirement_is_answered_once() -> None:
    asked = [
        (f"{number}.{each}", level)
        for number, levels in REQUIREMENTS.items()
        for level, part in zip("12", levels.split("|"), strict=True)
        for each in part.split()
    ]
    assert len(asked) == 123
    assert sorted((row[0], row[1]) for row in answers()) == sorted(asked)
    assert {row[3] for row in answers()} <= {"done", "not applicable", "justified", "not yet"}


def test_what_is_done_is_proven_and_what_is_not_is_explained() -> None:
    for number, _, about, answer, cell in answers():
        assert len(about) > 5, number
        if answer == "done":
            assert named_tests(cell), f"{number} is done, and nothing proves it"
        else:
            assert len(re.sub(r"`[^`]*`", "", cell)) > 10, f"{number}: why?"


def test_the_sum_is_right() -> None:
    said = re.search(
        r"(\d+), (\d+) are done, (\d+) are not applicable, and (\d+) ", (DOCS / "security-asvs.md").read_text()
    )
    assert said is not None
    given = [row[3] for row in answers()]
    counts = [len(given), given.count("done"), given.count("not applicable"), given.count("justified")]
    assert [int(number) for number in said.groups()] == counts


@pytest.mark.parametrize("name", sorted({name for row in answers() for name in named_tests(row[4])}))
def test_every_test_that_is_named_is_there(name: str) -> None:
    path, _, test = name.partition("::")
    text = (ROOT / path).read_text()
    if path.endswith(".py"):
        functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        assert test in {function.name for function in functions}
    else:
        assert any(f"({quote}{test}{quote}, " in text for quote in "'\"`")


def test_every_way_in_is_in_the_table() -> None:
    """All that hands out tokens for a new session, and nothing else."""
    document = create_app(make_settings(data_dir=Path("/nonexistent"))).openapi()
    ways = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            replies = str({status: reply for status, reply in operation["responses"].items() if status[0] == "2"})
            if "schemas/TokenReply'" in replies or "x-sign-in-errors" in operation:
                ways.add(f"{method.upper()} {path.removeprefix('/api/v1')}")
    assert {code for row in table_rows(section("Ways in")) for code in CODE.findall(row[1])} == ways - {
        "POST /auth/refresh"
    }


def test_the_table_of_permissions_is_that_of_the_code() -> None:
    head, *rows = table_rows(section("Permissions").partition("\nAnd what depends")[0])
    assert head[1:5] == [*Role, "superuser"]
    granted = {
        (row[0].strip("`"), who) for row in rows for who, cell in zip(head[1:5], row[1:5], strict=True) if cell == "yes"
    }
    by_role = {(permission, role) for role, permissions in ROLE_PERMISSIONS.items() for permission in permissions}
    assert granted == by_role | {(permission, "superuser") for permission in Permission}
    assert {row[0].strip("`") for row in rows} == set(Permission)


def test_every_field_has_its_readers_and_writers() -> None:
    rows = table_rows(section("Permissions").partition("\nField by field")[2])
    for thing, model in (("account", UserRead), ("item", ItemRead)):
        named = [code for row in rows if row[0] == thing for code in CODE.findall(row[1])]
        assert sorted(named) == sorted(model.model_fields)
    assert all(len(row) == 4 and row[2] and row[3] for row in rows)


def test_the_headers_are_those_that_are_sent() -> None:
    rows = {row[0].strip("`").lower(): row[1] for row in table_rows(section("Headers")) if row[0].startswith("`")}
    sent = {**security_headers._EVERYWHERE, **security_headers._HSTS}
    assert {name: CODE.findall(value)[0] for name, value in rows.items()} == {
        name.decode(): value.decode() for name, value in sent.items()
    }
    assert f"`{security_headers.API_CSP}`" in section("Headers")
    assert f"`{serving._CSP}`" in section("Headers")
    assert f"`Content-Security-Policy: {serving._CSP}`" in section("Files")


def test_every_key_is_in_the_inventory() -> None:
    """Every purpose for which a key is derived, or something sealed."""
    table = table_rows(section("Keys and algorithms"))
    text = "\n".join(MODULES.values())
    purposes = set(re.findall(r'derive\("([^"]+)"\)', text)) | set(re.findall(r'_SEAL(?:: Final)? = "([^"]+)"', text))
    head = next(number for number, row in enumerate(table) if row[0].startswith("Random"))
    assert {row[0].strip("`") for row in table[1:head]} == purposes
    # Nothing else is handed to them: a purpose that is made up on the spot would be in no inventory.
    calls = [call for call in re.findall(r"(?:\.derive|\.seal|keys\.open)\(([^,)]*)", text) if call]
    assert set(calls) <= {
        *(f'"{purpose}"' for purpose in purposes),
        "purpose",
        "_SEAL",
        "_ADDRESS_SEAL",
        "MAIL_SEAL",
        "TOTP_SEAL",
    }


def test_every_library_that_encrypts_is_named() -> None:
    text = section("Keys and algorithms")
    assert {name for name in ENCRYPTING if importers(name)} == set(ENCRYPTING)
    assert [named for named in ENCRYPTING.values() if named not in text] == []
    assert importers("cryptography.hazmat", "cryptography.fernet") == {"backup/age.py", "core/keyring.py"}
    assert importers("nacl", "Crypto", "Cryptodome", "itsdangerous", "passlib", "bcrypt", "jose") == set()


def test_only_good_hashes_are_used() -> None:
    used = {name for text in MODULES.values() for name in re.findall(r"hashlib\.(\w+)", text)}
    # By name only that of a checksum that tus clients send.
    assert used == {"sha256", "blake2b", "blake2s", "scrypt", "new"}
    assert {module for module, text in MODULES.items() if "hashlib.new(" in text} == {
        "features/files/resumable/headers.py", "features/files/resumable/receiving.py",
    }  # fmt: skip
    # Six bytes of it, in tags that say whether a page is still the same.
    assert {module for module, text in MODULES.items() if "blake2s" in text} == {"core/http/conditional.py"}


def test_nothing_secret_comes_from_a_generator_that_can_be_guessed() -> None:
    assert importers("random") == {
        "adapters/bus/backoff.py", "core/jobs/execution.py", "core/jobs/schedules.py", "core/realtime/hub.py",
        "core/tracing/sampling.py", "features/rooms/presence.py",
    }  # fmt: skip
    assert all("from random import uniform\n" in MODULES[module] for module in importers("random"))
    ids = {
        "adapters/storage/local.py", "core/http/envelope.py", "core/http/error_handling.py",
        "core/http/request_context.py",
    }  # fmt: skip
    assert importers("uuid") == ids
    assert importers("secrets") >= {"core/keyring.py", "core/secret_file.py", "features/accounts/one_time.py"}
    # Half as long would still do. (12 tell access tokens of one refresh apart, and protect nothing.)
    lengths = [int(size) for text in MODULES.values() for size in re.findall(r"secrets\.token_urlsafe\((\d+)\)", text)]
    assert min(size for size in lengths if size != 12) == 32


def test_every_connection_is_in_the_table() -> None:
    """Only the modules that the table names import what connects."""
    named = {code for row in table_rows(section("Connections")) for code in CODE.findall(row[-1])}
    assert named <= set(MODULES)
    # The latter only knows the errors of the former.
    assert importers(*CONNECTING) - {"adapters/limiter/fallback.py"} <= named
    assert {
        "adapters/oidc/http.py",
        "adapters/mail/smtp.py",
        "adapters/cache/redis.py",
        "adapters/bus/listener.py",
        "adapters/storage/remote.py",
        "adapters/reports/sentry.py",
        "core/tracing/tracing.py",
    } <= named
    listening = {"server.py", "metrics_server.py"}
    assert importers("socket") == listening | {"core/realtime/protocol.py"}, "which listen, and what was accepted"
    assert importers("subprocess") == set()

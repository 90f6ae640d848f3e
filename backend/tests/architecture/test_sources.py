"""Rules of the house that no linter knows."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

BACKEND = Path(__file__).resolve().parents[2]
SOURCE = BACKEND / "src" / "musubi"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "web" not in path.relative_to(SOURCE).parts)
TESTS = sorted((BACKEND / "tests").rglob("*.py"))
LONGEST = 350


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCE))


@cache
def attributes(path: Path) -> frozenset[str]:
    """Every dotted name in a module, such as `os.environ` or `session.commit`."""
    return frozenset(_attributes(path))


def _attributes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield ast.unparse(node)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def users_of(*endings: str) -> set[str]:
    """The modules in which a name with one of these endings stands."""
    return {name_of(path) for path in MODULES if any(name.endswith(endings) for name in attributes(path))}


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 50
    assert "settings.py" in {name_of(path) for path in MODULES}


def test_one_module_reads_the_environment() -> None:
    """The command line and the server of metrics write there what worker processes are to read."""
    assert users_of("os.environ", "os.getenv", "os.environb") <= {"settings.py", "cli.py", "metrics_server.py"}


def test_one_module_reads_the_clock() -> None:
    assert users_of("datetime.now", "datetime.utcnow", "datetime.today", "date.today") == {"core/clock.py"}


def test_one_module_ends_transactions() -> None:
    assert users_of("session.commit", "session.rollback") == {"core/database.py"}
    assert users_of("connection.commit", "connection.rollback", "reader.commit") == set()


def test_routers_and_schemas_know_no_sql() -> None:
    guilty = [
        name_of(path)
        for path in MODULES
        if path.name.endswith(("router.py", "schemas.py"))
        and any(each.startswith("sqlalchemy") for each in attributes(path))
    ]
    assert guilty == []


@pytest.mark.parametrize("paths", [MODULES, TESTS], ids=["source", "tests"])
def test_no_file_is_too_long_to_be_read(paths: list[Path]) -> None:
    lengths = {str(path.relative_to(BACKEND)): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(BACKEND))
        for path in [*MODULES, *TESTS]
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_nothing_is_left_for_later() -> None:
    words = [f"{word}" for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X")]
    guilty = [
        str(path.relative_to(BACKEND))
        for path in [*MODULES, *TESTS]
        if any(word in path.read_text(encoding="utf-8") for word in words)
    ]
    assert guilty == []

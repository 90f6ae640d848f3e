"""The house stays in order: layers, tables, and who may read the environment."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Table

import musubi
from musubi.core.models import Base, Entity

PACKAGE = Path(musubi.__file__).parent
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if "web" not in path.relative_to(PACKAGE).parts)
BASE_COLUMNS = {"id", "created_at", "updated_at", "created_by", "updated_by"}
LONGEST_FILE = 350


def test_dependencies_point_one_way() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    result = subprocess.run(
        [linter, "--no-cache"], cwd=PACKAGE.parents[1], capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0, result.stdout


def test_every_entity_has_an_identity_and_a_history() -> None:
    entities = [mapper for mapper in Base.registry.mappers if issubclass(mapper.class_, Entity)]
    assert entities
    for mapper in entities:
        assert set(mapper.columns.keys()) >= BASE_COLUMNS, mapper.class_.__name__


def test_no_relation_is_loaded_behind_ones_back() -> None:
    lazy = [
        str(relation)
        for mapper in Base.registry.mappers
        for relation in mapper.relationships
        if relation.lazy != "raise"
    ]
    assert lazy == []


def test_every_foreign_key_is_indexed() -> None:
    """Without one, deleting the row it points at reads the whole table."""
    missing = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.foreign_keys and not _is_indexed(table, column.name)
    ]
    assert missing == []


def _is_indexed(table: Table, column: str) -> bool:
    first_columns = [index.columns.values()[0].name for index in table.indexes]
    first_columns.append(table.primary_key.columns.values()[0].name)
    return column in first_columns


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_settings_read_the_environment(path: Path) -> None:
    """The command line writes to it, for the processes it starts; nobody else looks."""
    reads = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    ]
    assert not reads or path.name in ("settings.py", "cli.py")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_outgrows_its_room(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE

"""What every table owes."""

import pytest
from sqlalchemy import Column, DateTime, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.orm import Mapper

from musubi.app import FEATURES
from musubi.core.models import Base, Entity, UtcDateTime

MAPPERS = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
ENTITIES = [mapper for mapper in MAPPERS if issubclass(mapper.class_, Entity)]


def table_of(mapper: Mapper[object]) -> Table:
    assert isinstance(mapper.local_table, Table)
    return mapper.local_table


def test_there_are_tables() -> None:
    assert FEATURES
    assert {mapper.class_.__name__ for mapper in ENTITIES} >= {"User", "AuthSession", "Item"}


@pytest.mark.parametrize("mapper", ENTITIES, ids=lambda mapper: mapper.class_.__name__)
def test_every_entity_has_an_identity_and_a_history(mapper: Mapper[object]) -> None:
    columns = table_of(mapper).columns
    assert [column.name for column in table_of(mapper).primary_key] == ["id"]
    assert not columns["created_at"].nullable
    assert not columns["updated_at"].nullable
    assert columns["created_by"].nullable
    assert columns["updated_by"].nullable
    assert table_of(mapper).dialect_options["sqlite"]["autoincrement"], "an id must not be used again"


@pytest.mark.parametrize("mapper", MAPPERS, ids=lambda mapper: mapper.class_.__name__)
def test_nothing_is_loaded_behind_ones_back(mapper: Mapper[object]) -> None:
    assert [relation.key for relation in mapper.relationships if relation.lazy != "raise"] == []


@pytest.mark.parametrize("mapper", MAPPERS, ids=lambda mapper: mapper.class_.__name__)
def test_every_foreign_key_has_an_index(mapper: Mapper[object]) -> None:
    """Without one, deleting what it points to reads the whole table. Users are never deleted: their rows stay."""
    table = table_of(mapper)
    keys = [key for key in table.constraints if isinstance(key, UniqueConstraint | PrimaryKeyConstraint)]
    by_index = {next(iter(index.columns)).name for index in [*table.indexes, *keys]}
    references: list[Column[object]] = [
        column for column in table.columns if any(key.target_fullname != "users.id" for key in column.foreign_keys)
    ]
    assert [column.name for column in references if column.name not in by_index] == []


@pytest.mark.parametrize("mapper", MAPPERS, ids=lambda mapper: mapper.class_.__name__)
def test_every_moment_has_a_zone(mapper: Mapper[object]) -> None:
    moments = [column for column in table_of(mapper).columns if isinstance(column.type, DateTime | UtcDateTime)]
    assert [column.name for column in moments if not isinstance(column.type, UtcDateTime)] == []

"""Rows in a form that both databases share: a line of JSON each.

What a column holds is told by its type, as the database itself says it is: whole numbers, texts, instants (ISO 8601, in
UTC), truth values, JSON as it is, and bytes in base64.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    cast,
    collate,
    inspect,
    select,
    text,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from musubi.backup.errors import BackupError, Damaged
from musubi.backup.policy import LEFT_OUT, is_kept, replaced
from musubi.core.models import UtcDateTime
from musubi.core.types import AnySelect

Encode = Callable[[Any], Any]


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


# The first that fits; JSON's types are no kind of another, nor is any below.
_KINDS: tuple[tuple[type[TypeEngine[Any]], Encode, Encode], ...] = (
    (JSON, json.loads, lambda value: value),
    (Boolean, bool, bool),
    (DateTime, _instant, datetime.fromisoformat),
    (LargeBinary, _base64, base64.b64decode),
    (Integer, int, int),
    (String, str, str),
)


@dataclass(frozen=True)
class PortableTable:
    """A table, as it is in one database."""

    table: Table
    """As reflected."""
    dialect: Dialect

    @property
    def name(self) -> str:
        return self.table.name

    @cached_property
    def columns(self) -> dict[str, "PortableColumn"]:
        """By name."""
        return {column.name: PortableColumn(column, self.dialect) for column in self.table.columns}

    @cached_property
    def rows(self) -> AnySelect:
        """Selects what is kept of it, in an order that is the same in both databases: bytewise, where it is by text."""
        instead = replaced(self.table)
        chosen = [instead.get(name, column.read).label(name) for name, column in self.columns.items()]
        order = [self.columns[column.name].ordered for column in self.table.primary_key]
        return select(*chosen).where(*is_kept(self.table)).order_by(*order)

    def encode(self, row: Mapping[Any, Any]) -> bytes:
        """A line, with its end. Equal rows have equal lines."""
        portable = {
            name: None if row[name] is None else column.encode(row[name]) for name, column in self.columns.items()
        }
        return json.dumps(portable, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"

    def decode(self, line: bytes) -> dict[str, Any]:
        """The row of a line, as `insert` takes it. Raises Damaged."""
        try:
            portable = json.loads(line)
            if portable.keys() != self.columns.keys():
                raise Damaged(f"{self.name} has other columns")
            return {name: self.columns[name].decode(value) for name, value in portable.items()}
        except (ValueError, TypeError, AttributeError):
            raise Damaged(f"{self.name} has a row that can't be read") from None

    @cached_property
    def writable(self) -> Table:
        """The table to insert what `decode` gives into."""
        return Table(self.name, MetaData(), *(Column(name, each.written) for name, each in self.columns.items()))


@dataclass(frozen=True)
class PortableColumn:
    """A column of such a table."""

    column: Column[Any]
    dialect: Dialect

    @cached_property
    def _kind(self) -> tuple[type[TypeEngine[Any]], Encode, Encode]:
        for kind in _KINDS:
            if isinstance(self.column.type, kind[0]):
                return kind
        raise BackupError(f"{self.column.table.name}.{self.column.name} is of a type that no backup knows")

    @property
    def encode(self) -> Encode:
        return self._kind[1]

    def decode(self, value: Any) -> Any:
        """Raises ValueError or TypeError."""
        is_json = self._kind[0] is JSON
        # A null of JSON and a null of SQL are one in a line: it is the former where the latter can't be.
        if value is None and (self.column.nullable or is_json):
            return None
        return self._kind[2](value)

    @property
    def read(self) -> ColumnElement[Any]:
        """What to select of it."""
        kind = self._kind[0]
        if kind is JSON:
            # The text: neither driver tells a null of JSON from one of SQL.
            return type_coerce(self.column, Text) if self.dialect.name == "sqlite" else cast(self.column, Text)
        return type_coerce(self.column, UtcDateTime()) if kind is DateTime else self.column

    @property
    def ordered(self) -> ColumnElement[Any]:
        """What to order by."""
        if self._kind[0] is String and self.dialect.name == "postgresql":
            return collate(self.column, "C")
        return self.column

    @property
    def written(self) -> TypeEngine[Any]:
        """What it takes."""
        kind = self._kind[0]
        if kind is JSON:
            json_type = JSONB if isinstance(self.column.type, JSONB) else JSON
            return json_type(none_as_null=bool(self.column.nullable))
        types: dict[type[TypeEngine[Any]], TypeEngine[Any]] = {
            Boolean: Boolean(), DateTime: UtcDateTime(), LargeBinary: LargeBinary(), Integer: BigInteger(),
        }  # fmt: skip
        return types.get(kind, Text())


def tables_of(connection: Connection) -> list[PortableTable]:
    """The tables that a backup has, those that others refer to before those."""
    names = set(inspect(connection).get_table_names()) - LEFT_OUT
    if connection.dialect.name == "sqlite":
        names -= _of_indexes(connection, names)
    metadata = MetaData()
    metadata.reflect(connection, only=sorted(names))
    return [PortableTable(table, connection.dialect) for table in metadata.sorted_tables if table.name in names]


def _of_indexes(connection: Connection, names: set[str]) -> set[str]:
    """Those of `names` that an index for searches consists of: it is made anew, with the rows."""
    virtual = set(
        connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%'"))
    )
    return {name for name in names if name in virtual or name.rpartition("_")[0] in virtual}

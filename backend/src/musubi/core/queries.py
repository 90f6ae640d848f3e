"""Reads that most requests make.

To run a statement, SQLAlchemy takes several times as long as PostgreSQL's driver by itself. A `Query` is built and
compiled once, and is then run by the driver, where there is one that can be asked directly.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.engine import result_tuple

from musubi.core.database import Database
from musubi.core.types import AnyRow, AnySelect


class Query:
    """A SELECT whose values are named parameters (`bindparam`), to be run any number of times.

    It sees what was committed before it. What a changing transaction reads goes through its session instead.
    """

    def __init__(self, statement: AnySelect, *, reused: bool = True) -> None:
        """`reused`: whether it is kept and run again, so that compiling it for the driver pays."""
        self._statement = statement
        self._reused = reused
        self._compiled: _Compiled | None = None

    async def all(self, database: Database, values: Mapping[str, Any]) -> list[AnyRow]:
        """Every row."""
        if database.driver_pool is None or not self._reused:
            async with database.reading() as reader:
                return list((await reader.execute(self._statement, values)).all())
        if self._compiled is None:
            self._compiled = _Compiled(self._statement, database.engine.dialect)
        compiled = self._compiled
        arguments = compiled.arguments(values)
        database.announce(compiled.sql, arguments)
        return [compiled.row(record) for record in await database.driver_pool.fetch(compiled.sql, arguments)]

    async def first(self, database: Database, values: Mapping[str, Any]) -> AnyRow | None:
        """The first row; None when there is none."""
        rows = await self.all(database, values)
        return rows[0] if rows else None


class _Compiled:
    """A statement in the driver's terms."""

    def __init__(self, statement: AnySelect, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self.row = result_tuple([str(column.key) for column in statement.selected_columns])
        """Makes a record of the driver a row as SQLAlchemy would."""
        parameters = (compiled.binds[name] for name in compiled.positiontup)
        self._parameters = [(parameter.key, parameter.effective_value) for parameter in parameters]

    def arguments(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values in the order of the statement's parameters, some of which have theirs from the start."""
        return tuple([values.get(name, own) for name, own in self._parameters])

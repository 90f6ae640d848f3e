"""Reading and writing the rows of a table, and telling whether two tables hold the same."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from musubi.backup.rows import PortableTable

BATCH = 500
"""Rows at a time."""


def read_rows(connection: Connection, table: PortableTable) -> Iterator[bytes]:
    """The lines of what is kept of a table."""
    result = connection.execute(table.rows.execution_options(yield_per=BATCH))
    for some in result.mappings().partitions():
        for row in some:
            yield table.encode(row)


def write_rows(connection: Connection, table: PortableTable, lines: Iterable[bytes]) -> None:
    """Insert rows. Raises Damaged, and what the database raises."""
    waiting: list[dict[str, Any]] = []
    statement = table.writable.insert()
    for line in lines:
        waiting.append(table.decode(line))
        if len(waiting) == BATCH:
            connection.execute(statement, waiting)
            waiting = []
    if waiting:
        connection.execute(statement, waiting)


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a table."""

    count: int
    sha256: str
    """Of its lines."""


class Counting:
    """Counts the lines that pass by, and makes their checksum."""

    def __init__(self) -> None:
        self._count = 0
        self._digest = hashlib.sha256()

    def passing(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """The same lines."""
        for line in lines:
            self.add(line)
            yield line

    def add(self, line: bytes) -> None:
        self._count += 1
        self._digest.update(line)

    @property
    def content(self) -> Content:
        """What it was up to now."""
        return Content(self._count, self._digest.hexdigest())


def content_of(connection: Connection, table: PortableTable) -> Content:
    """Read what is in a table."""
    counting = Counting()
    for line in read_rows(connection, table):
        counting.add(line)
    return counting.content

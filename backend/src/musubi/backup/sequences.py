"""Which ids were given out: those of rows that are gone are not to be used again."""

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection, select, text

from musubi.backup.rows import PortableTable

_LAST_VALUE = text("SELECT pg_sequence_last_value(CAST(:sequence AS regclass))")


def last_ids(connection: Connection, tables: Iterable[PortableTable]) -> dict[str, int]:
    """The ids that were given out last, by table."""
    if connection.dialect.name == "sqlite":
        found = connection.execute(text("SELECT name, seq FROM sqlite_sequence")).all()
        names = {table.name for table in tables}
        return {row.name: int(row.seq) for row in found if row.name in names and row.seq}
    ids: dict[str, int] = {}
    for table, sequence in _sequences(connection, tables):
        last = connection.scalar(
            text("SELECT pg_sequence_last_value(CAST(:sequence AS regclass))"), {"sequence": sequence}
        )
        if last is not None:
            ids[table.name] = int(last)
    return ids


def go_on_after(connection: Connection, tables: Iterable[PortableTable], ids: Mapping[str, int]) -> None:
    """Let new rows get ids after these, and after those that are there."""
    if connection.dialect.name == "sqlite":
        # It looks at the highest id that is there by itself.
        change = text("UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = :name")
        make = text("INSERT INTO sqlite_sequence (name, seq) SELECT :name, :last WHERE NOT EXISTS "
                    "(SELECT 1 FROM sqlite_sequence WHERE name = :name)")  # fmt: skip
        for name, last in ids.items():
            for statement in (change, make):
                connection.execute(statement, {"name": name, "last": last})
        return
    for table, sequence in _sequences(connection, tables):
        highest = connection.scalar(select(table.table.c.id).order_by(table.table.c.id.desc()).limit(1)) or 0
        last = max(highest, ids.get(table.name, 0))
        if last:
            move = text("SELECT setval(CAST(:sequence AS regclass), :last)")
            connection.execute(move, {"sequence": sequence, "last": last})


def _sequences(connection: Connection, tables: Iterable[PortableTable]) -> Iterator[tuple[PortableTable, str]]:
    for table in tables:
        if "id" in table.columns:
            find = text("SELECT pg_get_serial_sequence(quote_ident(:table), 'id')")
            sequence = connection.scalar(find, {"table": table.name})
            if sequence is not None:
                yield table, sequence

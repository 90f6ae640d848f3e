"""FTS5 with the trigram tokenizer (SQLite 3.34+)."""

from sqlalchemy import Column, ColumnElement, column, func, literal, select, table

MIN_INDEXED = 3
# FTS5 reads the last two, which are no characters, as the first.
_CONFUSED = frozenset("\ufffd\ufffe\uffff")


class SqliteTrigrams:
    """Uses the virtual table `<table>_search`, an external-content FTS5 index that triggers keep in step.

    MATCH with a quoted phrase finds exact substrings. LIKE on such a table would be simpler, but in SQLite 3.40 it
    silently finds nothing for Japanese.
    """

    def contains(self, text: Column[str], row_id: Column[int], term: str) -> ColumnElement[bool]:
        if len(term) < MIN_INDEXED:
            return func.instr(text, term) > 0
        index = table(f"{text.table.name}_search", column("rowid"))
        phrase = '"' + term.replace('"', '""') + '"'
        matches = select(index.c.rowid).where(column(f"{text.table.name}_search").op("MATCH")(literal(phrase)))
        if _CONFUSED.isdisjoint(term):
            return row_id.in_(matches)
        return row_id.in_(matches) & (func.instr(text, term) > 0)

    def position(self, text: Column[str], term: str) -> ColumnElement[int]:
        return func.instr(text, term)


def create_index(table_name: str, text_column: str) -> list[str]:
    """The statements that make the index of a table and keep it in step; for migrations."""
    index = f"{table_name}_search"
    add = f"INSERT INTO {index}(rowid, {text_column}) VALUES (new.id, new.{text_column})"  # noqa: S608
    remove = f"INSERT INTO {index}({index}, rowid, {text_column}) VALUES ('delete', old.id, old.{text_column})"  # noqa: S608
    return [
        # The text is folded already, so the tokenizer must not fold it again (its idea of it differs).
        f"CREATE VIRTUAL TABLE {index} USING fts5({text_column}, content='{table_name}', content_rowid='id', "
        f"tokenize='trigram case_sensitive 1')",
        f"CREATE TRIGGER {index}_insert AFTER INSERT ON {table_name} BEGIN {add}; END",
        f"CREATE TRIGGER {index}_delete AFTER DELETE ON {table_name} BEGIN {remove}; END",
        f"CREATE TRIGGER {index}_update AFTER UPDATE OF {text_column} ON {table_name} BEGIN {remove}; {add}; END",
        f"INSERT INTO {index}({index}) VALUES ('rebuild')",  # noqa: S608
    ]


def drop_index(table_name: str) -> list[str]:
    """The statements that undo `create_index`."""
    index = f"{table_name}_search"
    return [
        *(f"DROP TRIGGER {index}_{event}" for event in ("insert", "delete", "update")),
        f"DROP TABLE {index}",
    ]

"""A GIN index over trigrams (the extension pg_trgm, which comes with PostgreSQL)."""

from sqlalchemy import Column, ColumnElement, func


class PostgresTrigrams:
    """LIKE on the folded text. The database must not have locale C, in which pg_trgm sees no letters in Japanese."""

    def contains(self, text: Column[str], row_id: Column[int], term: str) -> ColumnElement[bool]:  # noqa: ARG002
        return text.contains(term, autoescape=True)

    def position(self, text: Column[str], term: str) -> ColumnElement[int]:
        return func.strpos(text, term)


def create_index(table_name: str, text_column: str) -> list[str]:
    """The statements that make the index of a table; for migrations."""
    return [
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        f"CREATE INDEX {table_name}_search ON {table_name} USING gin ({text_column} gin_trgm_ops)",
    ]


def drop_index(table_name: str) -> list[str]:
    """The statements that undo `create_index`. The extension stays: others may use it."""
    return [f"DROP INDEX {table_name}_search"]

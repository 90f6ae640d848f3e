"""Rows that are only inserted if they aren't there yet."""

from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.types import AnyRow


class InsertIfNew:
    """`INSERT … ON CONFLICT DO NOTHING`, built once for each database.

    It waits for a transaction that is inserting the same, and looks again when that is through; nothing is raised, so
    the transaction goes on either way.
    """

    def __init__(self, table: Table, *, unique: tuple[Column[Any], ...], returning: tuple[Column[Any], ...]) -> None:
        """`unique`: the columns that tell whether a row is there; `returning`: what one wants of a new one."""
        self._statements = {
            name: dialect.insert(table).on_conflict_do_nothing(index_elements=unique).returning(*returning)
            for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
        }

    async def run(self, session: AsyncSession, values: dict[str, Any]) -> AnyRow | None:
        """The new row; None when there is one already."""
        statement = self._statements[session.get_bind().dialect.name]
        return (await session.execute(statement, values)).first()

"""Substring search, in the database that holds the text."""

from sqlalchemy import Dialect

from musubi.adapters.search.postgres import PostgresTrigrams
from musubi.adapters.search.protocol import FIELD_SEPARATOR, TextSearch
from musubi.adapters.search.sqlite import SqliteTrigrams

__all__ = ["FIELD_SEPARATOR", "PostgresTrigrams", "SqliteTrigrams", "TextSearch", "text_search"]

_BY_DIALECT: dict[str, TextSearch] = {"sqlite": SqliteTrigrams(), "postgresql": PostgresTrigrams()}


def text_search(dialect: Dialect) -> TextSearch:
    """The search of this database."""
    return _BY_DIALECT[dialect.name]

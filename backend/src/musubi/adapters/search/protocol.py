"""What a text search can do."""

from typing import Protocol

from sqlalchemy import Column, ColumnElement

FIELD_SEPARATOR = "\x1f"
"""Between the fields that are searched as one text, so that no match straddles two. (ASCII's unit separator.)"""


class TextSearch(Protocol):
    """Finds rows whose text contains a term.

    The text and the term are folded (`core.text.fold`) before they come here, so a match is an exact substring;
    every character of the term means itself. From three characters on an index is used.
    """

    def contains(self, text: Column[str], row_id: Column[int], term: str) -> ColumnElement[bool]:
        """The condition that the column `text` of a row contains `term`."""

    def position(self, text: Column[str], term: str) -> ColumnElement[int]:
        """Where `term` first stands in `text`: 1 for its beginning, 0 when it doesn't."""

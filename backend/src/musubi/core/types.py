"""Field types that several features share."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, Select

MAX_ID = 2**63 - 1

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
AnySelect: TypeAlias = Select[*tuple[Any, ...]]

Id = Annotated[int, Field(ge=1, le=MAX_ID, examples=[1])]
"""A row's id: a positive 64-bit integer."""

Timestamp = Annotated[datetime, Field(examples=["2026-01-31T09:30:00Z"])]
"""An instant; RFC 3339 in UTC with `Z` in JSON."""


class Input(BaseModel):
    """A request body: what it doesn't name is refused."""

    model_config = ConfigDict(extra="forbid")


def omitted() -> Any:
    """The default of a field that may be left out of a PATCH but can't be null; ask `model_fields_set` for it.

    A factory, because a plain default would appear in the contract as if null were a value one could send.
    """
    return Field(default_factory=lambda: None)

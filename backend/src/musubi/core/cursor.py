"""Opaque positions in a sorted list."""

import base64
import json
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from musubi.core.errors import Invalid
from musubi.core.i18n import Text
from musubi.core.types import MAX_ID

CursorValue = str | int | datetime

_BAD_CURSOR = Text("This cursor does not belong to this list", "このカーソルは使えません")


def encode_cursor(sort: str, value: CursorValue, row_id: int) -> str:
    """The position right after the row `row_id`, whose sort key is `value`, in a list sorted by `sort`."""
    plain = value.isoformat() if isinstance(value, datetime) else value
    payload = json.dumps([sort, plain, row_id], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(payload.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, sort: str, kind: type[CursorValue]) -> tuple[CursorValue, int]:
    """The sort key and the id in `cursor`. Raises Invalid unless it was made for the same sort."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        made_for, value, row_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if kind is datetime:
            value = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise Invalid(fields={"cursor": _BAD_CURSOR}) from error
    in_range = type(row_id) is int and 0 < row_id <= MAX_ID and (not isinstance(value, int) or abs(value) <= MAX_ID)
    # For Python a bool is an int; for SQL it is not.
    is_kind = isinstance(value, kind) and not isinstance(value, bool)
    if made_for != sort or not is_kind or not in_range or not _is_storable(value):
        raise Invalid(fields={"cursor": _BAD_CURSOR})
    return value, row_id


def _is_storable(value: CursorValue) -> bool:
    """Whether a database takes it as a parameter: no NUL, no lone surrogate."""
    return not isinstance(value, str) or not any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in value)


def after(
    key: ColumnElement[CursorValue],
    row_id: InstrumentedAttribute[int],
    position: tuple[ColumnElement[CursorValue], ColumnElement[int]],
    *,
    descending: bool,
) -> ColumnElement[bool]:
    """The rows behind `position`. Written out, because an index serves it in both databases either way, and the
    planner of SQLite 3.40 doesn't use one for a row value whose first part is an expression."""
    value, last_id = position
    if descending:
        return and_(key <= value, or_(key < value, row_id < last_id))
    return and_(key >= value, or_(key > value, row_id > last_id))

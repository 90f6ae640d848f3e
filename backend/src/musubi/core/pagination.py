"""Lists: what a client may ask for, and the one way to answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Response
from pydantic import BaseModel, Field
from sqlalchemy import BigInteger, ColumnElement, bindparam
from sqlalchemy.orm import InstrumentedAttribute

from musubi.core.clock import utcnow
from musubi.core.cursor import CursorValue, after, decode_cursor, encode_cursor
from musubi.core.database import Database
from musubi.core.http.reply import JsonReply
from musubi.core.queries import Query
from musubi.core.types import MAX_ID, AnyRow, AnySelect, Timestamp

T = TypeVar("T")


class Paging(BaseModel):
    """Where in a list to begin: `skip` rows from its start, or after `cursor`, which costs the same at any depth."""

    skip: Annotated[int, Field(ge=0, le=MAX_ID, description="Rows to leave out from the start")] = 0
    limit: Annotated[int, Field(ge=1, le=100, description="Rows to return at the most")] = 50
    cursor: Annotated[
        str | None,
        Field(max_length=2000, description="`meta.next_cursor` of the page before; `skip` is then ignored"),
    ] = None


class Meta(BaseModel):
    """Where a page stands in its list."""

    total: Annotated[int, Field(description="Rows in the whole list")]
    page: Annotated[int | None, Field(description="From 1; null when a cursor was followed")]
    limit: int
    pages: int
    has_next: bool
    has_prev: bool
    next_cursor: Annotated[str | None, Field(description="null at the end")]


class Collection(BaseModel, Generic[T]):
    """A page of a list."""

    success: bool = True
    message: str | None = None
    timestamp: Timestamp
    data: list[T]
    meta: Meta

    @classmethod
    def model_parametrized_name(cls, params: Any) -> str:
        """`ItemReadCollection` is a better name for generated code than `Collection_ItemRead_`."""
        return f"{params[0].__name__}Collection"


@dataclass(frozen=True, slots=True, eq=False)
class Ordering:
    """One way to sort a list. Equal keys are told apart by the id, in the same direction."""

    name: str
    key: ColumnElement[Any]
    kind: type[CursorValue]
    value_of: Callable[[AnyRow], CursorValue]
    """The sort key of a row that was read."""
    descending: bool = False


def both_ways(name: str, key: InstrumentedAttribute[Any], kind: type[CursorValue]) -> dict[str, Ordering]:
    """The orderings `name` and `-name` over the column `key`, which rows must carry under its own name."""

    def value_of(row: AnyRow) -> CursorValue:
        value: CursorValue = getattr(row, key.key)
        return value

    return {
        name: Ordering(name, key.expression, kind, value_of),
        f"-{name}": Ordering(f"-{name}", key.expression, kind, value_of, descending=True),
    }


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page and where it stands."""

    rows: Sequence[AnyRow]
    meta: Meta


class Listing:
    """The rows of a list, without order and bounds; the conditions take their values as named parameters."""

    def __init__(self, statement: AnySelect, row_id: InstrumentedAttribute[int], *, reused: bool = True) -> None:
        """`reused`: whether it is kept, so that building each kind of page of it once pays."""
        self.row_id = row_id
        self._statement = statement
        self._reused = reused
        self._pages: dict[tuple[Ordering, frozenset[str]], Query] = {}

    def page(self, ordering: Ordering, given: frozenset[str]) -> Query:
        """The query of `limit` rows; after the row that `last_key` and `last_id` name, or without the first `skip`,
        if those are `given`."""
        query = self._pages.get((ordering, given))
        if query is None:
            query = self._pages[ordering, given] = Query(self._build(ordering, given), reused=self._reused)
        return query

    def _build(self, ordering: Ordering, given: frozenset[str]) -> AnySelect:
        statement = self._statement
        if "last_id" in given:
            position = bindparam("last_key", type_=ordering.key.type), bindparam("last_id", type_=BigInteger())
            statement = statement.where(after(ordering.key, self.row_id, position, descending=ordering.descending))
        if "skip" in given:
            statement = statement.offset(bindparam("skip", type_=BigInteger()))
        order = [key.desc() if ordering.descending else key.asc() for key in (ordering.key, self.row_id)]
        return statement.order_by(*order).limit(bindparam("limit", type_=BigInteger()))


async def paginate(
    database: Database,
    listing: Listing,
    values: Mapping[str, Any],
    *,
    ordering: Ordering,
    paging: Paging,
    count: Callable[[], Awaitable[int]],
) -> Page:
    """Read one page of `listing`, sorted by `ordering`, in one query beside what `count` costs.

    `values` are those of the listing's conditions. Raises Invalid when the cursor was made for another sort.
    """
    # One row more than asked for tells whether there is a next page.
    bounds: dict[str, Any] = {"limit": paging.limit + 1}
    if paging.cursor is not None:
        bounds["last_key"], bounds["last_id"] = decode_cursor(paging.cursor, ordering.name, ordering.kind)
    elif paging.skip:
        bounds["skip"] = paging.skip
    rows = await listing.page(ordering, frozenset(bounds)).all(database, {**values, **bounds})
    has_next = len(rows) > paging.limit
    rows = rows[: paging.limit]
    total = await count()
    next_cursor = None
    if has_next:
        last = rows[-1]
        next_cursor = encode_cursor(ordering.name, ordering.value_of(last), getattr(last, listing.row_id.key))
    meta = Meta(
        total=total,
        page=None if paging.cursor is not None else paging.skip // paging.limit + 1,
        limit=paging.limit,
        pages=-(-total // paging.limit),
        has_next=has_next,
        has_prev=paging.cursor is not None or paging.skip > 0,
        next_cursor=next_cursor,
    )
    return Page(rows, meta)


def collection(response: Response, data: list[T], meta: Meta | None = None) -> Collection[T]:
    """The envelope of a list; `meta` is that of a page, or left out for a list that is given whole."""
    if meta is None:
        meta = meta_of_whole(len(data))
    response.headers["X-Total-Count"] = str(meta.total)
    return Collection(timestamp=utcnow(), data=data, meta=meta)


def meta_of_whole(count: int) -> Meta:
    """Of a list of `count` rows that is given whole."""
    return Meta(
        total=count, page=1, limit=max(count, 1), pages=1 if count else 0,
        has_next=False, has_prev=False, next_cursor=None,
    )  # fmt: skip


def collection_reply(data: Sequence[Mapping[str, Any]], meta: Meta) -> JsonReply:
    """The same for rows that need no model."""
    content = {"success": True, "message": None, "timestamp": utcnow(), "data": data, "meta": meta}
    return JsonReply(content, headers={"X-Total-Count": str(meta.total)})

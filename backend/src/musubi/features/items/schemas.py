"""Items as the contract has them."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, TypeAdapter
from pydantic_core import PydanticCustomError

from musubi.core.pagination import Paging
from musubi.core.text import STORABLE, TRIMMED, fold
from musubi.core.types import Id, Input, Timestamp, omitted
from musubi.features.accounts.schemas import UserBrief
from musubi.features.items.models import MAX_TAG, MAX_TAG_KEY, ItemStatus


def _without_repeats(tags: list[str]) -> list[str]:
    """Tags that differ only in case or width are one; the first spelling stays, where it is."""
    kept: dict[str, str] = {}
    for tag in tags:
        kept.setdefault(fold(tag), tag)
    return list(kept.values())


def _indexable(tag: str) -> str:
    if len(fold(tag)) > MAX_TAG_KEY:
        # Folding makes up to eighteen characters of one.
        raise PydanticCustomError("string_too_long", "Too long", {"max_length": MAX_TAG})
    return tag


Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    STORABLE,
    Field(json_schema_extra=TRIMMED, examples=["Spring catalogue"]),
]
Description = Annotated[str, StringConstraints(max_length=5000), STORABLE, Field(examples=["What it is about"])]
Tag = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TAG),
    AfterValidator(_indexable),
    STORABLE,
    Field(json_schema_extra=TRIMMED, examples=["design"]),
]
Tags = Annotated[list[Tag], Field(max_length=10), AfterValidator(_without_repeats)]

Sort = Literal["created_at", "-created_at", "updated_at", "-updated_at", "title", "-title", "relevance"]


class ItemCreate(Input):
    title: Title
    description: Description = ""
    status: ItemStatus = ItemStatus.DRAFT
    tags: Tags = Field(default_factory=list)


class ItemUpdate(Input):
    """A change: only the fields that are sent."""

    title: Title = omitted()
    description: Description = omitted()
    status: ItemStatus = omitted()
    tags: Tags = omitted()


class ItemRead(BaseModel):
    id: Id
    title: str
    description: str
    status: ItemStatus
    tags: list[str]
    owner_id: Id
    owner: UserBrief
    version: Annotated[int, Field(description="Counts the changes")]
    created_at: Timestamp
    updated_at: Timestamp
    created_by: int | None
    updated_by: int | None


class ItemQuery(Paging):
    """Which items to list, and how."""

    status: ItemStatus | None = None
    search: Annotated[
        Annotated[str, StringConstraints(max_length=200), STORABLE] | None,
        Field(description="A substring of title, description or a tag, without regard to case and width"),
    ] = None
    owner_id: Id | None = None
    tag: Annotated[str, StringConstraints(max_length=MAX_TAG), STORABLE] | None = None
    sort: Annotated[Sort, Field(description="`relevance` needs `search`")] = "-created_at"


class TagCount(BaseModel):
    tag: str
    count: int


TagCounts = TypeAdapter(list[TagCount])


class DayCount(BaseModel):
    date: date
    count: int


class ItemStats(BaseModel):
    """The caller's own items in numbers."""

    by_status: dict[ItemStatus, int]
    daily: Annotated[list[DayCount], Field(description="Items made on each of the last 30 days, oldest first")]

"""The audit log as the contract has it."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints
from pydantic_core import PydanticCustomError

from musubi.core.pagination import Paging
from musubi.core.text import STORABLE
from musubi.core.types import Id, Timestamp


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        # A zone can carry the first and the last hours of the calendar out of it.
        raise PydanticCustomError("datetime_range", "This is no instant that we know") from None


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class AuditQuery(Paging):
    """Which entries to list; what is left out limits nothing."""

    action: Annotated[
        Annotated[str, StringConstraints(max_length=60, pattern=r"^[a-z_]+\.[a-z_]*$")] | None,
        Field(description="One action, `password.changed`; or all about one thing, `password.`"),
    ] = None
    actor_id: Annotated[Id | None, Field(description="Who did it")] = None
    object_type: Annotated[
        Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z_]+$")] | None,
        Field(description="What kind of thing it was done to, such as `user`"),
    ] = None
    object_id: Id | None = None
    address: Annotated[
        Annotated[str, StringConstraints(max_length=45), STORABLE] | None,
        Field(description="Where it was done from, exactly"),
    ] = None
    since: Annotated[Instant | None, Field(description="At this instant or later")] = None
    until: Annotated[Instant | None, Field(description="Before this instant")] = None


class AuditEntryRead(BaseModel):
    """Something that was done."""

    id: Id
    at: Timestamp
    actor_id: Annotated[
        int | None, Field(description="Who did it; null for the application itself and for someone not signed in")
    ]
    actor_name: Annotated[str | None, Field(description="What they are called today; null when they are deleted")]
    action: Annotated[str, Field(examples=["password.changed"])]
    object_type: Annotated[str, Field(examples=["user"])]
    object_id: int | None
    object_name: Annotated[str | None, Field(description="What a user is called today; null for everything else")]
    details: dict[str, Any]
    address: Annotated[str | None, Field(description="Where it was done from")]
    request_id: Annotated[str | None, Field(description="`X-Request-ID` of the request that did it")]


class AuditAction(BaseModel):
    """A kind of entry that there can be."""

    action: Annotated[str, Field(examples=["password.changed"])]

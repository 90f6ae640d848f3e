"""Notifications as the contract has them."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from musubi.core.pagination import Paging
from musubi.core.types import Id, Input, Timestamp
from musubi.features.accounts.schemas import UserBrief


class NotificationRead(BaseModel):
    id: int
    kind: Annotated[str, Field(description="What it is about", examples=["mention"])]
    actor: Annotated[UserBrief | None, Field(description="Whose doing it was")]
    data: Annotated[dict[str, Any], Field(description="Of a mention: `room`, `message_id`, `seq` and `excerpt`")]
    created_at: Timestamp
    read_at: Timestamp | None


class NotificationQuery(Paging):
    """Which of one's notifications to list, newest first."""

    unread: Annotated[bool | None, Field(description="Only those that are unread, or only the others")] = None


class ReadResult(BaseModel):
    """How many are left."""

    unread: int


class ReadUpTo(Input):
    """What to mark as read."""

    up_to: Annotated[Id | None, Field(description="The newest one that was seen; without it, all")] = None

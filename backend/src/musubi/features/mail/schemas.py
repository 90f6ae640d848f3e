"""What leaves `/mail`."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from musubi.core.pagination import Paging
from musubi.core.text import STORABLE
from musubi.core.types import Id, Timestamp
from musubi.features.mail.models import MailState


class MailQuery(Paging):
    """Which mails to list."""

    search: Annotated[
        str | None, StringConstraints(max_length=100), STORABLE, Field(description="In the recipient or the subject")
    ] = None
    state: MailState | None = None


class MailRead(BaseModel):
    """A mail that was written, without what it says."""

    id: Id
    to: Annotated[str, Field(examples=["hanako@example.com"])]
    subject: str
    template: Annotated[str, Field(examples=["reset_password"])]
    locale: Annotated[str, Field(examples=["ja"])]
    state: MailState
    protected: Annotated[bool, Field(description="Whether only superusers may read what it says")]
    created_at: Timestamp
    sent_at: Timestamp | None
    error: Annotated[str | None, Field(description="Why it could not be sent, so far or for good")]


class MailDetail(MailRead):
    """A mail with what it says, as long as it is kept here."""

    text: Annotated[str | None, Field(description="null unless the state is `kept`")]
    html: Annotated[str | None, Field(description="null unless the state is `kept`")]

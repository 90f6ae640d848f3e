"""The outbox."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from musubi.core.models import Base, BigId

MAIL_SEAL = "mail"
"""The purpose for which the key ring seals what mails say."""


class MailState(StrEnum):
    """How far a mail is."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    """Given up: the server refused it for good, or for too long."""
    KEPT = "kept"
    """There is no server to send it: it stays here, to be read by an administrator."""


class OutgoingMail(Base):
    """A mail that was written, in the transaction of what it tells about."""

    __tablename__ = "outgoing_mails"
    __table_args__ = (Index(None, "created_at", "id"), Index(None, "user_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int | None]
    """Whom it is for; no foreign key, because accounts are above this feature."""
    recipient: Mapped[str] = mapped_column(String(320))
    template: Mapped[str] = mapped_column(String(50))
    locale: Mapped[str] = mapped_column(String(5))
    subject: Mapped[str] = mapped_column(String(200))
    sealed: Mapped[str | None] = mapped_column(Text)
    """The text and the HTML, sealed with the key ring, because links in them open accounts. Gone once it was sent."""
    protected: Mapped[bool]
    """Whether it went to a superuser: its links are then for no other administrator to read."""
    state: Mapped[MailState] = mapped_column(String(10))
    error: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

"""The audit log's table."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from musubi.core.append_only import APPEND_ONLY
from musubi.core.models import Base, BigId


class AuditEntry(Base):
    """Something that was done. The database itself refuses to change or delete one.

    It names people and things by id alone: what they are called is looked up when the log is read, so that a person
    who was deleted is nameless here as well.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "at", "id"),
        Index(None, "actor_id", "at", "id"),
        Index(None, "action", "at", "id"),
        Index(None, "object_type", "object_id", "at", "id"),
        {"sqlite_autoincrement": True, "info": {APPEND_ONLY: True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    """Who did it; None for the application itself, and for someone who was not signed in."""
    action: Mapped[str] = mapped_column(String(60))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What there is to say of it; never a secret, and never what somebody typed into a login form."""
    address: Mapped[str | None] = mapped_column(String(45))
    request_id: Mapped[str | None] = mapped_column(String(128))

"""What every process must hear of a committed change."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from musubi.core.models import NEVER_REUSE_IDS, Base, BigId


class OutboxMessage(Base):
    """Written in the change's own transaction, read by every process, and kept for some minutes."""

    __tablename__ = "outbox"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    topic: Mapped[str] = mapped_column(String(50))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(index=True)

"""The table of jobs."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from musubi.core.models import NEVER_REUSE_IDS, Base, BigId

ALIVE = "dead_at IS NULL"
MAX_ERROR_LENGTH = 300


class Job(Base):
    """A job that is to be done, is being done, or could not be done. One that is done has no row any more."""

    __tablename__ = "jobs"
    __table_args__ = (
        # What is due is asked for every second.
        Index("ix_jobs_due_at", "due_at", sqlite_where=text(ALIVE), postgresql_where=text(ALIVE)),
        NEVER_REUSE_IDS,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(100))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))
    due_at: Mapped[datetime]
    """When it may be taken. Whoever takes it moves this to when their lease ends."""
    attempts: Mapped[int] = mapped_column(default=0)
    """How often it was taken: a job that kills its process each time is counted, too."""
    lease: Mapped[str | None] = mapped_column(String(32))
    """Random, and known to whoever has the job; nothing may be done to the job without it."""
    last_error: Mapped[str | None] = mapped_column(String(MAX_ERROR_LENGTH))
    dead_at: Mapped[datetime | None]
    """Since when it isn't tried any more."""
    schedule: Mapped[str | None] = mapped_column(String(100), unique=True)
    """The name of the `Periodic` that this is the one row of."""
    created_at: Mapped[datetime]
    request_id: Mapped[str | None] = mapped_column(String(128))
    """The request that asked for it, whose id its log lines carry as well."""
    locale: Mapped[str] = mapped_column(String(10))

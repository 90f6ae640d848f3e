"""Archives of one's own data: those that were asked for, those that were brought here, and what came of these."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from musubi.core.models import NEVER_REUSE_IDS, Base, BigId


class ExportState(StrEnum):
    """How far an export is."""

    PREPARING = "preparing"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"
    """Its bytes are gone. The row stays, so that an archive from here is known as such when it is brought back."""


class ImportState(StrEnum):
    """How far an import is."""

    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"


class DataExport(Base):
    """An archive of everything that is known of someone, packed for themselves."""

    __tablename__ = "data_exports"
    __table_args__ = (Index(None, "user_id", "id"), Index(None, "expires_at"), NEVER_REUSE_IDS)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(32), unique=True)
    """Random: its name in URLs and in the storage, and what the archive calls itself."""
    state: Mapped[ExportState] = mapped_column(String(10), default=ExportState.PREPARING)
    progress: Mapped[int] = mapped_column(default=0)
    """In percent."""
    attempts: Mapped[int] = mapped_column(default=0)
    """How often it was begun."""
    size: Mapped[int | None]
    """In bytes, once it is ready."""
    sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    """When its bytes are removed."""


class DataImport(Base):
    """An archive that someone brought, and what came of it."""

    __tablename__ = "data_imports"
    __table_args__ = (Index(None, "user_id", "id"), NEVER_REUSE_IDS)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(32), unique=True)
    """Random: its name in the storage, where it lies until it was imported."""
    archive: Mapped[str] = mapped_column(String(32))
    """What the archive calls itself: the same one is known again."""
    state: Mapped[ImportState] = mapped_column(String(10), default=ImportState.IMPORTING)
    progress: Mapped[int] = mapped_column(default=0)
    """In percent."""
    attempts: Mapped[int] = mapped_column(default=0)
    report: Mapped[dict[str, Any]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"), default=dict)
    """What was left out, as `schemas.LeftOut` has it, and how many things were there already."""
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ImportedThing(Base):
    """What became of a thing in an archive. It goes with the item or the file: what was deleted can be brought again,
    and nothing is there twice."""

    __tablename__ = "imported_things"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    archive: Mapped[str] = mapped_column(String(32), primary_key=True)
    thing: Mapped[str] = mapped_column(String(40), primary_key=True)
    """`item:` or `file:` and its id in the archive."""
    import_id: Mapped[int] = mapped_column(ForeignKey("data_imports.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), index=True)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"), index=True)

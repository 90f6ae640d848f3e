"""Files: what is known of them. Their bytes lie in the storage.

A row is committed before the first of its bytes is kept, and it is ready only when all of them are at rest. So a crash
leaves no bytes without a row, and what is not ready for long can be cleared away.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from musubi.core.models import NEVER_REUSE_IDS, Base, BigId

MAX_FILENAME = 255
MAX_DESCRIPTION = 1000
"""In characters."""


class File(Base):
    """A file that someone uploaded."""

    __tablename__ = "files"
    __table_args__ = (
        Index(None, "owner_id", "id"),
        Index(
            "ix_files_pending", "created_at", sqlite_where=text("NOT is_ready"), postgresql_where=text("NOT is_ready")
        ),
        NEVER_REUSE_IDS,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stored_name: Mapped[str] = mapped_column(String(48), unique=True)
    """Its name in URLs: random, with the extension."""
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    """Who uploaded it, or inherited it with the item that it is attached to. It counts in their quota."""
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"), index=True)
    """The item that it is attached to; whoever may read that may read this."""
    is_ready: Mapped[bool] = mapped_column(default=False)
    """Whether its bytes are at rest. Nobody sees it before."""
    filename: Mapped[str] = mapped_column(String(MAX_FILENAME))
    """What its owner called it."""
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    """In bytes."""
    sha256: Mapped[str] = mapped_column(String(64))
    blob: Mapped[str] = mapped_column(String(64), index=True)
    """What its bytes are kept under; see `blobs`. Files of one owner with the same name and bytes share one."""
    has_thumbnail: Mapped[bool] = mapped_column(default=False)
    width: Mapped[int | None]
    height: Mapped[int | None]
    """Of a picture, as it is shown, in pixels."""
    description: Mapped[str] = mapped_column(String(MAX_DESCRIPTION), default="")
    """What it shows, for those who can't see it."""
    search_text: Mapped[str] = mapped_column(Text)
    """Name and description, folded, with a separator between."""
    created_at: Mapped[datetime]


class ResumableUpload(Base):
    """A large file that arrives in pieces. Its whole length counts in the quota from the start."""

    __tablename__ = "resumable_uploads"
    __table_args__ = (Index(None, "owner_id"), Index(None, "expires_at"), Index(None, "file_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Random: who knows it still has to be its owner."""
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    filename: Mapped[str] = mapped_column(String(MAX_FILENAME))
    content_type: Mapped[str] = mapped_column(String(100))
    """What its owner says it is."""
    description: Mapped[str] = mapped_column(String(MAX_DESCRIPTION), default="")
    item_id: Mapped[int | None]
    sent_metadata: Mapped[str | None] = mapped_column(Text)
    """What its client said of it, as it was sent: the protocol wants it said again."""
    length: Mapped[int]
    """In bytes, as `received`."""
    received: Mapped[int] = mapped_column(default=0)
    """How many are at rest, from the first on."""
    state: Mapped[str] = mapped_column(String(10))
    """See `resumable.state`."""
    refusal: Mapped[str | None] = mapped_column(String(50))
    """Why what arrived is not taken, as the name of a reason that `resumable` has a text for."""
    file_id: Mapped[int | None] = mapped_column(ForeignKey("files.id", ondelete="SET NULL"))
    """What became of it."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class UploadSegment(Base):
    """A piece of a resumable upload that is at rest."""

    __tablename__ = "upload_segments"

    upload_id: Mapped[str] = mapped_column(ForeignKey("resumable_uploads.id", ondelete="CASCADE"), primary_key=True)
    # Two requests that go on from the same place can't both be right: the second one finds it taken.
    offset: Mapped[int] = mapped_column(primary_key=True)
    length: Mapped[int]
    key: Mapped[str] = mapped_column(String(100))
    """What its bytes are kept under."""

"""Items and their tags."""

from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from musubi.core.models import NEVER_REUSE_IDS, Base, Entity

MAX_TAG = 50
MAX_TAG_KEY = 200
"""How long a tag may be, as it is shown and folded; in characters."""


class ItemStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Item(Entity):
    """Something that a person wrote for the others."""

    __tablename__ = "items"
    # One index per way to list them: all by age, change or title; by state; one's own.
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "title", "id"),
        Index(None, "status", "created_at", "id"),
        Index(None, "owner_id", "created_at", "id"),
        NEVER_REUSE_IDS,
    )

    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[ItemStatus] = mapped_column(String(20), default=ItemStatus.DRAFT)
    tags: Mapped[list[str]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"), default=list)
    """As they are shown. `ItemTag` holds the same for finding; the repository writes both."""
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int] = mapped_column(default=1)
    """Counts the changes; what `ETag` and `If-Match` go by."""
    search_text: Mapped[str] = mapped_column(Text)
    """Title, description and tags, folded, with separators between."""


class ItemTag(Base):
    """A tag of an item, by which items are found and tags are counted."""

    __tablename__ = "item_tags"

    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(MAX_TAG_KEY), primary_key=True)
    """The folded tag: `Vue` and `vue` are one."""
    label: Mapped[str] = mapped_column(String(MAX_TAG))

    __table_args__ = (Index(None, "key", "item_id"),)

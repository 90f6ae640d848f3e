"""Rooms, who is in them, what was said, and what was changed of it.

A room's log is `Message` and `MessageChange` together: each row has the next number of the room, and a number is given
out under a lock of the room that is held until the commit. So numbers have no gaps, and their order is that of the
commits.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from musubi.core.models import NEVER_REUSE_IDS, Base, BigId, Entity

MAX_ROOM_NAME = 64
MAX_TOPIC = 200
MAX_CONTENT = 4000
MAX_CID = 64
MAX_EMOJI = 32
"""In characters."""


class Room(Entity):
    """A place to talk. `created_by` is its owner."""

    __tablename__ = "rooms"
    __table_args__ = NEVER_REUSE_IDS

    name: Mapped[str] = mapped_column(String(MAX_ROOM_NAME), unique=True)
    topic: Mapped[str] = mapped_column(String(MAX_TOPIC), default="")
    is_private: Mapped[bool] = mapped_column(default=False)
    epoch: Mapped[str] = mapped_column(String(32))
    """Random. Another epoch means that numbers of before say nothing: the log was replaced, by a restored copy say."""
    seq: Mapped[int] = mapped_column(default=0)
    """The number that was given out last."""
    message_count: Mapped[int] = mapped_column(default=0)
    last_message_at: Mapped[datetime | None]
    search_text: Mapped[str] = mapped_column(Text)
    """Name and topic, folded, with a separator between."""


class RoomMember(Base):
    """Someone who is in a room: invited to a private one, or once there in a public one."""

    __tablename__ = "room_members"

    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    read_seq: Mapped[int] = mapped_column(default=0)
    """Up to where this member has read."""
    joined_at: Mapped[datetime]


class Message(Base):
    """What someone said. A deleted one stays as an empty row, which the room's log has a number for."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("room_id", "seq"),
        # A message that is sent again, because its answer was lost, is found by this and not said twice.
        UniqueConstraint("user_id", "cid"),
        NEVER_REUSE_IDS,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    seq: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    cid: Mapped[str] = mapped_column(String(MAX_CID))
    content: Mapped[str] = mapped_column(Text)
    search_text: Mapped[str] = mapped_column(Text)
    """The content, folded."""
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class MessageChange(Base):
    """An edit, a deletion or a reaction, at its place in the room's log. It names the message and holds no text of it,
    which may be gone by now."""

    __tablename__ = "message_changes"
    __table_args__ = (Index(None, "message_id"),)

    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    """The type of its frame."""
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    """Whose doing it was."""
    data: Mapped[dict[str, Any]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"), default=dict)
    """Of a reaction: `emoji` and `on`."""
    created_at: Mapped[datetime]


class Reaction(Base):
    """Someone's answer to a message in one character."""

    __tablename__ = "reactions"

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    emoji: Mapped[str] = mapped_column(String(MAX_EMOJI), primary_key=True)
    created_at: Mapped[datetime]


class MessageFile(Base):
    """A file that a message shows. Whoever may read the message may read it."""

    __tablename__ = "message_files"

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int]
    """Its place among the files of the message, from 0."""

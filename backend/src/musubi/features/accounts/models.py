"""Users and their sign-ins."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, validates

from musubi.core.models import NEVER_REUSE_IDS, Entity
from musubi.core.permissions import Role
from musubi.core.text import fold


class User(Entity):
    """An account. A deleted one stays as a nameless row, because what others see still refers to it."""

    __tablename__ = "users"

    username: Mapped[str] = mapped_column(String(50))
    username_key: Mapped[str] = mapped_column(String(200), unique=True)
    """The folded name: what must be unique, and what is looked up."""
    email: Mapped[str] = mapped_column(String(100))
    email_key: Mapped[str] = mapped_column(String(400), unique=True)
    full_name: Mapped[str | None] = mapped_column(String(100))
    full_name_key: Mapped[str | None] = mapped_column(Text)
    """The folded full name, for searching; it follows `full_name` by itself."""
    bio: Mapped[str | None] = mapped_column(String(1000))
    profile_image: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[Role] = mapped_column(String(20), default=Role.MEMBER)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_superuser: Mapped[bool] = mapped_column(default=False)
    email_verified: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    """None: no password opens this account."""
    deleted_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "created_at", "id"), NEVER_REUSE_IDS)

    @validates("full_name")
    def _fold_full_name(self, _field: str, value: str | None) -> str | None:
        self.full_name_key = None if value is None else fold(value)
        return value


class AuthSession(Entity):
    """One sign-in, from login to logout. Its refresh tokens are numbered; see `tokens`."""

    __tablename__ = "auth_sessions"
    __table_args__ = NEVER_REUSE_IDS

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    seed: Mapped[str] = mapped_column(String(43))
    """Random, and part of every refresh token's signature, so that no two sessions share one."""
    generation: Mapped[int] = mapped_column(default=0)
    """The number of the refresh token that was issued last."""
    confirmed_at: Mapped[datetime | None]
    """When a token of the current generation was first used; the one before is welcome for a short while longer."""
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    address: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(String(300))

"""Users, their sign-ins, and what they prove themselves with."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from musubi.core.models import NEVER_REUSE_IDS, Base, BigId, Entity
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
    authenticated_at: Mapped[datetime]
    """When this session last proved who holds it: at sign-in, or again before something that asks for it."""
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    address: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(String(300))


class OneTimeToken(Base):
    """Something that is handed out and comes back once: a mailed link, a challenge, the state of a sign-in halfway."""

    __tablename__ = "one_time_tokens"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the token, which itself is kept nowhere."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What belongs to it and must not be left to the client, a challenge for one."""
    failures: Mapped[int] = mapped_column(default=0)
    """How many answers came with it, each counted as wrong until it turns out to be right."""
    expires_at: Mapped[datetime] = mapped_column(index=True)


TOTP_SEAL = "totp-secret"
"""The purpose for which the key ring seals them."""


class TotpSecret(Base):
    """The secret that a user shares with an authenticator app (RFC 6238)."""

    __tablename__ = "totp_secrets"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[str] = mapped_column(String(200))
    """Sealed with the key ring: a copy of the database gives no codes."""
    confirmed_at: Mapped[datetime | None]
    """When the first code was right; before that it is no factor yet."""
    last_step: Mapped[int | None]
    """The time step of the last code that was taken; no code of it or before is taken again."""


class RecoveryCode(Base):
    """A code that replaces the second factor once. It goes when it is used."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "digest"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64))


class Passkey(Entity):
    """A WebAuthn credential: the private half is on a device of the user, or in their password manager."""

    __tablename__ = "passkeys"
    __table_args__ = NEVER_REUSE_IDS

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    """base64url; at most 1,023 bytes (WebAuthn Level 3, 4)."""
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int]
    """The authenticator's counter; one that goes back may be a copy."""
    transports: Mapped[list[str]] = mapped_column(JSON, default=list)
    last_used_at: Mapped[datetime | None]


class Identity(Entity):
    """An account at an OpenID provider that opens this one. Who it is: the issuer and its subject, nothing else."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"), NEVER_REUSE_IDS)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = mapped_column(String(50))
    """The name in the settings at the time."""
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(320))
    """As the provider gave it, to be shown; it decides nothing."""

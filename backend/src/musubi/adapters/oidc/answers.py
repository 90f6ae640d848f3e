"""What comes of asking a provider."""

from dataclasses import dataclass


class ProviderUnavailable(Exception):
    """The provider could not be asked, or doesn't describe itself as it must. Later, or with other settings, it may
    work; the text says what was wrong, and holds no secret."""


class UnacceptableAnswer(Exception):
    """The provider refused, or what it (or someone in its name) answered proves nothing. The text holds no secret."""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone as a provider vouches for them. Only `issuer` and `subject` say who it is; the rest may change, and be
    someone else's tomorrow."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    """Whether the provider says that the address is theirs."""
    preferred_username: str | None
    name: str | None

"""Signing in with accounts elsewhere, as the contract has it."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field


class SignInError(StrEnum):
    """Why someone came back from a provider without being signed in or connected: `?error=` of the page they land on,
    which has the words for it."""

    STATE = "state"
    """It took too long, was done already, or was begun in another browser."""
    CANCELLED = "cancelled"
    """They said no at the provider."""
    PROVIDER = "provider"
    """The provider refused, or its answer proves nothing."""
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    ACCOUNT_EXISTS = "account_exists"
    """An account has this address, and nothing proves that both are the same person's: they sign in to it as before,
    and connect the two in its settings."""
    EMAIL_MISSING = "email_missing"
    """The provider gives no usable address, and a new account needs one."""
    REGISTRATION_CLOSED = "registration_closed"
    INACTIVE = "inactive"
    IDENTITY_TAKEN = "identity_taken"
    """The account elsewhere opens another account here already."""


class OidcProvider(BaseModel):
    """Where people may have an account already."""

    name: Annotated[str, Field(description="In the addresses of its routes", examples=["google"])]
    title: Annotated[str, Field(description="To show", examples=["Google"])]


class ProviderAddress(BaseModel):
    """Where to send the browser."""

    url: str

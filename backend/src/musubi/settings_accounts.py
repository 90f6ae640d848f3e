"""The settings of accounts: how long a sign-in lasts, and what a password costs."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from musubi.core.setting_lists import CommaSeparated


class AccountSettings(BaseSettings):
    """A part of `settings.Settings`."""

    access_token_minutes: Annotated[int, Field(ge=1, le=1440, description="How long an access token is valid")] = 60
    session_days: Annotated[int, Field(ge=1, le=90, description="How long a sign-in lasts at the most")] = 7
    refresh_grace_seconds: Annotated[
        int, Field(ge=0, le=60, description="How long a replaced refresh token still gets its successor")
    ] = 10
    proof_minutes: Annotated[
        int, Field(ge=1, le=1440, description="How long a sign-in or a proof is enough for what is sensitive")
    ] = 10
    password_words: Annotated[CommaSeparated, Field(description="Words that alone make no password")] = ()
    password_memory_kib: Annotated[int, Field(ge=8, description="Argon2id memory per hash, in KiB")] = 65536
    password_iterations: Annotated[int, Field(ge=1, le=20, description="Argon2id passes")] = 3
    password_workers: Annotated[int, Field(ge=1, le=64, description="Password hashes computed at once")] = 2
    password_queue: Annotated[
        int, Field(ge=0, le=1000, description="Password hashes that may wait; more are refused")
    ] = 32

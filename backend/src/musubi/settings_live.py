"""The settings of live connections."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings


class LiveSettings(BaseSettings):
    """A part of `settings.Settings`."""

    live_connections: Annotated[
        int, Field(ge=1, le=100_000, description="Live connections per process; more are asked to come back later")
    ] = 10_000
    live_connections_per_user: Annotated[
        int, Field(ge=1, le=100_000, description="Live connections of one user per process: tabs and devices")
    ] = 10
    live_rooms: Annotated[int, Field(ge=1, le=1000, description="Rooms that one live connection can hear")] = 32

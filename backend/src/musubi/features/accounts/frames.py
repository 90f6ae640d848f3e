"""Accounts over a live connection."""

from typing import Literal

from musubi.core.realtime.frames import ServerFrame


class AccountChanged(ServerFrame):
    """One's own account or what one may do has changed: fetch `/auth/me` and `/navigation`. Only to oneself."""

    type: Literal["account_changed"] = "account_changed"


SERVER_FRAMES = (AccountChanged,)

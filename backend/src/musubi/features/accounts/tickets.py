"""Tickets: what a browser opens a live connection with.

A browser can't send a header with it, and what stands in an address is written into logs on the way. So it is no token
that stands there, but something that was good once, for some seconds.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core import context
from musubi.core.permissions import Principal
from musubi.features.accounts import one_time
from musubi.features.accounts.one_time import Purpose

TICKET_LIFETIME = timedelta(seconds=30)


async def issue_ticket(session: AsyncSession, principal: Principal, expires_at: datetime) -> str:
    """A ticket for a connection on behalf of `principal`'s session, which may live until `expires_at`."""
    return await one_time.issue(
        session,
        Purpose.SOCKET,
        lifetime=TICKET_LIFETIME,
        user_id=principal.user_id,
        data={
            "session_id": principal.session_id,
            "expires_at": expires_at.isoformat(),
            "locale": context.locale.get(),
        },
    )


class Ticket(NamedTuple):
    """What a ticket was issued for."""

    session_id: int
    """It may have ended since."""
    expires_at: datetime
    """Until when the connection may live."""
    locale: str
    """The language that was asked for: a browser's script can't say it when it opens a connection."""


async def take_ticket(session: AsyncSession, ticket: str) -> Ticket | None:
    """Use a ticket up. None when it is unknown, used or too old."""
    taken = await one_time.take(session, Purpose.SOCKET, ticket)
    if taken is None:
        return None
    data = taken.data
    return Ticket(int(data["session_id"]), datetime.fromisoformat(data["expires_at"]), data["locale"])

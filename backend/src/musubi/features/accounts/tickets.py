"""Tickets: what a browser opens a live connection with.

A browser can't send a header with it, and what stands in an address is written into logs on the way. So it is no token
that stands there, but something that was good once, for some seconds.
"""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

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
        data={"session_id": principal.session_id, "expires_at": expires_at.isoformat()},
    )


async def take_ticket(session: AsyncSession, ticket: str) -> tuple[int, datetime] | None:
    """Use a ticket up: the session it was issued to, which may have ended since, and until when the connection may
    live. None when it is unknown, used or too old."""
    taken = await one_time.take(session, Purpose.SOCKET, ticket)
    if taken is None:
        return None
    return int(taken.data["session_id"]), datetime.fromisoformat(taken.data["expires_at"])

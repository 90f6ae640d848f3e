"""Live connections follow the account: they end with its sessions, and hear what it may read now."""

import asyncio
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.errors import Unauthorized
from musubi.core.outbox import Outbox
from musubi.core.realtime.hub import Hub, session_channel, user_channel
from musubi.core.realtime.socket import CloseCode
from musubi.features.accounts.events import AccessChanged, ProfileChanged, SessionsEnded
from musubi.features.accounts.frames import AccountChanged
from musubi.features.accounts.sessions import Sessions

SESSIONS_ENDED = "sessions_ended"
ACCESS_CHANGED = "access_changed"
_SIGNED_OUT = "signed out"


async def publish_end(app: FastAPI, session: AsyncSession, event: SessionsEnded) -> None:
    """Let every process close what was opened in these sessions."""
    outbox: Outbox = app.state.outbox
    await outbox.publish(session, SESSIONS_ENDED, {"session_ids": event.session_ids})


async def publish_change(app: FastAPI, session: AsyncSession, event: AccessChanged | ProfileChanged) -> None:
    """Let every process read anew who this user is and what they may do."""
    outbox: Outbox = app.state.outbox
    await outbox.publish(session, ACCESS_CHANGED, {"user_id": event.user_id})


async def close_sockets(app: FastAPI, payload: dict[str, Any]) -> None:
    """Close the connections of ended sessions."""
    hub: Hub = app.state.hub
    for session_id in payload["session_ids"]:
        for socket in hub.within(session_channel(session_id)):
            socket.close(CloseCode.BAD_TOKEN, _SIGNED_OUT)


async def admit_anew(app: FastAPI, payload: dict[str, Any]) -> None:
    """Let the connections of a user hear what they may hear now, and tell them; what may hear nothing is closed."""
    hub: Hub = app.state.hub
    admissions: asyncio.Lock = app.state.admissions
    channel = user_channel(payload["user_id"])
    # One after the other: of two changes at once, what was read before the second must not be what counts in the end.
    async with admissions:
        try:
            for session_id in {socket.principal.session_id for socket in hub.within(channel)}:
                await _admit_session(app, hub, session_id)
        except Exception:
            # They may hear what they no longer should. When they come back, they are asked who they are.
            for socket in hub.within(channel):
                socket.close(CloseCode.OVERLOAD, "try again")
            raise
    hub.deliver(AccountChanged().wire(), [channel])


async def _admit_session(app: FastAPI, hub: Hub, session_id: int) -> None:
    sessions: Sessions = app.state.accounts.sessions
    try:
        principal = await sessions.principal_of_session(app.state.database, session_id)
    except Unauthorized:
        principal = None
    for socket in hub.within(session_channel(session_id)):
        if principal is None:
            socket.close(CloseCode.BAD_TOKEN, _SIGNED_OUT)
        else:
            hub.admit(socket, principal)

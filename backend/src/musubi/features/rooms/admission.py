"""Who may open a live connection."""

import re
from datetime import datetime

from fastapi import FastAPI
from starlette.websockets import WebSocket

from musubi.core import context, metrics
from musubi.core.addresses import subdomain_pattern
from musubi.core.database import Database
from musubi.core.errors import Unauthorized
from musubi.core.http.rate_limit import Limited, by_address
from musubi.core.limits import MINUTE, Limit, Limiter
from musubi.core.permissions import Principal
from musubi.core.realtime.hub import Overloaded
from musubi.core.realtime.socket import CloseCode
from musubi.features.accounts import tickets
from musubi.features.accounts.sessions import Sessions
from musubi.settings import Settings

_LIMIT = Limit("live", 600, MINUTE)
"""Tickets, and connections, that one address may ask for. An office shares one, and after a restart all come back."""
LIVE = Limited(_LIMIT)

_SCHEMES = {"ws": "http", "wss": "https"}


def comes_from_here(websocket: WebSocket) -> bool:
    """Whether a page that opens this connection is ours, or of an origin that CORS admits. Clients that are no browsers
    send no origin; for them the token decides, as it does for all."""
    origin = websocket.headers.get("origin")
    if origin is None:
        return True
    settings: Settings = websocket.app.state.settings
    own = f"{_SCHEMES.get(websocket.url.scheme, websocket.url.scheme)}://{websocket.headers.get('host', '')}"
    if origin in (own, *settings.origins):
        return True
    subdomain = subdomain_pattern(settings.cors_parent_domain)
    return subdomain is not None and re.fullmatch(subdomain, origin) is not None


async def check_limit(app: FastAPI) -> None:
    """Count a connection by its address. Raises Overloaded."""
    limiter: Limiter | None = app.state.limiter
    if limiter is not None:
        limit = app.state.changed_limits.get(_LIMIT.name, _LIMIT)
        if not await limiter.hit(limit, f"connection {by_address('')}"):
            metrics.limit_refusals.labels(limit.name).inc()
            raise Overloaded(CloseCode.TOO_FAST)


async def admit(app: FastAPI, token: str) -> tuple[Principal, datetime]:
    """Whose ticket or access token this is, and until when it is good for a connection. A ticket is used up, and
    says which language is spoken.

    Raises Unauthorized.
    """
    if not token:
        raise Unauthorized
    database: Database = app.state.database
    sessions: Sessions = app.state.accounts.sessions
    # The parts of an access token (RFC 7519) have dots between them; a ticket has none.
    if "." in token:
        return await sessions.principal_of_token(database, token)
    async with database.transaction() as session:
        taken = await tickets.take_ticket(session, token)
    if taken is None:
        raise Unauthorized
    context.locale.set(taken.locale)
    return await sessions.principal_of_session(database, taken.session_id), taken.expires_at

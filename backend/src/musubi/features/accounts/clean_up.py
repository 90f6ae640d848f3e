"""What accounts clear away by themselves."""

from datetime import timedelta

import structlog
from fastapi import FastAPI

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.jobs import Periodic
from musubi.core.jobs.deletion import delete_in_batches
from musubi.features.accounts.models import AuthSession, OneTimeToken

log = structlog.get_logger("musubi.accounts")

SESSIONS_KEPT_FOR = timedelta(days=30)
"""After their end: until then a sign-in from the same place is nothing new."""


async def _clear(app: FastAPI) -> None:
    database: Database = app.state.database
    now = utcnow()
    tokens = await delete_in_batches(database, OneTimeToken.id, OneTimeToken.expires_at < now)
    long_ago = now - SESSIONS_KEPT_FOR
    sessions = await delete_in_batches(database, AuthSession.id, AuthSession.expires_at < long_ago)
    # There is no index for these; what is left after the line above is a few weeks' worth.
    sessions += await delete_in_batches(database, AuthSession.id, AuthSession.ended_at < long_ago)
    log.info("what has expired is deleted", tokens=tokens, sessions=sessions)


CLEAR_EXPIRED = Periodic("accounts.clear_expired", _clear, every=timedelta(hours=12))
"""Deletes tokens that nobody used, and sessions that ended long ago."""

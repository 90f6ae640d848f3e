"""What the application clears away by itself."""

from datetime import timedelta

import structlog
from fastapi import FastAPI

from musubi.core.clock import utcnow
from musubi.core.idempotency import KEPT_FOR, IdempotencyKey
from musubi.core.jobs import Periodic
from musubi.core.jobs.deletion import delete_in_batches
from musubi.core.outbox import KEPT, OutboxMessage

log = structlog.get_logger("musubi.system")


async def _clear_idempotency_keys(app: FastAPI) -> None:
    outdated = IdempotencyKey.claimed_at < utcnow() - KEPT_FOR
    count = await delete_in_batches(app.state.database, IdempotencyKey.id, outdated)
    log.info("idempotency keys cleared", count=count)


CLEAR_IDEMPOTENCY_KEYS = Periodic("system.clear_idempotency_keys", _clear_idempotency_keys, every=timedelta(hours=1))
"""Deletes the kept replies that no repeated request gets any more."""


async def _clear_outbox(app: FastAPI) -> None:
    count = await delete_in_batches(app.state.database, OutboxMessage.id, OutboxMessage.created_at < utcnow() - KEPT)
    log.info("outbox cleared", count=count)


CLEAR_OUTBOX = Periodic("system.clear_outbox", _clear_outbox, every=timedelta(minutes=10))
"""Deletes the messages that every process has taken long ago."""

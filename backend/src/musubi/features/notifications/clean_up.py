"""What becomes of old notifications."""

from datetime import timedelta

import structlog
from fastapi import FastAPI

from musubi.core.clock import utcnow
from musubi.core.jobs import Periodic
from musubi.core.jobs.deletion import delete_in_batches
from musubi.features.notifications.models import Notification

log = structlog.get_logger("musubi.notifications")

KEPT_FOR = timedelta(days=90)
"""After it was read. What nobody has read yet stays."""


async def _clear(app: FastAPI) -> None:
    # There is no index for it: keeping one up to date costs more than looking through the table twice a day.
    count = await delete_in_batches(app.state.database, Notification.id, Notification.read_at < utcnow() - KEPT_FOR)
    log.info("old notifications are deleted", count=count)


CLEAR_READ = Periodic("notifications.clear_read", _clear, every=timedelta(hours=12))
"""Deletes notifications that were read long ago."""

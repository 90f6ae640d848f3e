"""Telling people's devices what is new in their inbox."""

from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.outbox import Outbox
from musubi.core.realtime.frames import ServerFrame
from musubi.core.realtime.hub import Hub, user_channel
from musubi.features.notifications import repository
from musubi.features.notifications.frames import NotificationsRead, Notified
from musubi.features.notifications.schemas import NotificationRead

INBOX_TOPIC = "inbox"


async def inbox_changed(
    app: FastAPI, session: AsyncSession, user_id: int, added: NotificationRead | None = None
) -> None:
    """Once this is committed, tell someone's devices what was `added`, or that something was read."""
    outbox: Outbox = app.state.outbox
    data = None if added is None else added.model_dump(mode="json")
    await outbox.publish(session, INBOX_TOPIC, {"user_id": user_id, "added": data})


async def tell_devices(app: FastAPI, payload: dict[str, Any]) -> None:
    """Write it to the sockets of this process.

    How many are unread is counted now and not with the change: of two changes at once neither sees the other, and what
    is told last should be true.
    """
    hub: Hub = app.state.hub
    channel = user_channel(payload["user_id"])
    if not hub.within(channel):
        return
    unread = await repository.count_notifications(app.state.database, payload["user_id"], unread=True)
    frame: ServerFrame = NotificationsRead(unread=unread)
    if payload["added"] is not None:
        frame = Notified(data=NotificationRead.model_validate(payload["added"]), unread=unread)
    hub.deliver(frame.wire(), [channel])

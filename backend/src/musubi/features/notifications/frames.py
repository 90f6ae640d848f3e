"""Notifications over a live connection."""

from typing import Literal

from musubi.core.realtime.frames import ServerFrame
from musubi.features.notifications.schemas import NotificationRead


class Notified(ServerFrame):
    """A new entry in one's inbox. Only to oneself."""

    type: Literal["notification"] = "notification"
    data: NotificationRead
    unread: int


class NotificationsRead(ServerFrame):
    """Entries were read, maybe on another device; so many are left unread. Only to oneself."""

    type: Literal["notifications_read"] = "notifications_read"
    unread: int


SERVER_FRAMES = (Notified, NotificationsRead)

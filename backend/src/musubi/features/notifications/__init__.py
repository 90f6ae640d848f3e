"""Notifications: an inbox of what others did that concerns oneself."""

from musubi.core.feature import Feature, Page
from musubi.core.i18n import Text
from musubi.features.accounts.events import UserDeleted
from musubi.features.notifications import live, router, service
from musubi.features.notifications.clean_up import CLEAR_READ
from musubi.features.notifications.frames import SERVER_FRAMES
from musubi.features.notifications.service import notify, read_about

__all__ = ["FEATURE", "notify", "read_about"]

FEATURE = Feature(
    name="notifications",
    routers=(router.router,),
    pages=(Page("notifications", "/notifications", Text("Notifications", "お知らせ"), "bell", 35),),
    handlers={UserDeleted: service.forget},
    jobs=(CLEAR_READ,),
    server_frames=SERVER_FRAMES,
    receivers={live.INBOX_TOPIC: live.tell_devices},
)

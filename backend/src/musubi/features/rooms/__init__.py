"""Rooms: where people talk."""

from musubi.core.feature import Feature, Page
from musubi.core.i18n import Text
from musubi.features.accounts.events import UserDeleted
from musubi.features.rooms import router, service

FEATURE = Feature(
    name="rooms",
    routers=(router.router, router.messages_router),
    pages=(Page("rooms", "/rooms", Text("Rooms", "ルーム"), "messages-square", 30),),
    handlers={UserDeleted: service.hand_over},
    actions=(
        "room.created",
        "room.updated",
        "room.deleted",
        "room.member_added",
        "room.member_removed",
        "message.deleted",
    ),
)

"""Rooms: where people talk."""

from fastapi import FastAPI

from musubi.core.feature import Feature, Page
from musubi.core.i18n import Text
from musubi.features.accounts.events import UserDeleted
from musubi.features.files.context import files_of
from musubi.features.rooms import live_router, router, service
from musubi.features.rooms.changes import ROOM_TOPIC
from musubi.features.rooms.frames import SERVER_FRAMES
from musubi.features.rooms.handlers import FRAMES, room_changed
from musubi.features.rooms.live import LiveRooms
from musubi.features.rooms.message_files import in_messages, of_readable_messages
from musubi.settings import Settings


def _install(app: FastAPI) -> None:
    settings: Settings = app.state.settings
    app.state.rooms = LiveRooms(app, rooms_per_socket=settings.live_rooms)
    files = files_of(app)
    files.rules.append(of_readable_messages)
    files.kept.append(in_messages)


FEATURE = Feature(
    name="rooms",
    routers=(live_router.router, router.router, router.messages_router),
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
    client_frames=FRAMES,
    server_frames=SERVER_FRAMES,
    receivers={ROOM_TOPIC: room_changed},
    install=_install,
)

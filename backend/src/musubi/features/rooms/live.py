"""The rooms that this process's connections are in."""

import asyncio
import re
from collections.abc import Callable

from fastapi import FastAPI

from musubi.core import context
from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.errors import BadRequest, NotFound
from musubi.core.i18n import Text
from musubi.core.realtime.frames import Person, ServerFrame, Wire
from musubi.core.realtime.hub import Hub
from musubi.core.realtime.socket import Socket
from musubi.features.rooms import attendance
from musubi.features.rooms.frames import Presence as PresenceFrame
from musubi.features.rooms.frames import UserConnected, UserDisconnected
from musubi.features.rooms.messages import person_of
from musubi.features.rooms.presence import Presence
from musubi.features.rooms.schemas import ROOM_NAME_PATTERN
from musubi.features.rooms.stream import Stream
from musubi.features.rooms.streams import RoomGone, Streams

MANY_PEOPLE = 100
"""From so many on, who comes and goes is told as a number, every few seconds."""
_COUNT_SECONDS = 3.0
_TOO_MANY_ROOMS = Text("Too many rooms at once", "同時に開けるルームの数を超えています")
_NOT_FOUND = Text("Room not found", "ルームが見つかりません")


class LiveRooms:
    """Who hears which room, and who is told that they are there."""

    def __init__(self, app: FastAPI, *, rooms_per_socket: int) -> None:
        self._app = app
        self._database: Database = app.state.database
        self._hub: Hub = app.state.hub
        self._rooms_per_socket = rooms_per_socket
        self.streams = Streams(app.state.database, app.state.bus, joined=self._joined, left=self._left)
        self.presence = Presence(app.state.bus, self._own_users, self._came_or_went)
        self._homes: dict[Socket, str] = {}
        self._crowds: set[int] = set()
        self._counting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running event loop."""
        self.presence.start()

    async def close(self) -> None:
        """Stop what runs by itself."""
        if self._counting is not None:
            self._counting.cancel()
            await asyncio.gather(self._counting, return_exceptions=True)
        await self.streams.close()
        await self.presence.close()

    async def go_home(self, socket: Socket, name: str, greet: Callable[[Stream], ServerFrame]) -> None:
        """Enter the room of a connection's address, which frames are about that name none. Raises what `enter` does;
        NotFound for what is no name of a room."""
        if not _is_name(name):
            raise NotFound(_NOT_FOUND)
        self._homes[socket] = name
        socket.on_close.append(lambda: self._homes.__delitem__(socket))
        await self.enter(socket, name, greet=greet)

    def home_of(self, socket: Socket) -> str | None:
        """The room of its address."""
        return self._homes.get(socket)

    async def enter(
        self,
        socket: Socket,
        name: str,
        *,
        since: int | None = None,
        epoch: str | None = None,
        greet: Callable[[Stream], ServerFrame] | None = None,
    ) -> None:
        """Let a socket hear a room, as whose member its user is from now on; see `Streams.subscribe`.

        Raises Forbidden, NotFound, BadRequest.
        """
        heard = self.streams.heard_by(socket)
        if name not in heard and len(heard) >= self._rooms_per_socket:
            raise BadRequest(_TOO_MANY_ROOMS)
        room = await attendance.find_joined(self._database, socket.principal, name)
        if room is None:
            async with self._database.transaction() as session:
                # Who was there before and comes back doesn't bring a deleted room back.
                may_be_new = epoch is None
                room = await attendance.enter(self._app, session, socket.principal, name, may_be_new=may_be_new)
        try:
            await self.streams.subscribe(socket, room.id, name, since=since, epoch=epoch, greet=greet)
        except RoomGone:
            raise NotFound(_NOT_FOUND) from None

    def _own_users(self) -> list[int]:
        return [socket.principal.user_id for socket in self._hub]

    def _joined(self, socket: Socket, stream: Stream) -> None:
        self.presence.joined(stream.room_id, person_of(socket.principal))
        people = self.presence.in_room(stream.room_id)
        shown = people if len(people) < MANY_PEOPLE else []
        socket.send(PresenceFrame(room=stream.name, users=shown, count=len(people)))

    def _left(self, socket: Socket, stream: Stream) -> None:
        self.presence.left(stream.room_id, socket.principal.user_id)

    def _came_or_went(self, room_id: int, person: Person, is_present: bool) -> None:
        stream = self.streams.get(room_id)
        if stream is None:
            return
        if self.presence.count(room_id) >= MANY_PEOPLE:
            self._crowds.add(room_id)
            if self._counting is None or self._counting.done():
                self._counting = context.start_apart(self._tell_counts())
            return
        kind = UserConnected if is_present else UserDisconnected
        frame = kind(user_id=person.id, username=person.username, room=stream.name, timestamp=utcnow())
        stream.tell(frame.wire(), but_user=person.id)

    async def _tell_counts(self) -> None:
        await asyncio.sleep(_COUNT_SECONDS)
        while self._crowds:
            room_id = self._crowds.pop()
            stream = self.streams.get(room_id)
            if stream is not None:
                stream.tell(_count(stream.name, self.presence.count(room_id)))


def _is_name(name: str) -> bool:
    # `$` would also match in front of a last line's end.
    return re.fullmatch(ROOM_NAME_PATTERN.removesuffix("$"), name) is not None


def _count(room: str, count: int) -> Wire:
    return PresenceFrame(room=room, users=[], count=count).wire()

"""What goes over a live connection about rooms.

Durable frames carry the `seq` of their place in the room's log: a client has missed something when one doesn't follow
the last. A frame of the log that is sent anew, to someone who was away, says what is left of its message now.
"""

from typing import Annotated, Literal

from pydantic import Field

from musubi.core.realtime.frames import Cid, ClientFrame, Person, ServerFrame
from musubi.core.types import Id, Timestamp
from musubi.features.rooms.schemas import Content, Emoji, FileNames, MessageFile, RoomName, Seq

MAX_EPOCH = 32


class Subscribe(ClientFrame):
    """Hear a room: from now on, or, with `since` and `epoch`, from after that number of its log on."""

    type: Literal["subscribe"] = "subscribe"
    room: RoomName
    since: Seq | None = None
    epoch: Annotated[str, Field(max_length=MAX_EPOCH)] | None = None


class Unsubscribe(ClientFrame):
    type: Literal["unsubscribe"] = "unsubscribe"
    room: RoomName


class SendMessage(ClientFrame):
    """Say something. Without `room`: in the one of the connection's address. The answer is `ack`, also when the same
    `cid` comes again."""

    type: Literal["message"] = "message"
    room: RoomName | None = None
    content: Annotated[Content, Field(description="Empty only where there are files")]
    files: FileNames = Field(default_factory=list)
    cid: Cid


class SendTyping(ClientFrame):
    type: Literal["typing"] = "typing"
    room: RoomName | None = None
    is_typing: bool


class Edit(ClientFrame):
    """Say a message of one's own differently."""

    type: Literal["edit"] = "edit"
    id: Id
    content: Content


class Delete(ClientFrame):
    type: Literal["delete"] = "delete"
    id: Id


class React(ClientFrame):
    type: Literal["react"] = "react"
    id: Id
    emoji: Emoji
    on: bool = True


class Read(ClientFrame):
    """Everything up to `seq` has been read."""

    type: Literal["read"] = "read"
    room: RoomName
    seq: Seq


class Subscribed(ServerFrame):
    """The room is heard. With `recovered`, what comes after `since` follows; else it starts behind `seq`."""

    type: Literal["subscribed"] = "subscribed"
    room: str
    epoch: str
    seq: Annotated[int, Field(description="The last number of the log at this moment")]
    recovered: bool


class Unsubscribed(ServerFrame):
    """The room is heard no more: because one asked for it, or because it isn't there for one any more."""

    type: Literal["unsubscribed"] = "unsubscribed"
    room: str
    reason: Literal["asked", "removed", "deleted"]


class Ack(ServerFrame):
    """The message is committed. `duplicate`: it already was, and this is where it stands."""

    type: Literal["ack"] = "ack"
    cid: str
    room: str
    seq: int
    id: int
    duplicate: bool


class Done(ServerFrame):
    """An edit, deletion, reaction or reading that carried a `cid` is committed."""

    type: Literal["done"] = "done"
    cid: str


class MessageFrame(ServerFrame):
    type: Literal["message"] = "message"
    id: int
    seq: int
    room: str
    content: str
    cid: str
    user: Person
    timestamp: Timestamp
    edited_at: Timestamp | None = None
    deleted_at: Annotated[Timestamp | None, Field(description="It is gone, and `content` and `files` are empty")] = None
    files: list[MessageFile] = Field(default_factory=list)


class MessageEdited(ServerFrame):
    type: Literal["message_edited"] = "message_edited"
    id: int
    seq: int
    room: str
    content: str
    user: Annotated[Person, Field(description="Whose doing it was")]
    timestamp: Timestamp


class MessageDeleted(ServerFrame):
    type: Literal["message_deleted"] = "message_deleted"
    id: int
    seq: int
    room: str
    user: Annotated[Person, Field(description="Whose doing it was")]
    timestamp: Timestamp


class ReactionFrame(ServerFrame):
    type: Literal["reaction"] = "reaction"
    id: int
    seq: int
    room: str
    emoji: str
    on: bool
    user: Person
    timestamp: Timestamp


class Typing(ServerFrame):
    """Not to the typist. It is over after 5 seconds unless it is said again."""

    type: Literal["typing"] = "typing"
    user: Person
    is_typing: bool
    room: str
    timestamp: Timestamp


class UserConnected(ServerFrame):
    """Not to the one concerned."""

    type: Literal["user_connected"] = "user_connected"
    user_id: int
    username: str
    room: str
    timestamp: Timestamp


class UserDisconnected(ServerFrame):
    """The user's last connection to the room is gone, and no new one came within five seconds."""

    type: Literal["user_disconnected"] = "user_disconnected"
    user_id: int
    username: str
    room: str
    timestamp: Timestamp


class Presence(ServerFrame):
    """Who is there, after subscribing; from 100 people on `users` is empty, and `count` comes every few seconds."""

    type: Literal["presence"] = "presence"
    room: str
    users: list[Person]
    count: int


class ReadMarked(ServerFrame):
    """The user has read up to `seq`, maybe on another device of theirs; only to them."""

    type: Literal["read"] = "read"
    room: str
    seq: int
    unread: int


class RoomChanged(ServerFrame):
    """A room was made, changed or deleted, or one was let in or shown out: the list of rooms is another."""

    type: Literal["room_changed"] = "room_changed"
    room: str


CLIENT_FRAMES = (Subscribe, Unsubscribe, SendMessage, SendTyping, Edit, Delete, React, Read)
SERVER_FRAMES = (
    Subscribed, Unsubscribed, Ack, Done, MessageFrame, MessageEdited, MessageDeleted, ReactionFrame, Typing,
    UserConnected, UserDisconnected, Presence, ReadMarked, RoomChanged,
)  # fmt: skip

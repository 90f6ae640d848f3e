"""Rooms as the contract has them."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from pydantic_core import PydanticCustomError

from musubi.core.pagination import Paging
from musubi.core.realtime.frames import Cid, Person
from musubi.core.text import STORABLE, TRIMMED
from musubi.core.types import MAX_ID, Id, Input, Timestamp, omitted
from musubi.features.files.schemas import StoredName
from musubi.features.files.types import Kind
from musubi.features.rooms.models import MAX_CONTENT, MAX_EMOJI, MAX_TOPIC

ROOM_NAME_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,63}$"
MAX_FILES = 10
"""In one message."""


def _without_repeats(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        texts = {"en": "Name each file once", "ja": "同じファイルは1回だけ指定してください"}
        raise PydanticCustomError("files_repeated", "A file is named twice", {"texts": texts})
    return names


RoomName = Annotated[
    str, StringConstraints(pattern=ROOM_NAME_PATTERN), Field(description="a–z, 0–9, `_` and `-`", examples=["general"])
]
Topic = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MAX_TOPIC),
    STORABLE,
    Field(json_schema_extra=TRIMMED, examples=["What everyone should know"]),
]
Content = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MAX_CONTENT),
    STORABLE,
    Field(json_schema_extra=TRIMMED, examples=["Good morning"]),
]
Emoji = Annotated[str, StringConstraints(min_length=1, max_length=MAX_EMOJI), STORABLE, Field(examples=["👍"])]
FileNames = Annotated[
    list[StoredName],
    Field(
        max_length=MAX_FILES,
        json_schema_extra={"uniqueItems": True},
        description="Files of one's own to show, by their stored names",
    ),
    AfterValidator(_without_repeats),
]
Seq = Annotated[int, Field(ge=0, le=MAX_ID, description="A number in the room's log")]


class RoomCreate(Input):
    name: RoomName
    topic: Topic = ""
    is_private: bool = False
    member_ids: Annotated[list[Id], Field(max_length=100, description="Whom to invite at once")] = Field(
        default_factory=list
    )


class RoomUpdate(Input):
    """A change: only the fields that are sent."""

    topic: Topic = omitted()
    is_private: bool = omitted()


class RoomRead(BaseModel):
    name: str
    topic: str
    is_private: bool
    created_at: Timestamp
    created_by: Annotated[int | None, Field(description="The owner")]
    epoch: str
    seq: Annotated[int, Field(description="The last number of its log")]
    message_count: int
    last_message_at: Timestamp | None
    is_member: bool
    read_seq: Annotated[int, Field(description="Up to where the caller has read")]
    unread: Annotated[int, Field(description="Messages of others after that, 100 for 100 and more")]


class RoomQuery(Paging):
    """Which rooms to list: those one is in first, the liveliest of them in front."""

    search: Annotated[Annotated[str, StringConstraints(max_length=100), STORABLE] | None, Field()] = None
    joined: Annotated[bool | None, Field(description="Only those one is in, or only the others")] = None


class MemberAdd(Input):
    user_id: Id


class MemberRead(Person):
    profile_image: str | None
    joined_at: Timestamp
    is_owner: bool


class ReactionCount(BaseModel):
    """Who answered with one emoji."""

    emoji: str
    user_ids: list[int]


class MessageFile(BaseModel):
    """A file that a message shows. `GET /upload/links` tells where it is found: that differs for everyone."""

    stored_name: StoredName
    filename: str
    content_type: str
    kind: Kind
    size: Annotated[int, Field(description="Bytes")]
    width: Annotated[int | None, Field(description="Of a picture, as it is shown, in pixels")]
    height: int | None
    description: Annotated[str, Field(description="What it shows, for those who can't see it")]


class MessageRead(BaseModel):
    """A message of the history. A deleted one has no content and no files left."""

    id: int
    room: str
    seq: int
    content: str
    cid: Cid
    user: Person
    timestamp: Timestamp
    edited_at: Timestamp | None
    deleted_at: Timestamp | None
    files: list[MessageFile]
    reactions: list[ReactionCount]


class HistoryQuery(BaseModel):
    """Which part of a room's history: the last messages, those before a number, or those after one; oldest first."""

    before: Seq | None = None
    after: Seq | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class MessageQuery(Paging):
    """What to look for in the rooms one may read, newest first."""

    search: Annotated[
        str,
        StringConstraints(min_length=1, max_length=200),
        STORABLE,
        Field(description="A substring, without regard to case and width"),
    ]
    room: RoomName | None = None


class RoomUsers(BaseModel):
    """Who is connected to a room now."""

    room: str
    users: list[Person]
    count: int


class LiveStats(BaseModel):
    """Over all processes."""

    total_connections: int
    active_rooms: int
    connected_users: int


class Ticket(BaseModel):
    """Opens one live connection, once."""

    ticket: str
    expires_in: Annotated[int, Field(description="Seconds")]

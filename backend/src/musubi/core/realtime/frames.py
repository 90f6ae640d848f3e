"""The base of what goes over a live connection: each frame is a JSON object that says its `type`.

Features list theirs in their manifests; `contract` puts them together.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from musubi.core.types import Input, Timestamp

Cid = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$", examples=["a1b2c3"])]
"""What a client calls something it sends, so that it knows the answer to it, and may send it again."""


class Wire:
    """A frame as it is written to any number of connections: encoded once."""

    __slots__ = ("data", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        """The JSON text."""
        # What a server sends is not masked (RFC 6455, 5.1), so the same bytes will do for every connection.
        self.data = WebSocketFrame(Opcode.TEXT, text).serialize(mask=False)
        """The whole WebSocket frame."""


class ServerFrame(BaseModel):
    """What the server sends."""

    # Every field is written, those with a default too, and the contract says so.
    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    type: str

    def wire(self) -> Wire:
        return Wire(self.model_dump_json().encode())


class ClientFrame(Input):
    """What a client sends. `cid` comes back in the error that answers it."""

    type: str
    cid: Cid | None = None


class Person(BaseModel):
    """Someone, as far as others need to know."""

    id: int
    username: str
    full_name: str | None


class Hello(ServerFrame):
    """The first frame: who is connected, and from where on the room of the address is heard."""

    type: Literal["hello"] = "hello"
    conn_id: str
    user: Person
    room: str | None = None
    epoch: str | None = None
    seq: int | None = None
    heartbeat_s: Annotated[int, Field(description="Send `ping` this often; without `pong` the connection is dead")]
    expires_in: Annotated[int, Field(description="Seconds until `auth` is due")]


class Ping(ClientFrame):
    type: Literal["ping"] = "ping"


class Pong(ServerFrame):
    type: Literal["pong"] = "pong"
    timestamp: Timestamp


class Auth(ClientFrame):
    """A new token for this connection, before the one it has expires: an access token or a ticket of the same user."""

    type: Literal["auth"] = "auth"
    token: Annotated[str, Field(min_length=1, max_length=4096)]


class Authenticated(ServerFrame):
    """`auth` was good: the connection lives on, with what its user may do now."""

    type: Literal["authenticated"] = "authenticated"
    user: Person
    expires_in: Annotated[int, Field(description="Seconds until the next `auth` is due")]


class Resync(ServerFrame):
    """What was missed can't be sent: fetch it. `room` is null when it is about everything outside of rooms."""

    type: Literal["resync"] = "resync"
    room: str | None
    reason: Literal["too_many", "epoch", "ahead", "behind", "changed"]


class Reconnect(ServerFrame):
    """This server is about to stop: close, and connect again after so many milliseconds."""

    type: Literal["reconnect"] = "reconnect"
    after_ms: int


class Error(ServerFrame):
    """What a frame could not do. The connection stays open."""

    type: Literal["error"] = "error"
    code: str
    message: str
    cid: str | None = None
    details: dict[str, Any] = Field(default_factory=dict)

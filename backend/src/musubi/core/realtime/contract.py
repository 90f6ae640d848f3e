"""The contract of live connections: every frame, as one JSON Schema."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from pydantic.json_schema import models_json_schema

from musubi.core.feature import Feature
from musubi.core.realtime.frames import (
    Authenticated,
    ClientFrame,
    Error,
    Hello,
    Ping,
    Pong,
    Reconnect,
    Resync,
    ServerFrame,
)

CLIENT_FRAMES: tuple[type[ClientFrame], ...] = (Ping,)
SERVER_FRAMES: tuple[type[ServerFrame], ...] = (Hello, Pong, Authenticated, Resync, Reconnect, Error)
"""What belongs to the connection itself; the rest is the features'."""


def client_frames(features: Iterable[Feature]) -> tuple[type[ClientFrame], ...]:
    """Every frame that a client may send."""
    return (*CLIENT_FRAMES, *(frame for feature in features for frame in feature.client_frames))


def server_frames(features: Iterable[Feature]) -> tuple[type[ServerFrame], ...]:
    """Every frame that the server sends."""
    return (*SERVER_FRAMES, *(frame for feature in features for frame in feature.server_frames))


def client_frame_adapter(features: Iterable[Feature]) -> TypeAdapter[ClientFrame]:
    """Reads what a client sent: the frame that its `type` names. Raises ValidationError."""
    union: Any = Annotated[_union(client_frames(features)), Field(discriminator="type")]
    return TypeAdapter(union)


def build_schema(features: Iterable[Feature]) -> dict[str, Any]:
    """A JSON Schema (2020-12) whose definitions are the frames, `ClientFrame` and `ServerFrame` being the unions."""
    features = tuple(features)
    sent, received = client_frames(features), server_frames(features)
    _, schema = models_json_schema(
        [*((frame, "validation") for frame in sent), *((frame, "serialization") for frame in received)],
        title="Musubi over WebSocket",
    )
    definitions = schema["$defs"]
    for frame in sent:
        # It has a default for whoever makes one in Python; on the wire it is what tells the frames apart.
        required = definitions[frame.__name__].setdefault("required", [])
        definitions[frame.__name__]["required"] = ["type", *required]
    definitions["ClientFrame"] = _one_of(sent)
    definitions["ServerFrame"] = _one_of(received)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": schema["title"],
        "description": "What goes over a live connection (`/api/v1/ws`), one JSON object in each text message.",
        "$defs": dict(sorted(definitions.items())),
    }


def _union(frames: tuple[type[ClientFrame], ...]) -> Any:
    union: Any = frames[0]
    for frame in frames[1:]:
        union |= frame
    return union


def _one_of(frames: Iterable[type[ClientFrame] | type[ServerFrame]]) -> dict[str, Any]:
    names = {frame.model_fields["type"].default: f"#/$defs/{frame.__name__}" for frame in frames}
    return {
        "oneOf": [{"$ref": reference} for reference in names.values()],
        "discriminator": {"propertyName": "type", "mapping": names},
    }

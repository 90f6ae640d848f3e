"""A live connection frame by frame, for what a server has to say exactly."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.client import ClientConnection

from tests.continuity.access import Frame, dial
from tests.continuity.pulse import PATIENCE_SECONDS

PRESENCE = ("presence", "user_connected", "user_disconnected", "room_changed")
"""Frames about who is there: they come when they like."""


class Talk:
    """What is sent and heard; frames about presence are left out."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, kind: str, **fields: Any) -> None:
        await self._connection.send(json.dumps({"type": kind, **fields}))

    async def hear(self) -> Frame:
        """The next frame."""
        while True:
            async with asyncio.timeout(PATIENCE_SECONDS):
                frame: Frame = json.loads(await self._connection.recv())
            if frame["type"] not in PRESENCE:
                return frame

    async def hear_out(self) -> list[Frame]:
        """Everything that came, and comes, in answer to what was sent so far."""
        await self.send("ping")
        frames: list[Frame] = []
        while (frame := await self.hear())["type"] != "pong":
            frames.append(frame)
        return frames


@contextlib.asynccontextmanager
async def talk(url: str, token: str) -> AsyncIterator[Talk]:
    """A connection to the server at `url`, after its hello."""
    # What was not heard in the end must not keep the goodbye from being read.
    async with dial(url, token, max_queue=None) as connection:
        talking = Talk(connection)
        hello = await talking.hear()
        assert hello["type"] == "hello"
        yield talking

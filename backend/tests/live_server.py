"""The application behind a real socket, in the test's own event loop."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from socket import socket as tcp_socket
from typing import Any

import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from musubi.core.realtime.protocol import MAX_FRAME_BYTES, LiveProtocol

Frame = dict[str, Any]
# Only a test that fails waits for so long.
PATIENCE = 20.0


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Serves an application whose lifespan is somebody else's; gives the address of its API, from `ws:` on."""
    with tcp_socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(
            app, ws=LiveProtocol, ws_max_size=MAX_FRAME_BYTES, ws_per_message_deflate=False, lifespan="off",
            log_config=None, access_log=False,
        )  # fmt: skip
        server = uvicorn.Server(config)
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[listener])
        try:
            yield f"ws://127.0.0.1:{listener.getsockname()[1]}/api/v1"
        finally:
            await server.shutdown(sockets=[listener])


class Line:
    """The client's end of a live connection."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **frame: Any) -> None:
        await self.connection.send(json.dumps(frame))

    async def receive(self) -> Frame:
        """The next frame."""
        async with asyncio.timeout(PATIENCE):
            frame: Frame = json.loads(await self.connection.recv())
            return frame

    async def expect(self, kind: str) -> Frame:
        """The next frame of this type; those before it are passed over."""
        while (frame := await self.receive())["type"] != kind:
            pass
        return frame

    async def ask(self, kind: str, **frame: Any) -> Frame:
        """Send a frame and get the next one of type `kind`."""
        await self.send(**frame)
        return await self.expect(kind)

    async def closed(self) -> int:
        """The code with which the other side closes it; frames before that are passed over."""
        try:
            while True:
                await self.receive()
        except ConnectionClosed as closed:
            # 1006 (RFC 6455, 7.1.5): cut off without a word.
            return 1006 if closed.rcvd is None else closed.rcvd.code


@asynccontextmanager
async def dialled(address: str, **options: Any) -> AsyncIterator[Line]:
    """A connection that was accepted."""
    async with connect(address, proxy=None, **options) as connection:
        yield Line(connection)

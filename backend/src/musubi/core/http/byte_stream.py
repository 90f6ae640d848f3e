"""A reply that is read while it is sent."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class ByteStream(StreamingResponse):
    """Sends `pieces` as they come, no faster than the client takes them. Whatever happens, and a client that hangs up
    most of all, nothing is read any more when it is over."""

    def __init__(self, pieces: AsyncGenerator[bytes, None], status: int, headers: Mapping[str, str]) -> None:
        super().__init__(pieces, status, headers)
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._pieces):
            await super().__call__(scope, receive, send)

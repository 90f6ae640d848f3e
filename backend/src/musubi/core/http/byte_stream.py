"""A reply that is read while it is sent."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class BrokenOff(Exception):
    """Raised by what is sent when the rest of it can't be read. The reason is for the log, which has it already."""


class ByteStream(StreamingResponse):
    """Sends the `first` piece, which was read to see whether it can be, and the `others` as they come, no faster than
    the client takes them. Whatever happens, and a client that hangs up most of all, nothing is read any more when it is
    over."""

    def __init__(
        self, first: bytes, others: AsyncGenerator[bytes, None], status: int, headers: Mapping[str, str]
    ) -> None:
        super().__init__(_all(first, others), status, headers)
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._others):
            await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        """Starlette's, but for what breaks off. It is too late for another status then: the server cuts the connection
        of a reply that is not completed, and no client takes it for whole."""
        with suppress(BrokenOff):
            await super().stream_response(send)


async def _all(first: bytes, others: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    yield first
    async for piece in others:
        yield piece

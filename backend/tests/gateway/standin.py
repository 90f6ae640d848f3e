"""A backend that a test holds in its hand: it takes requests apart byte by byte, and answers when it is told to."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Arrived:
    """A request, as far as it has come."""

    head: bytes
    has_body: asyncio.Event = field(default_factory=asyncio.Event)
    """The first bytes of its body are there."""
    may_be_answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def line(self) -> str:
        return self.head.partition(b"\r\n")[0].decode("latin-1")

    def values(self, name: str) -> list[str]:
        """Those of all headers of this name."""
        lines = (line.partition(":") for line in self.head.decode("latin-1").split("\r\n")[1:])
        return [value.strip() for key, _, value in lines if key.lower() == name.lower()]


class StandIn:
    """Takes one request per connection, which is enough behind a proxy."""

    def __init__(self, *, answers: bool) -> None:
        self.requests: asyncio.Queue[Arrived] = asyncio.Queue()
        self._answers = answers

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError, asyncio.IncompleteReadError):
            request = Arrived(await reader.readuntil(b"\r\n\r\n"))
            self.requests.put_nowait(request)
            if self._answers:
                request.may_be_answered.set()
            answer = asyncio.create_task(request.may_be_answered.wait())
            body = asyncio.create_task(self._read(reader, request))
            await answer
            writer.write(REPLY)
            await writer.drain()
            # Closing at once with unread bytes would take the answer away again.
            writer.write_eof()
            await body

    async def _read(self, reader: asyncio.StreamReader, request: Arrived) -> None:
        while await reader.read(65536):
            request.has_body.set()


@contextlib.asynccontextmanager
async def stand_in(*, answers: bool = True) -> AsyncIterator[tuple[StandIn, int]]:
    """A backend, and its port. With `answers` it does at once, else when a test says so."""
    backend = StandIn(answers=answers)
    server = await asyncio.start_server(backend.serve, "127.0.0.1", 0)
    async with server:
        yield backend, server.sockets[0].getsockname()[1]
        server.close()

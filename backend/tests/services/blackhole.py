"""A TCP proxy that can become a black hole: connections stay open, and nothing comes through any more.

    async with black_hole(server.port) as proxy:
        ...  # connect to proxy.port
        proxy.swallow()
        proxy.release()
        proxy.cut()

That is what a pulled cable or a lost route looks like: nobody hangs up, so only silence tells. A cut is the opposite:
everyone learns of it at once. It runs in the event loop of the test.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

_CHUNK_BYTES = 64 * 1024


class BlackHole:
    """Forwards to a port of this machine, or holds back."""

    def __init__(self, target: int) -> None:
        self.port = 0
        """Where it listens."""
        self.accepted = 0
        """How many connections were made to it so far."""
        self.passed = 0
        """How many bytes went to the port so far."""
        self._target = target
        self._flows = asyncio.Event()
        self._flows.set()
        self._more = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def swallow(self) -> None:
        """Let nothing through in either direction. New connections are accepted, and go nowhere."""
        self._flows.clear()

    def release(self) -> None:
        """Forward again, first what was held back: a network loses packets, but not the bytes of a stream."""
        self._flows.set()

    def cut(self) -> None:
        """Hang up on everyone. New connections are served."""
        for task in self._tasks:
            task.cancel()

    async def until_passed(self, count: int) -> None:
        """Wait until so many bytes went to the port, of all connections together."""
        while self.passed < count:
            self._more.clear()
            await self._more.wait()

    async def open(self) -> None:
        """Listen on a port that is free."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Hang up on everyone."""
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError):
            await self._flows.wait()
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            with contextlib.closing(back):
                directions = {
                    asyncio.create_task(self._forward(reader, back, is_to_target=True)),
                    asyncio.create_task(self._forward(there, writer)),
                }
                try:
                    # When one side hangs up, so does the other.
                    await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for direction in directions:
                        direction.cancel()
                    await asyncio.gather(*directions, return_exceptions=True)

    async def _forward(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_to_target: bool = False
    ) -> None:
        while data := await source.read(_CHUNK_BYTES):
            await self._flows.wait()
            sink.write(data)
            await sink.drain()
            if is_to_target:
                self.passed += len(data)
                self._more.set()
        await self._flows.wait()


@contextlib.asynccontextmanager
async def black_hole(target: int) -> AsyncIterator[BlackHole]:
    """A proxy before the port `target` of this machine."""
    proxy = BlackHole(target)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()

"""The load: a few connections that each send a request as soon as they have the answer to the one before."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from bench.servers import Server

CONNECTIONS = 16


class UnexpectedAnswer(RuntimeError):
    """An answer that is not the one whose time is measured."""


@dataclass(slots=True)
class Load:
    """What came of it."""

    seconds: float
    cpu_seconds: float
    """What the server used of its processor."""
    latencies: list[float] = field(default_factory=list)
    """In seconds; with a single connection in the order of the requests."""

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of the server's processor per request."""
        return self.cpu_seconds / len(self.latencies) * 1e6


class _Connection(asyncio.Protocol):
    """One connection, kept alive. Knows just enough of HTTP/1.1 for answers that declare their length."""

    def __init__(self, requests: Iterator[bytes], status: int) -> None:
        self.latencies: list[float] = []
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._status_line = b"HTTP/1.1 %d " % status
        self._ending = False
        self._buffer = b""
        self._sent_at = 0.0

    def finish(self) -> None:
        """Close after the answer that is awaited."""
        self._ending = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send_next()

    def connection_lost(self, error: Exception | None) -> None:
        if self.closed.done():
            return
        if self._ending and error is None:
            self.closed.set_result(None)
        else:
            self.closed.set_exception(error or ConnectionError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        _, declared, length = head.partition(b"\r\ncontent-length: ")
        if not head.startswith(self._status_line) or not declared:
            self.closed.set_exception(UnexpectedAnswer(self._buffer[:500].decode(errors="replace")))
            self._transport.close()
        elif len(body) >= int(length.partition(b"\r\n")[0]):
            self.latencies.append(time.perf_counter() - self._sent_at)
            self._buffer = b""
            self._send_next()

    def _send_next(self) -> None:
        following = None if self._ending else next(self._requests, None)
        if following is None:
            self._ending = True
            self._transport.close()
        else:
            self._sent_at = time.perf_counter()
            self._transport.write(following)


async def run_load(
    server: Server,
    requests: Iterator[bytes],
    *,
    status: int = 200,
    seconds: float = 600,
    connections: int = CONNECTIONS,
) -> Load:
    """Send requests until there are none left, or that many seconds have passed.

    Raises UnexpectedAnswer when one is not answered with `status`.
    """
    loop = asyncio.get_running_loop()
    cpu, started = server.cpu_seconds, time.perf_counter()
    opened = [
        (await loop.create_connection(lambda: _Connection(requests, status), "127.0.0.1", server.port))[1]
        for _ in range(connections)
    ]
    closed = asyncio.gather(*(connection.closed for connection in opened))
    await asyncio.wait([closed], timeout=seconds)
    load = Load(time.perf_counter() - started, server.cpu_seconds - cpu)
    for connection in opened:
        load.latencies += connection.latencies
        connection.finish()
    # The next measurement must not begin while this one's last answers are still being made.
    await closed
    return load

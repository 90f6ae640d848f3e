"""Telling a room: how fast what one says is with all who listen, and what a connection that says nothing weighs."""

import asyncio
import base64
import json
import os
import time
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import cast

from bench.effort import Effort
from bench.seed import MEMBER_ID, access_token
from bench.servers import Musubi, RawLive, Server

READERS = (500, 2_000)
WRITERS = 8
ROOM = "bench"
_CONTENT = "結び目は固く、ほどけない。" * 5
_OPENING_AT_ONCE = 100
_PATIENCE_SECONDS = 120.0
_MASK = b"\x00\x00\x00\x00"
"""A client has to mask what it sends (RFC 6455, 5.3); with zeros that changes nothing."""


class Silent(RuntimeError):
    """What should have come didn't."""


@dataclass(slots=True)
class Arrivals:
    """What the readers of one turn have got so far."""

    expected: int
    done: asyncio.Event = field(default_factory=asyncio.Event)
    times: list[float] = field(default_factory=list)

    def note(self, count: int) -> None:
        self.times += [time.perf_counter()] * count
        if len(self.times) >= self.expected:
            self.done.set()


class Reader(asyncio.Protocol):
    """A client that knows just enough of WebSockets: it counts the messages of the room."""

    def __init__(self, host: str, path: str) -> None:
        self.arrivals: Arrivals | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n"
        ).encode()
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(error or Silent("the server hung up"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.opened.done():
            head, separator, self._buffer = self._buffer.partition(b"\r\n\r\n")
            if not separator:
                self._buffer = head
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self.opened.set_exception(Silent(head.decode(errors="replace")))
                return
            self.opened.set_result(None)
        self._take_frames()

    def say(self, message: object) -> None:
        """Send a text message."""
        text = json.dumps(message).encode()
        length = bytes((0x80 | len(text),)) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2)
        self._transport.write(b"\x81" + length + _MASK + text)

    def close(self) -> None:
        self._transport.abort()

    def _take_frames(self) -> None:
        place, count, buffer = 0, 0, self._buffer
        while len(buffer) >= place + 4:
            length, start = buffer[place + 1] & 0x7F, place + 2
            if length == 126:
                length, start = int.from_bytes(buffer[start : start + 2]), start + 2
            if len(buffer) < start + length:
                break
            count += buffer.startswith(b'{"type":"message"', start)
            place = start + length
        self._buffer = buffer[place:]
        if count and self.arrivals is not None:
            self.arrivals.note(count)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side did in one turn."""

    deliveries_per_second: float
    cpu_us: float
    """Of the server's processor, per delivery."""
    p99_ms: float
    """From the saying to a reader, while little is said."""


@dataclass(frozen=True, slots=True)
class FanOut:
    """What came of two sides; each ratio is the median of the rounds' own ratios."""

    ours: Turn
    raw: Turn
    ratio: float
    cpu_ratio: float
    our_kib_per_socket: float
    raw_kib_per_socket: float


async def measure_fan_out(ours: Musubi, raw: RawLive, readers: int, effort: Effort, secret: str) -> FanOut:
    """Measure both in turns. Raises Silent when something said does not arrive."""
    path = f"/api/v1/ws/{ROOM}?token={access_token(MEMBER_ID, secret)}"
    sides = [await _Audience.gather(server, path, readers) for server in (ours, raw)]
    try:
        await asyncio.gather(*(side.burst(2) for side in sides))
        rounds = [[await side.turn(effort) for side in sides] for _ in range(effort.rounds)]
    finally:
        for side in sides:
            side.leave()
    return FanOut(
        ours=_middle([first for first, _ in rounds]),
        raw=_middle([second for _, second in rounds]),
        ratio=median(first.deliveries_per_second / second.deliveries_per_second for first, second in rounds),
        cpu_ratio=median(second.cpu_us / first.cpu_us for first, second in rounds),
        our_kib_per_socket=sides[0].kib_per_socket,
        raw_kib_per_socket=sides[1].kib_per_socket,
    )


class _Audience:
    """The readers of one server."""

    def __init__(self, server: Server, readers: list[Reader], kib_per_socket: float) -> None:
        self.kib_per_socket = kib_per_socket
        self._server = server
        self._readers = readers
        self._said = 0

    @classmethod
    async def gather(cls, server: Server, path: str, count: int) -> "_Audience":
        loop = asyncio.get_running_loop()
        readers: list[Reader] = []

        async def open_one() -> None:
            host = f"127.0.0.1:{server.port}"
            _, reader = await loop.create_connection(lambda: Reader(host, path), "127.0.0.1", server.port)
            readers.append(reader)
            await reader.opened

        # The first ones make what all of them share.
        await asyncio.gather(*(open_one() for _ in range(WRITERS)))
        before = server.resident_mib
        for start in range(WRITERS, count, _OPENING_AT_ONCE):
            await asyncio.gather(*(open_one() for _ in range(start, min(start + _OPENING_AT_ONCE, count))))
        grown = (server.resident_mib - before) * 1024 / (count - WRITERS)
        return cls(server, readers, grown)

    async def turn(self, effort: Effort) -> Turn:
        cpu, started = self._server.cpu_seconds, time.perf_counter()
        times = await self.burst(effort.bursts)
        seconds, cpu = max(times) - started, self._server.cpu_seconds - cpu
        delays: list[float] = []
        for _ in range(effort.bursts):
            said_at = time.perf_counter()
            delays += [arrived - said_at for arrived in await self.burst(1, writers=1)]
        return Turn(len(times) / seconds, cpu / len(times) * 1e6, quantiles(delays, n=100)[98] * 1000)

    async def burst(self, messages: int, *, writers: int = WRITERS) -> list[float]:
        """Let `writers` say so many messages each, all at once; when each of them was with each reader."""
        arrivals = Arrivals(messages * writers * len(self._readers))
        for reader in self._readers:
            reader.arrivals = arrivals
        for _ in range(messages):
            for writer in self._readers[:writers]:
                self._said += 1
                writer.say({"type": "message", "content": _CONTENT, "cid": f"{os.getpid()}-{id(self)}-{self._said}"})
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await arrivals.done.wait()
        except TimeoutError:
            raise Silent(f"{len(arrivals.times)} of {arrivals.expected} messages arrived") from None
        return arrivals.times

    def leave(self) -> None:
        for reader in self._readers:
            reader.close()


def _middle(turns: list[Turn]) -> Turn:
    return Turn(
        median(turn.deliveries_per_second for turn in turns),
        median(turn.cpu_us for turn in turns),
        median(turn.p99_ms for turn in turns),
    )

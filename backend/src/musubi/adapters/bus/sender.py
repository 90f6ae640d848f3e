"""Sending to others without ever waiting for them."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

import structlog
from redis.asyncio import Redis

from musubi.adapters.bus.backoff import backoff
from musubi.adapters.bus.connections import open_pool
from musubi.core import metrics

log = structlog.get_logger("musubi.bus")

_TIMEOUT_SECONDS = 0.5
_STALE_SECONDS = 2.0
"""A message that waited so long isn't sent any more: everyone has looked for what was missed, or its moment is over."""
_MOST_MESSAGES = 10_000
_MOST_BYTES = 8 * 1024 * 1024
_AT_ONCE = 100

Message = tuple[bytes, bytes]
"""A channel, and what is said there."""


class Backlog:
    """Messages that wait to be sent: not more than fit, and not longer than they are worth something."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, Message]] = deque()
        self._bytes = 0
        self.filled = asyncio.Event()
        self.dropped = 0
        """How many were given up."""

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message) -> None:
        """Add a message; when that is too much, the oldest are dropped."""
        self._waiting.append((time.monotonic(), message))
        self._bytes += len(message[1])
        while len(self._waiting) > _MOST_MESSAGES or self._bytes > _MOST_BYTES:
            self._pop()
            self.dropped += 1
        self.filled.set()

    def take(self) -> list[Message]:
        """The oldest messages that are still worth sending, at most a hundred."""
        taken: list[Message] = []
        fresh = time.monotonic() - _STALE_SECONDS
        while self._waiting and len(taken) < _AT_ONCE:
            since, message = self._pop()
            if since >= fresh:
                taken.append(message)
            else:
                self.dropped += 1
        if not self._waiting:
            self.filled.clear()
        return taken

    def _pop(self) -> tuple[float, Message]:
        entry = self._waiting.popleft()
        self._bytes -= len(entry[1][1])
        return entry


class Sender:
    """Sends what is put into its backlog, over a client of its own, and each message at most once."""

    def __init__(self, url: str, *, probe: bytes, on_change: Callable[[Exception | None], None]) -> None:
        """`probe` is a channel that nobody hears. `on_change` is called when a message could not be sent, with the
        reason, and when messages can be sent again."""
        self._pool = open_pool(url, connect_seconds=_TIMEOUT_SECONDS)
        self._redis = Redis(connection_pool=self._pool)
        self._probe = probe
        self._on_change = on_change
        self.backlog = Backlog()
        self.is_well = True
        """Whether the last message could be sent."""

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await self.backlog.filled.wait()
            messages = self.backlog.take()
            try:
                await self._send(messages)
            except Exception as error:
                # Whatever it was: sending must not end with it.
                self.backlog.dropped += len(messages)
                self._became(well=False, reason=error)
                await self._wait_until_back()
                self._became(well=True)
            else:
                self._report_dropped()

    async def close(self) -> None:
        """Give back the connection, after `run` was cancelled."""
        await self._pool.aclose()

    async def _send(self, messages: list[Message]) -> None:
        if not messages:
            return
        pipeline = self._redis.pipeline(transaction=False)
        for channel, message in messages:
            pipeline.publish(channel, message)
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            await pipeline.execute()

    async def _wait_until_back(self) -> None:
        failures = 1
        while True:
            await asyncio.sleep(backoff(failures))
            try:
                # Not a ping: what has to work is this command.
                await self._send([(self._probe, b"")])
            except Exception:
                failures += 1
            else:
                return

    def _became(self, *, well: bool, reason: Exception | None = None) -> None:
        self.is_well = well
        self._on_change(reason)

    def _report_dropped(self) -> None:
        """Say once, when it is over, what an outage or a flood cost."""
        if self.backlog.dropped and not self.backlog.filled.is_set():
            metrics.bus_dropped.inc(self.backlog.dropped)
            log.warning("bus messages dropped", count=self.backlog.dropped)
            self.backlog.dropped = 0

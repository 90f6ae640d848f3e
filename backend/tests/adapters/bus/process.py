"""Processes with a bus, and what they hear and log."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NoReturn

import structlog

from musubi.adapters.bus import Bus, open_bus

PATIENCE_SECONDS = 15.0
LOST = "bus lost, messages between processes are late"
BACK = "bus is back"
DROPPED = "bus messages dropped"
FAILED = "receiver of bus messages failed"


class Heard:
    """What a process heard, and how often it was told of a gap."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.gaps = 0
        self.subscriptions = 0
        self._news = asyncio.Event()

    def take(self, message: bytes) -> None:
        self.messages.append(message)
        self._news.set()

    def gap(self) -> None:
        self.gaps += 1
        self._news.set()

    def subscribed(self) -> None:
        self.subscriptions += 1
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until what was heard makes this true."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                self._news.clear()
                await self._news.wait()


class Logged:
    """What is logged, which can be waited for."""

    def __init__(self) -> None:
        self.entries: list[MutableMapping[str, Any]] = []
        self._news = asyncio.Event()

    def __call__(self, _logger: object, _method: str, entry: MutableMapping[str, Any]) -> NoReturn:
        self.entries.append(entry)
        self._news.set()
        raise structlog.DropEvent

    def count(self, event: str) -> int:
        return sum(entry["event"] == event for entry in self.entries)

    async def until(self, event: str, times: int = 1) -> None:
        """Wait until it has been logged as often as this."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.count(event) < times:
                self._news.clear()
                await self._news.wait()


class Process:
    """A process with a bus, as far as the bus is concerned."""

    def __init__(self, url: str | None) -> None:
        self.bus: Bus = open_bus(url)
        self.heard = Heard()

    async def start(self) -> None:
        self.bus.start(self.heard.gap)

    async def subscribe(self, topic: str) -> None:
        """Returns when messages arrive."""
        before = self.heard.subscriptions
        self.bus.subscribe(topic, self.heard.take, self.heard.subscribed)
        await self.heard.until(lambda: self.heard.subscriptions > before)

    async def is_connected(self, times: int = 1) -> None:
        """Returns when it has been connected as often as this."""
        await self.heard.until(lambda: self.heard.gaps >= times)


StartProcess = Callable[[str | None], Awaitable[Process]]

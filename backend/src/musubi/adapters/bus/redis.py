"""The bus of an installation with many processes."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable

import structlog
from redis.exceptions import RedisError

from musubi.adapters.bus.connections import database_number
from musubi.adapters.bus.listener import Listener
from musubi.adapters.bus.sender import Sender
from musubi.core.bus import Receiver

log = structlog.get_logger("musubi.bus")

_CLOSING_SECONDS = 0.5
_NODE_BYTES = 8


class RedisBus:
    """Publishes in Redis 7+ or Valkey.

    A message begins with the random number of the process that sent it, so that it is told from one's own. Channels
    are named `musubi:bus:<database>:<topic>`: Redis would carry the messages of one database into all others. In a
    cluster a publication reaches every node, wherever it is made.
    """

    def __init__(self, url: str) -> None:
        self._node = secrets.token_bytes(_NODE_BYTES)
        self._prefix = f"musubi:bus:{database_number(url)}:"
        self._listener = Listener(url, on_change=self._on_change)
        self._sender = Sender(url, probe=self._channel(""), on_change=self._on_change)
        self._was_lost = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, on_gap: Callable[[], None]) -> None:
        self._tasks = [asyncio.create_task(self._listener.run(on_gap)), asyncio.create_task(self._sender.run())]

    def subscribe(self, topic: str, receiver: Receiver, on_heard: Callable[[], None] | None = None) -> None:
        def receive(message: bytes) -> None:
            if not message.startswith(self._node):
                receiver(message[_NODE_BYTES:])

        self._listener.subscribe(self._channel(topic), receive, on_heard)

    def unsubscribe(self, topic: str) -> None:
        self._listener.unsubscribe(self._channel(topic))

    def publish(self, topic: str, message: bytes) -> None:
        self._sender.backlog.put((self._channel(topic), self._node + message))

    @property
    def is_healthy(self) -> bool:
        return self._listener.is_live and self._sender.is_well

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(RedisError, OSError):
            async with asyncio.timeout(_CLOSING_SECONDS):
                await self._sender.close()

    def _channel(self, topic: str) -> bytes:
        return f"{self._prefix}{topic}".encode()

    def _on_change(self, reason: Exception | None) -> None:
        """Tell of each outage once, however many parts and attempts it takes down."""
        if self._was_lost and self.is_healthy:
            self._was_lost = False
            log.info("bus is back")
        elif not self._was_lost and reason is not None:
            self._was_lost = True
            log.warning("bus lost, messages between processes are late", reason=repr(reason)[:200])

"""Hearing what others publish, and noticing when that stops."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from redis.asyncio import Connection

from musubi.adapters.bus.backoff import backoff
from musubi.adapters.bus.connections import open_pool
from musubi.core.bus import Receiver

log = structlog.get_logger("musubi.bus")

_PING_SECONDS = 1.0
_SILENCE_SECONDS = 2.0
"""A connection that says nothing for so long, although it is asked every second, is lost."""


@dataclass(slots=True, eq=False)
class Subscription:
    """What is done with the messages of a channel, and once they begin to arrive."""

    receive: Receiver
    on_heard: Callable[[], None] | None
    is_heard: bool = False


class Listener:
    """One connection that is subscribed to what is wanted here, made again whenever it is lost.

    It is a plain connection and not the library's `PubSub`, which reconnects by itself and doesn't tell: what was
    published meanwhile would be gone without anyone knowing.
    """

    def __init__(self, url: str, *, on_change: Callable[[Exception | None], None]) -> None:
        """`on_change` is called when the connection is lost, with the reason, and when it is made."""
        self._pool = open_pool(url, connect_seconds=_SILENCE_SECONDS)
        self._on_change = on_change
        self._wanted: dict[bytes, Subscription] = {}
        self._changed = asyncio.Event()
        self._failures = 0
        self.is_live = False
        """Whether everything published arrives, as far as is known."""

    def subscribe(self, channel: bytes, receiver: Receiver, on_heard: Callable[[], None] | None) -> None:
        self._wanted[channel] = Subscription(receiver, on_heard)
        self._changed.set()

    def unsubscribe(self, channel: bytes) -> None:
        self._wanted.pop(channel, None)
        self._changed.set()

    async def run(self, on_gap: Callable[[], None]) -> None:
        """Listen until cancelled. `on_gap` is called whenever everything is subscribed on a new connection."""
        while True:
            connection: Connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
            try:
                async with asyncio.timeout(_SILENCE_SECONDS):
                    await connection.connect()  # type: ignore[no-untyped-call]
                await self._converse(connection, on_gap)
            except Exception as error:
                # Whatever it was: listening must not end with it.
                self._lost(error)
            finally:
                # Not waiting: a peer that doesn't answer would be waited for.
                await connection.disconnect(nowait=True)
            await asyncio.sleep(backoff(self._failures))

    async def _converse(self, connection: Connection, on_gap: Callable[[], None]) -> None:
        """Ask and hear, until hearing fails; not being able to ask means silence, and is noticed by that."""
        asked: deque[dict[bytes, Subscription]] = deque()
        asking = asyncio.create_task(self._ask(connection, asked))
        try:
            await self._hear(connection, asked, on_gap)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def _ask(self, connection: Connection, asked: deque[dict[bytes, Subscription]]) -> None:
        """Tell the server what is wanted whenever that changes, and make it say something every second.

        Answers come in order. So one ping after all that was asked tells when that is done.
        """
        subscribed: set[bytes] = set()
        while True:
            self._changed.clear()
            wanted = set(self._wanted)
            unheard = {channel: wish for channel, wish in self._wanted.items() if not wish.is_heard}
            if new := wanted - subscribed:
                await connection.send_command("SUBSCRIBE", *new)
            if old := subscribed - wanted:
                await connection.send_command("UNSUBSCRIBE", *old)
            subscribed = wanted
            asked.append(unheard)
            await connection.send_command("PING")
            try:
                async with asyncio.timeout(_PING_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def _hear(
        self, connection: Connection, asked: deque[dict[bytes, Subscription]], on_gap: Callable[[], None]
    ) -> None:
        while True:
            reply = await connection.read_response(timeout=_SILENCE_SECONDS)
            match reply:
                case None:
                    raise TimeoutError(f"nothing heard for {_SILENCE_SECONDS:g} s")
                case [b"message", bytes(channel), bytes(message)]:
                    self._receive(channel, message)
                case b"PONG" | [b"pong", _]:
                    if not self.is_live:
                        self._live(on_gap)
                    self._are_heard(asked.popleft())

    def _receive(self, channel: bytes, message: bytes) -> None:
        # What was unsubscribed from can still be under way.
        if (subscription := self._wanted.get(channel)) is not None:
            _safely(subscription.receive, message)

    def _are_heard(self, subscriptions: dict[bytes, Subscription]) -> None:
        for channel, subscription in subscriptions.items():
            # It may have been given up meanwhile, and perhaps made anew.
            if not subscription.is_heard and self._wanted.get(channel) is subscription:
                subscription.is_heard = True
                if subscription.on_heard is not None:
                    _safely(subscription.on_heard)

    def _live(self, on_gap: Callable[[], None]) -> None:
        self._failures = 0
        self.is_live = True
        self._on_change(None)
        _safely(on_gap)

    def _lost(self, reason: Exception) -> None:
        self._failures += 1
        self.is_live = False
        self._on_change(reason)


def _safely(callback: Callable[..., None], *arguments: bytes) -> None:
    """Call back. A failure there must not cost the connection, and with it what everyone else hears."""
    try:
        callback(*arguments)
    except Exception:
        log.exception("receiver of bus messages failed")

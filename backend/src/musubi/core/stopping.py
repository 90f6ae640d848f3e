"""Telling a load balancer that this process is about to stop, while it still serves.

Whoever sends requests here learns of a stop only by asking whether this process is ready, every few seconds. Until it
has asked, new requests still come, and a closed door would be an error for each of them. So the signal is held back for
some seconds, in which the process says that it isn't ready and asks every client for a new connection next time.
"""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import structlog

log = structlog.get_logger("musubi.stopping")

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopping:
    """Whether this process was told to stop, and for how long that is held back from its server."""

    def __init__(self, delay_seconds: float) -> None:
        self._delay = delay_seconds
        self.has_begun = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the signals that stop the process before its server does, as long as the block runs.

        A second signal goes through at once. Without a delay, and in a thread other than the main one, which gets no
        signals, nothing is taken.
        """
        if not self._delay or threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        servers: dict[int, Any] = {number: signal.getsignal(number) for number in _SIGNALS}

        def hold_back(number: int, frame: FrameType | None) -> None:
            if self.has_begun:
                servers[number](number, frame)
                return
            self.has_begun = True
            # A handler runs between any two instructions: what takes longer is left to the loop.
            loop.call_soon_threadsafe(log.info, "about to stop")
            loop.call_soon_threadsafe(loop.call_later, self._delay, servers[number], number, frame)

        for number in _SIGNALS:
            # One that nobody handles isn't held back: there is no server to hand it to.
            if callable(servers[number]):
                signal.signal(number, hold_back)
        try:
            yield
        finally:
            for number in _SIGNALS:
                signal.signal(number, servers[number])

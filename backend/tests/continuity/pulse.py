"""Waiting for something to become true, without asking all the time."""

import asyncio
from collections.abc import Callable

PATIENCE_SECONDS = 90.0
"""What must never be waited for longer, however busy the machine is."""


class Pulse:
    """Beats whenever something happened; whoever waits looks again then."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def beat(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

    async def until(self, condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until `condition` holds. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition():
                await self._next.wait()

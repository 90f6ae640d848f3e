"""How often one connection may do something."""

import time
from collections.abc import Callable


class Budget:
    """A token bucket: `rate` a second, and up to `burst` at once.

    It lives and dies with its connection, in memory: what has to hold over many of them is `core.limits`' business.
    """

    __slots__ = ("_burst", "_clock", "_filled_at", "_left", "_rate")

    def __init__(self, *, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._left = burst
        self._filled_at = clock()

    def take(self) -> bool:
        """Use one up; False when there is none."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Budgets:
    """What one connection may do."""

    __slots__ = ("frames", "messages", "typing")

    def __init__(self, *, limited: bool) -> None:
        """`limited`: False for tests, which do at once what people do in an hour."""
        factor = 1 if limited else 1_000_000
        self.frames = Budget(rate=50 * factor, burst=200 * factor)
        """Of any kind. Who sends more isn't a person, nor one of our pages."""
        self.messages = Budget(rate=5 * factor, burst=20 * factor)
        self.typing = Budget(rate=0.5 * factor, burst=1 * factor)

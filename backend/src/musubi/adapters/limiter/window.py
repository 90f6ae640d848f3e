"""The moving window of the library `limits`, as our `Limiter`."""

import hashlib
import math
import time

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import Storage
from limits.aio.strategies import MovingWindowRateLimiter

from musubi.core.limits import Limit, Quota


class WindowLimiter:
    """Keeps the time of each hit, so that a limit holds for every span of its length, and a wait is exact.

    Subjects are kept as keyed digests: someone who types a password where the name belongs must not leave it in the
    store. `key` has 64 bytes at the most.
    """

    def __init__(self, storage: Storage, *, key: bytes) -> None:
        self._storage = storage
        self._strategy = MovingWindowRateLimiter(storage)
        self._key = key

    async def hit(self, limit: Limit, subject: str) -> bool:
        return await self._strategy.hit(_item(limit), self._digest(subject))

    async def quota(self, limit: Limit, subject: str) -> Quota:
        stats = await self._strategy.get_window_stats(_item(limit), self._digest(subject))
        if stats.remaining >= limit.amount:
            return Quota(limit, limit.amount, limit.seconds)
        # Between 1 and the whole window, also when clocks disagree.
        seconds = min(max(math.ceil(stats.reset_time - time.time()), 1), limit.seconds)
        return Quota(limit, max(stats.remaining, 0), seconds)

    async def forget(self, limit: Limit, subject: str) -> None:
        await self._strategy.clear(_item(limit), self._digest(subject))

    async def clear(self) -> None:
        await self._storage.reset()

    async def close(self) -> None:
        return None

    def _digest(self, subject: str) -> str:
        text = subject.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=16, key=self._key, person=b"musubi limits").hexdigest()


def _item(limit: Limit) -> RateLimitItem:
    return RateLimitItemPerSecond(limit.amount, limit.seconds, namespace=limit.name)

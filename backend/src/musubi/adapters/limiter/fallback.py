"""A shared limiter, and one of one's own for while the shared one is away."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from redis.exceptions import RedisError

from musubi.adapters.limiter.redis import RedisLimiter
from musubi.adapters.limiter.window import WindowLimiter
from musubi.core import metrics
from musubi.core.limits import Limit, Quota

log = structlog.get_logger("musubi.limiter")

# How long a server that failed is left alone, so that an outage costs one timeout now and then, not one per request.
_COOL_DOWN_SECONDS = 2.0
# How many ask at once. In a storm the others wait here, where they see that an outage has begun.
_CONCURRENT = 32

T = TypeVar("T")


class FallbackLimiter:
    """Counts in Redis; while that can't be reached in the process, from nothing, so that limits still hold."""

    def __init__(self, shared: RedisLimiter, own: WindowLimiter) -> None:
        self._shared = shared
        self._own = own
        self.redis = shared.redis
        self._turns = asyncio.Semaphore(_CONCURRENT)
        self._away_until = 0.0
        self._is_away = False

    async def hit(self, limit: Limit, subject: str) -> bool:
        return await self._ask(lambda limiter: limiter.hit(limit, subject))

    async def quota(self, limit: Limit, subject: str) -> Quota:
        return await self._ask(lambda limiter: limiter.quota(limit, subject))

    async def forget(self, limit: Limit, subject: str) -> None:
        await self._own.forget(limit, subject)
        await self._ask(lambda limiter: limiter.forget(limit, subject))

    async def clear(self) -> None:
        await self._own.clear()
        await self._ask(lambda limiter: limiter.clear())

    async def close(self) -> None:
        await self._shared.close()

    async def _ask(self, question: Callable[[WindowLimiter], Awaitable[T]]) -> T:
        async with self._turns:
            if time.monotonic() >= self._away_until:
                try:
                    answer = await question(self._shared)
                except (RedisError, OSError) as error:
                    self._went_away(error)
                else:
                    self._came_back()
                    return answer
        return await question(self._own)

    def _went_away(self, error: Exception) -> None:
        self._away_until = time.monotonic() + _COOL_DOWN_SECONDS
        metrics.limiter_fallbacks.inc()
        if not self._is_away:
            self._is_away = True
            log.warning("Redis unreachable, each process counts for itself", reason=str(error)[:200])

    def _came_back(self) -> None:
        if self._is_away:
            self._is_away = False
            log.info("Redis is back, counting together again")

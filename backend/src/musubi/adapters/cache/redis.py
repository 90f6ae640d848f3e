"""The cache that several processes share."""

import time
from collections.abc import Awaitable
from typing import Any, TypeVar

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from musubi.core import metrics

log = structlog.get_logger("musubi.cache")

_PREFIX = "musubi:cache:"
# How long a cache that failed is left alone, so that an outage costs one timeout now and then, not one per request.
_COOL_DOWN_SECONDS = 2.0

T = TypeVar("T")


class RedisCache:
    """Keeps values in Redis 7+ or Valkey."""

    def __init__(self, url: str) -> None:
        self.redis: Redis = Redis.from_url(
            url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 1)
        )
        self._away_until = 0.0
        # Counters that could not be stepped. What others kept by them may be outdated when the cache is back, and it
        # is not necessarily empty then: the network was cut, or it read its snapshot.
        self._owed: set[str] = set()

    async def get_many(self, *keys: str) -> list[bytes | None]:
        # One GET each instead of MGET: a cluster may keep the keys on different nodes.
        pipeline = self.redis.pipeline(transaction=False)
        owed = tuple(self._owed)
        for key in owed:
            pipeline.incr(_PREFIX + key)
        for key in keys:
            pipeline.get(_PREFIX + key)
        found: list[bytes | None] | None = await self._try(pipeline.execute())
        if found is None:
            return [None] * len(keys)
        self._owed.difference_update(owed)
        metrics.count_reads(found[len(owed) :])
        return found[len(owed) :]

    async def put(self, key: str, value: bytes, *, seconds: int) -> None:
        await self._try(self.redis.set(_PREFIX + key, value, ex=seconds))

    async def increment(self, key: str) -> None:
        if await self._try(self.redis.incr(_PREFIX + key)) is None:
            self._owed.add(key)

    async def info(self) -> dict[str, Any]:
        """What the server says of itself; nothing where it doesn't let us ask. Raises ConnectionError."""
        try:
            return dict(await self.redis.info())
        except ResponseError:
            return {}
        except (RedisError, OSError) as error:
            raise ConnectionError(str(error)) from error

    async def ping(self) -> None:
        try:
            await self.redis.ping()
        except (RedisError, OSError) as error:
            raise ConnectionError(str(error)) from error

    async def clear(self) -> None:
        await self._try(self._clear())

    async def _clear(self) -> None:
        async for key in self.redis.scan_iter(match=f"{_PREFIX}*", count=1000):
            await self.redis.delete(key)

    async def close(self) -> None:
        await self.redis.aclose()

    async def _try(self, operation: Awaitable[T]) -> T | None:
        if time.monotonic() < self._away_until:
            if hasattr(operation, "close"):
                operation.close()
            return None
        try:
            return await operation
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + _COOL_DOWN_SECONDS
            metrics.cache_errors.inc()
            log.warning("cache unreachable, going on without it", reason=str(error)[:200])
            return None

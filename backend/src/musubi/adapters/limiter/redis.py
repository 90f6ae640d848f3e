"""Windows that several processes share, in Redis 7+ or Valkey."""

from typing import Any

from limits.aio.storage import RedisStorage
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from musubi.adapters.limiter.window import WindowLimiter

_PREFIX = "musubi:limits"


class RedisLimiter(WindowLimiter):
    """Each window is one key, changed by one script: right for any number of processes, and in a cluster.

    Its methods raise RedisError or OSError when the server can't be asked.
    """

    def __init__(self, url: str, *, key: bytes) -> None:
        # Short: whoever signs in waits for it.
        pool: Any = ConnectionPool.from_url(
            url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 1)
        )
        # The library wants a URL to know which client to use, and then takes the pool, which has the real one.
        storage = RedisStorage("redis://", implementation="redispy", key_prefix=_PREFIX, connection_pool=pool)
        super().__init__(storage, key=key)
        bridge: Any = storage.bridge
        self.redis: Redis = bridge.storage
        """The library's client, which asks for everything."""

    async def clear(self) -> None:
        # The library would ask for all keys at once, which stops the server for as long.
        async for key in self.redis.scan_iter(match=f"{_PREFIX}:*", count=1000):
            await self.redis.delete(key)

    async def close(self) -> None:
        await self.redis.connection_pool.aclose()

"""A place for values that may be lost at any time."""

from musubi.adapters.cache.memory import MemoryCache
from musubi.adapters.cache.protocol import Cache
from musubi.adapters.cache.redis import RedisCache

__all__ = ["Cache", "MemoryCache", "RedisCache", "open_cache"]


def open_cache(redis_url: str | None) -> Cache:
    """The cache that the settings ask for; no connection is made yet."""
    return RedisCache(redis_url) if redis_url else MemoryCache()

"""Counting how often something happened, within a moving window."""

from musubi.adapters.limiter.fallback import FallbackLimiter
from musubi.adapters.limiter.memory import BoundedStorage
from musubi.adapters.limiter.redis import RedisLimiter
from musubi.adapters.limiter.window import WindowLimiter
from musubi.core.limits import Limiter

__all__ = ["BoundedStorage", "FallbackLimiter", "Limiter", "RedisLimiter", "WindowLimiter", "open_limiter"]


def open_limiter(redis_url: str | None, *, key: bytes) -> Limiter:
    """The limiter that the settings ask for; no connection is made yet."""
    own = WindowLimiter(BoundedStorage(), key=key)
    return FallbackLimiter(RedisLimiter(redis_url, key=key), own) if redis_url else own

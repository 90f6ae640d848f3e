"""What the cache has and hasn't, and that Redis was away, is counted."""

import pytest

from musubi.adapters.cache import MemoryCache, RedisCache
from musubi.adapters.limiter import open_limiter
from musubi.core.limits import Limit
from tests.scraping import Recorded
from tests.services import valkey

READS, ERRORS = "musubi_cache_reads_total", "musubi_cache_errors_total"
FALLBACKS = "musubi_limiter_fallbacks_total"


@pytest.mark.parametrize("kind", ["memory", "redis"])
async def test_hits_and_misses(kind: str) -> None:
    recorded = Recorded()
    with valkey() as server:
        cache = MemoryCache() if kind == "memory" else RedisCache(server.url)
        await cache.put("a", b"1", seconds=60)
        assert await cache.get_many("a", "b", "c") == [b"1", None, None]
        await cache.close()
    assert (recorded.since(READS, result="hit"), recorded.since(READS, result="miss")) == (1, 2)
    assert recorded.since(ERRORS) == 0


async def test_a_server_that_is_away() -> None:
    recorded = Recorded()
    with valkey() as server:
        cache = RedisCache(server.url)
        limiter = open_limiter(server.url, key=b"tests only")
        await limiter.hit(Limit("few", 3, 60), "someone")
        assert recorded.since(FALLBACKS) == 0
        server.kill()
        assert await cache.get_many("a") == [None]
        assert await limiter.hit(Limit("few", 3, 60), "someone")
        await cache.close()
        await limiter.close()
    assert recorded.since(ERRORS) == 1
    assert recorded.since(FALLBACKS) == 1
    assert recorded.since(READS) == 0

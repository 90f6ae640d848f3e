"""The contract of `Cache`, on every implementation there is; and what one does while its server is away."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace

import pytest

from musubi.adapters.cache import Cache, MemoryCache, RedisCache, memory, open_cache, redis
from tests.services import Valkey, valkey
from tests.services.service import free_port


class Stopwatch:
    """A monotonic clock that only a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def stopwatch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    watch = Stopwatch()
    monkeypatch.setattr(memory, "time", SimpleNamespace(monotonic=watch.monotonic))
    monkeypatch.setattr(redis, "time", SimpleNamespace(monotonic=watch.monotonic))
    return watch


@pytest.fixture(scope="module")
def steady_server() -> Iterator[Valkey]:
    """A server that stays as it is."""
    with valkey() as started:
        yield started


@pytest.fixture(params=["memory", "redis"])
async def cache(request: pytest.FixtureRequest, steady_server: Valkey) -> AsyncIterator[Cache]:
    cache = open_cache(steady_server.url if request.param == "redis" else None)
    await cache.clear()
    yield cache
    await cache.close()


async def test_what_was_never_put_is_none(cache: Cache) -> None:
    assert await cache.get_many("a", "b") == [None, None]
    assert await cache.get_many() == []


async def test_what_was_put_is_there(cache: Cache) -> None:
    await cache.put("a", b"\x00\xff bytes", seconds=60)
    await cache.put("結び", b"", seconds=60)
    assert await cache.get_many("結び", "b", "a", "a") == [b"", None, b"\x00\xff bytes", b"\x00\xff bytes"]


async def test_the_last_value_counts(cache: Cache) -> None:
    for value in (b"1", b"2"):
        await cache.put("a", value, seconds=60)
    assert await cache.get_many("a") == [b"2"]


async def test_a_counter_begins_at_nothing_and_steps_by_one(cache: Cache) -> None:
    await cache.increment("n")
    assert await cache.get_many("n") == [b"1"]
    await asyncio.gather(*(cache.increment("n") for _ in range(20)))
    assert await cache.get_many("n", "other") == [b"21", None]


async def test_clearing_forgets_what_was_put(cache: Cache) -> None:
    await cache.put("a", b"1", seconds=60)
    await cache.clear()
    assert await cache.get_many("a") == [None]


async def test_it_can_be_asked_whether_it_is_there(cache: Cache) -> None:
    await cache.ping()


async def test_memory_forgets_what_has_expired(stopwatch: Stopwatch) -> None:
    cache = MemoryCache()
    await cache.put("a", b"1", seconds=30)
    stopwatch.seconds += 30
    assert await cache.get_many("a") == [b"1"]
    stopwatch.seconds += 0.001
    assert await cache.get_many("a") == [None]


async def test_memory_forgets_what_was_not_used_for_longest() -> None:
    cache = MemoryCache(capacity=2)
    await cache.put("a", b"1", seconds=60)
    await cache.put("b", b"2", seconds=60)
    await cache.get_many("a")
    await cache.put("c", b"3", seconds=60)
    assert await cache.get_many("a", "b", "c") == [b"1", None, b"3"]


async def test_memory_never_counts_from_the_beginning_again() -> None:
    cache = MemoryCache(capacity=1)
    await cache.increment("n")
    await cache.put("a", b"1", seconds=60)
    await cache.put("b", b"1", seconds=60)
    await cache.clear()
    await cache.increment("n")
    assert await cache.get_many("n") == [b"2"]


async def test_redis_forgets_by_itself(steady_server: Valkey) -> None:
    cache = RedisCache(steady_server.url)
    await cache.put("a", b"1", seconds=30)
    assert 0 < await cache.redis.ttl("musubi:cache:a") <= 30
    await cache.close()


@pytest.fixture
async def away() -> AsyncIterator[RedisCache]:
    """A cache whose server nobody started."""
    cache = RedisCache(f"redis://127.0.0.1:{free_port()}/0")
    yield cache
    await cache.close()


async def test_a_cache_that_is_away_is_an_empty_one(away: RedisCache, stopwatch: Stopwatch) -> None:
    for _ in range(3):
        await away.put("a", b"1", seconds=60)
        await away.increment("n")
        assert await away.get_many("a", "n") == [None, None]
        await away.clear()
        stopwatch.seconds += 10


async def test_whoever_asks_is_told_that_it_is_away(away: RedisCache) -> None:
    with pytest.raises(ConnectionError):
        await away.ping()


@pytest.fixture
def server() -> Iterator[Valkey]:
    """A server that a test may do anything to."""
    with valkey() as started:
        yield started


async def test_after_a_failure_it_is_left_alone_for_a_while(server: Valkey, stopwatch: Stopwatch) -> None:
    cache = RedisCache(server.url)
    await cache.put("a", b"1", seconds=60)
    server.kill()
    assert await cache.get_many("a") == [None]
    server.start()
    await cache.put("a", b"2", seconds=60)
    stopwatch.seconds += 1.9
    assert await cache.get_many("a") == [None], "nobody asks the server yet"
    stopwatch.seconds += 0.2
    assert await cache.get_many("a") == [None], "what was put meanwhile is lost"
    await cache.put("a", b"3", seconds=60)
    assert await cache.get_many("a") == [b"3"]
    await cache.close()


async def test_a_counter_is_stepped_later_if_the_cache_was_away(server: Valkey, stopwatch: Stopwatch) -> None:
    """A cache that comes back with its values must not pass them for current."""
    cache = RedisCache(server.url)
    await cache.increment("n")
    await cache.put("a", b"kept", seconds=60)
    assert server._process is not None
    os.kill(server._process.pid, signal.SIGSTOP)
    try:
        await cache.increment("n")
    finally:
        os.kill(server._process.pid, signal.SIGCONT)
    await cache.increment("n")
    stopwatch.seconds += 3
    # At least once: the server may also have seen the one that got no answer.
    value, kept = await cache.get_many("n", "a")
    assert value is not None
    assert int(value) >= 2
    assert kept == b"kept"
    assert await cache.get_many("n") == [value], "what was owed is paid"
    await cache.close()

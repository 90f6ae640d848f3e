"""The contract of `Limiter`, on every implementation there is; and what one does while its server is away."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from redis.exceptions import RedisError

from musubi.adapters.limiter import (
    BoundedStorage,
    FallbackLimiter,
    Limiter,
    RedisLimiter,
    WindowLimiter,
    open_limiter,
)
from musubi.core.limits import Limit, Quota
from tests.limits import Watch
from tests.services import Valkey, valkey

KEY = b"tests only"
FEW = Limit("few", 3, 60)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


@pytest.fixture(scope="module")
def steady_server() -> Iterator[Valkey]:
    """A server that stays as it is."""
    with valkey() as started:
        yield started


@pytest.fixture(params=["memory", "redis"])
async def limiter(request: pytest.FixtureRequest, steady_server: Valkey) -> AsyncIterator[Limiter]:
    limiter = open_limiter(steady_server.url if request.param == "redis" else None, key=KEY)
    await limiter.clear()
    yield limiter
    await limiter.close()


async def hits(limiter: Limiter, limit: Limit, subject: str, times: int) -> list[bool]:
    return [await limiter.hit(limit, subject) for _ in range(times)]


async def test_no_more_than_the_limit(limiter: Limiter) -> None:
    assert await hits(limiter, FEW, "a", 5) == [True, True, True, False, False]


async def test_of_many_at_once_no_more_than_the_limit(limiter: Limiter) -> None:
    taken = await asyncio.gather(*(limiter.hit(FEW, "a") for _ in range(200)))
    assert sum(taken) == 3


async def test_subjects_and_limits_are_counted_apart(limiter: Limiter) -> None:
    await hits(limiter, FEW, "a", 3)
    assert await limiter.hit(FEW, "b")
    assert await limiter.hit(Limit("other", 3, 60), "a")
    assert not await limiter.hit(FEW, "a")


async def test_any_text_is_a_subject(limiter: Limiter) -> None:
    for subject in ("", "結び目", "a/b/3/60", "{a}", "a" * 10_000, "\ud800", "\x00"):
        assert await hits(limiter, FEW, subject, 4) == [True, True, True, False]


async def test_what_is_left_is_told(limiter: Limiter, watch: Watch) -> None:
    assert await limiter.quota(FEW, "a") == Quota(FEW, 3, 60)
    await limiter.hit(FEW, "a")
    watch.seconds += 10
    await limiter.hit(FEW, "a")
    assert await limiter.quota(FEW, "a") == Quota(FEW, 1, 50)
    await hits(limiter, FEW, "a", 5)
    assert await limiter.quota(FEW, "a") == Quota(FEW, 0, 50)


async def test_asking_counts_nothing(limiter: Limiter) -> None:
    for _ in range(5):
        await limiter.quota(FEW, "a")
    assert await hits(limiter, FEW, "a", 3) == [True, True, True]


async def test_the_wait_that_is_told_is_the_wait(limiter: Limiter, watch: Watch) -> None:
    for _ in range(3):
        await limiter.hit(FEW, "a")
        watch.seconds += 7.5
    wait = (await limiter.quota(FEW, "a")).seconds
    assert wait == 38
    watch.seconds += wait - 1
    assert not await limiter.hit(FEW, "a")
    watch.seconds += 1
    assert await limiter.hit(FEW, "a")
    assert not await limiter.hit(FEW, "a"), "only one came back: the window moves"


async def test_a_limit_holds_for_every_span_of_its_length(limiter: Limiter, watch: Watch) -> None:
    """A window that begins anew would allow twice as many around its end."""
    watch.seconds += 59
    assert await hits(limiter, FEW, "a", 3) == [True, True, True]
    watch.seconds += 2
    assert not await limiter.hit(FEW, "a")


async def test_what_has_expired_is_as_if_it_had_not_been(limiter: Limiter, watch: Watch) -> None:
    await hits(limiter, FEW, "a", 3)
    watch.seconds += 60.001
    assert await limiter.quota(FEW, "a") == Quota(FEW, 3, 60)
    assert await hits(limiter, FEW, "a", 4) == [True, True, True, False]


async def test_forgetting_is_for_one_subject(limiter: Limiter) -> None:
    await hits(limiter, FEW, "a", 3)
    await hits(limiter, FEW, "b", 3)
    await limiter.forget(FEW, "a")
    assert await limiter.hit(FEW, "a")
    assert not await limiter.hit(FEW, "b")


async def test_clearing_is_for_all(limiter: Limiter) -> None:
    await hits(limiter, FEW, "a", 3)
    await hits(limiter, Limit("other", 3, 60), "b", 3)
    await limiter.clear()
    assert await limiter.hit(FEW, "a")
    assert await limiter.hit(Limit("other", 3, 60), "b")


async def test_two_processes_count_together(steady_server: Valkey) -> None:
    limiters = [open_limiter(steady_server.url, key=KEY) for _ in range(2)]
    await limiters[0].clear()
    taken = await asyncio.gather(*(limiter.hit(FEW, "a") for limiter in limiters for _ in range(20)))
    assert sum(taken) == 3
    for limiter in limiters:
        await limiter.close()


async def test_redis_forgets_by_itself_and_is_not_told_whom_it_is_about(steady_server: Valkey) -> None:
    limiter = RedisLimiter(steady_server.url, key=KEY)
    await limiter.clear()
    await limiter.hit(FEW, "hanako@example.com")
    [key] = [key async for key in limiter.redis.scan_iter()]
    assert key.startswith(b"musubi:limits:few/")
    assert b"hanako" not in key
    assert 0 < await limiter.redis.ttl(key) <= 60
    await limiter.close()


async def test_clearing_leaves_what_others_keep_in_redis(steady_server: Valkey) -> None:
    limiter = RedisLimiter(steady_server.url, key=KEY)
    await limiter.redis.set("musubi:cache:kept", "1")
    await limiter.clear()
    assert await limiter.redis.get("musubi:cache:kept") == b"1"
    await limiter.close()


async def test_memory_is_bounded(watch: Watch) -> None:
    storage = BoundedStorage(capacity=100)
    limiter = WindowLimiter(storage, key=KEY)
    await limiter.hit(Limit("login", 5, 60), "victim")
    for number in range(1000):
        await limiter.hit(FEW, str(number))
        watch.seconds += 0.001
    assert {name: len(table) for name, table in storage._tables.items()} == {"login": 1, "few": 100}
    assert (await limiter.quota(FEW, "999")).remaining == 2, "the newest are kept"
    assert (await limiter.quota(FEW, "0")).remaining == 3, "the oldest are not"


async def test_memory_keeps_nothing_that_has_expired(watch: Watch) -> None:
    storage = BoundedStorage()
    limiter = WindowLimiter(storage, key=KEY)
    for number in range(1000):
        await limiter.hit(FEW, str(number))
    await limiter.quota(FEW, "only asked")
    watch.seconds += 61
    await limiter.hit(FEW, "a")
    assert len(storage._tables["few"]) == 1


async def test_memory_does_no_work_beside_the_requests(watch: Watch) -> None:
    """The library's own storage would start a task that looks at every window."""
    limiter = open_limiter(None, key=KEY)
    before = asyncio.all_tasks()
    await hits(limiter, FEW, "a", 3)
    assert asyncio.all_tasks() == before


@pytest.fixture
def server() -> Iterator[Valkey]:
    """A server that a test may do anything to."""
    with valkey() as started:
        yield started


def outages(logs: list[structlog.typing.EventDict]) -> list[str]:
    return [entry["event"].partition(",")[0] for entry in logs]


async def test_without_its_server_each_process_counts_for_itself(server: Valkey, watch: Watch) -> None:
    limiter = open_limiter(server.url, key=KEY)
    with structlog.testing.capture_logs() as logs:
        assert await hits(limiter, FEW, "a", 2) == [True, True]
        server.kill()
        assert await hits(limiter, FEW, "a", 5) == [True, True, True, False, False], "limited, from nothing"
        assert (await limiter.quota(FEW, "a")).remaining == 0
        watch.seconds += 10
        assert not await limiter.hit(FEW, "a"), "asked again, still away"
        server.start()
        assert not await limiter.hit(FEW, "a"), "nobody asks the server yet"
        watch.seconds += 2
        assert await hits(limiter, FEW, "a", 4) == [True, True, True, False], "it came back empty"
        server.kill()
        watch.seconds += 61
        assert await hits(limiter, FEW, "a", 4) == [True, True, True, False]
    assert outages(logs) == ["Redis unreachable", "Redis is back", "Redis unreachable"]
    await limiter.close()


async def test_a_server_that_hangs_costs_one_timeout(server: Valkey, watch: Watch) -> None:
    limiter = open_limiter(server.url, key=KEY)
    await limiter.hit(FEW, "a")
    assert server._process is not None
    os.kill(server._process.pid, signal.SIGSTOP)
    try:
        started = time.perf_counter()
        taken = await asyncio.gather(*(limiter.hit(FEW, "a") for _ in range(300)))
        took = time.perf_counter() - started
    finally:
        os.kill(server._process.pid, signal.SIGCONT)
    assert sum(taken) == 3
    # Two tries of half a second each, all at the same time; one after the other would be minutes.
    assert took < 15
    await limiter.close()


async def test_a_server_that_takes_no_writes_is_as_good_as_none(server: Valkey) -> None:
    """Full, or a replica: it answers, with an error."""
    shared = RedisLimiter(server.url, key=KEY)
    await shared.redis.config_set("maxmemory", "1")
    with pytest.raises(RedisError):
        await shared.hit(FEW, "a")
    limiter = FallbackLimiter(shared, WindowLimiter(BoundedStorage(), key=KEY))
    assert await hits(limiter, FEW, "a", 4) == [True, True, True, False]
    await limiter.close()


async def test_what_is_forgotten_during_an_outage_is_not_remembered_in_the_next(server: Valkey, watch: Watch) -> None:
    limiter = open_limiter(server.url, key=KEY)
    server.kill()
    await hits(limiter, FEW, "a", 3)
    server.start()
    watch.seconds += 3
    await limiter.forget(FEW, "a")
    server.kill()
    assert await limiter.hit(FEW, "a")
    await limiter.close()

"""The contract of `Bus`, on every implementation there is; and what one does while its server is away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
import structlog
from redis.asyncio import Redis

from musubi.adapters.bus import Bus, open_bus, sender
from musubi.adapters.bus.backoff import backoff
from musubi.adapters.bus.sender import Backlog
from tests.services import BlackHole, Valkey, black_hole, valkey

PATIENCE_SECONDS = 15.0
LOST = "bus lost, messages between processes are late"
BACK = "bus is back"
DROPPED = "bus messages dropped"
FAILED = "receiver of bus messages failed"


class Heard:
    """What a process heard, and how often it was told of a gap."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.gaps = 0
        self.subscriptions = 0
        self._news = asyncio.Event()

    def take(self, message: bytes) -> None:
        self.messages.append(message)
        self._news.set()

    def gap(self) -> None:
        self.gaps += 1
        self._news.set()

    def subscribed(self) -> None:
        self.subscriptions += 1
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until what was heard makes this true."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                self._news.clear()
                await self._news.wait()


class Logged:
    """What is logged, which can be waited for."""

    def __init__(self) -> None:
        self.entries: list[MutableMapping[str, Any]] = []
        self._news = asyncio.Event()

    def __call__(self, _logger: object, _method: str, entry: MutableMapping[str, Any]) -> NoReturn:
        self.entries.append(entry)
        self._news.set()
        raise structlog.DropEvent

    def count(self, event: str) -> int:
        return sum(entry["event"] == event for entry in self.entries)

    async def until(self, event: str, times: int = 1) -> None:
        """Wait until it has been logged as often as this."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.count(event) < times:
                self._news.clear()
                await self._news.wait()


class Process:
    """A process with a bus, as far as the bus is concerned."""

    def __init__(self, url: str | None) -> None:
        self.bus: Bus = open_bus(url)
        self.heard = Heard()

    async def start(self) -> None:
        self.bus.start(self.heard.gap)

    async def subscribe(self, topic: str) -> None:
        """Returns when messages arrive."""
        before = self.heard.subscriptions
        self.bus.subscribe(topic, self.heard.take, self.heard.subscribed)
        await self.heard.until(lambda: self.heard.subscriptions > before)

    async def is_connected(self, times: int = 1) -> None:
        """Returns when it has been connected as often as this."""
        await self.heard.until(lambda: self.heard.gaps >= times)


StartProcess = Callable[[str | None], Awaitable[Process]]


@pytest.fixture(scope="module")
def steady_server() -> Iterator[Valkey]:
    """A server that stays as it is."""
    with valkey() as started:
        yield started


@pytest.fixture
def server() -> Iterator[Valkey]:
    """A server that a test may do anything to."""
    with valkey() as started:
        yield started


@pytest.fixture
async def start() -> AsyncIterator[StartProcess]:
    async with AsyncExitStack() as stack:

        async def start(url: str | None) -> Process:
            process = Process(url)
            stack.push_async_callback(process.bus.close)
            await process.start()
            return process

        yield start


@pytest.fixture
def logged() -> Iterator[Logged]:
    before = structlog.get_config()["processors"]
    logged = Logged()
    structlog.configure(processors=[logged])
    yield logged
    structlog.configure(processors=before)


# Every bus.


@pytest.fixture(params=["memory", "redis"])
def url(request: pytest.FixtureRequest, steady_server: Valkey) -> str | None:
    return steady_server.url if request.param == "redis" else None


async def test_one_does_not_hear_oneself(url: str | None, start: StartProcess) -> None:
    process = await start(url)
    process.bus.subscribe("a", process.heard.take)
    process.bus.publish("a", b"mine")
    if url is not None:
        # The server passes messages on in the order in which it got them: after this one, one's own would be here.
        await process.is_connected()
        process.bus.publish("a", b"mine")
        other = await start(url)
        await other.subscribe("b")
        process.bus.publish("b", b"mine as well")
        await other.heard.until(lambda: other.heard.messages == [b"mine as well"])
        other.bus.publish("a", b"of another")
        await process.heard.until(lambda: len(process.heard.messages) > 0)
    assert b"mine" not in process.heard.messages


async def test_it_is_well_when_nothing_is_wrong(url: str | None, start: StartProcess) -> None:
    process = await start(url)
    if url is not None:
        await process.is_connected()
    assert process.bus.is_healthy


async def test_a_bus_that_was_not_started_takes_everything_and_can_be_closed(url: str | None) -> None:
    bus = open_bus(url)
    bus.subscribe("a", lambda _: None)
    bus.publish("a", b"1")
    bus.unsubscribe("a")
    bus.unsubscribe("never subscribed to")
    await bus.close()


# Through Redis.


@pytest.fixture
async def two(steady_server: Valkey, start: StartProcess) -> tuple[Process, Process]:
    """Two processes, both connected."""
    processes = await start(steady_server.url), await start(steady_server.url)
    for process in processes:
        await process.is_connected()
    return processes


async def test_others_hear_it_in_order_and_as_it_was(two: tuple[Process, Process]) -> None:
    one, other = two
    await other.subscribe("結び:a")
    messages = [b"", b"\x00\xff\r\n bytes", b"x" * 65536, *(str(number).encode() for number in range(500))]
    for message in messages:
        one.bus.publish("結び:a", message)
    await other.heard.until(lambda: len(other.heard.messages) >= len(messages))
    assert other.heard.messages == messages


async def test_each_topic_has_its_own_receiver(two: tuple[Process, Process]) -> None:
    one, other = two
    in_b = Heard()
    await other.subscribe("a")
    other.bus.subscribe("b", in_b.take, in_b.subscribed)
    await in_b.until(lambda: in_b.subscriptions == 1)
    for topic in ("a", "b", "c", "a"):
        one.bus.publish(topic, topic.encode())
    await other.heard.until(lambda: len(other.heard.messages) == 2)
    assert (other.heard.messages, in_b.messages) == ([b"a", b"a"], [b"b"])


async def test_what_was_unsubscribed_from_is_not_heard(two: tuple[Process, Process], steady_server: Valkey) -> None:
    one, other = two
    await other.subscribe("a")
    other.bus.unsubscribe("a")
    await other.subscribe("b")
    one.bus.publish("a", b"unheard")
    one.bus.publish("b", b"heard")
    await other.heard.until(lambda: len(other.heard.messages) > 0)
    assert other.heard.messages == [b"heard"]
    async with Redis.from_url(steady_server.url) as redis:
        assert await redis.pubsub_numsub("musubi:bus:0:a") == [(b"musubi:bus:0:a", 0)]


async def test_one_can_come_back_to_a_topic(two: tuple[Process, Process]) -> None:
    one, other = two
    for number in (b"1", b"2"):
        await other.subscribe("a")
        one.bus.publish("a", number)
        await other.heard.until(lambda number=number: other.heard.messages[-1:] == [number])  # type: ignore[misc]
        other.bus.unsubscribe("a")


async def test_a_receiver_that_fails_costs_only_its_message(two: tuple[Process, Process], logged: Logged) -> None:
    one, other = two

    def fail(message: bytes) -> None:
        raise ValueError("no such thing")

    other.bus.subscribe("a", fail)
    await other.subscribe("b")
    one.bus.publish("a", b"1")
    one.bus.publish("b", b"2")
    await other.heard.until(lambda: other.heard.messages == [b"2"])
    assert [entry["event"] for entry in logged.entries] == [FAILED]
    assert other.bus.is_healthy
    assert other.heard.gaps == 1


async def test_databases_of_one_server_do_not_hear_each_other(steady_server: Valkey, start: StartProcess) -> None:
    """Redis itself would let them: two installations that share a server would take each other's messages."""
    base = steady_server.url.removesuffix("/0")
    stranger, one, other = await start(f"{base}/1"), await start(f"{base}/2"), await start(f"{base}/2")
    await other.subscribe("a")
    await stranger.subscribe("a")
    await stranger.subscribe("b")
    stranger.bus.publish("a", b"strange")
    one.bus.publish("a", b"known")
    await other.heard.until(lambda: len(other.heard.messages) > 0)
    assert other.heard.messages == [b"known"]
    assert stranger.heard.messages == []


# While Redis is away.


async def test_after_a_crash_of_the_server_messages_flow_again(
    server: Valkey, start: StartProcess, logged: Logged
) -> None:
    one, other = await start(server.url), await start(server.url)
    await one.is_connected()
    await other.subscribe("a")
    for crash in range(1, 4):
        server.kill()
        await logged.until(LOST, 2 * crash)
        assert (one.bus.is_healthy, other.bus.is_healthy) == (False, False)
        server.start()
        await one.is_connected(1 + crash)
        await other.is_connected(1 + crash)
        assert (one.bus.is_healthy, other.bus.is_healthy) == (True, True)
        one.bus.publish("a", str(crash).encode())
        await other.heard.until(lambda crash=crash: len(other.heard.messages) == crash)  # type: ignore[misc]
    assert other.heard.messages == [b"1", b"2", b"3"]
    assert (logged.count(LOST), logged.count(BACK)) == (6, 6)


async def test_what_is_subscribed_to_meanwhile_is_heard_afterwards(
    server: Valkey, start: StartProcess, logged: Logged
) -> None:
    one, other = await start(server.url), await start(server.url)
    await one.is_connected()
    await other.subscribe("old")
    server.kill()
    await logged.until(LOST, 2)
    other.bus.unsubscribe("old")
    subscribing = asyncio.create_task(other.subscribe("new"))
    server.start()
    await subscribing
    await one.is_connected(2)
    one.bus.publish("old", b"unheard")
    one.bus.publish("new", b"heard")
    await other.heard.until(lambda: len(other.heard.messages) > 0)
    assert other.heard.messages == [b"heard"]


async def test_a_server_that_comes_later_is_found(server: Valkey, start: StartProcess, logged: Logged) -> None:
    server.stop()
    process = await start(server.url)
    await logged.until(LOST)
    server.start()
    await process.is_connected()
    assert process.bus.is_healthy
    assert [entry["event"] for entry in logged.entries] == [LOST, BACK]
    assert server.password not in repr(logged.entries)


async def test_silence_is_noticed(steady_server: Valkey, start: StartProcess, logged: Logged) -> None:
    """Nobody hangs up: without asking, one would go on listening to nothing."""
    async with black_hole(steady_server.port) as proxy:
        one = await start(steady_server.url)
        other = await start(through(proxy, steady_server))
        await other.subscribe("a")
        proxy.swallow()
        began = asyncio.get_running_loop().time()
        await logged.until(LOST)
        assert asyncio.get_running_loop().time() - began < 5
        assert (one.bus.is_healthy, other.bus.is_healthy) == (True, False)
        proxy.release()
        await other.is_connected(2)
        one.bus.publish("a", b"heard")
        await other.heard.until(lambda: b"heard" in other.heard.messages)
        assert other.bus.is_healthy


async def test_what_can_not_be_sent_is_noticed_although_one_still_hears(
    server: Valkey, start: StartProcess, logged: Logged
) -> None:
    process = await start(server.url)
    await process.is_connected()
    async with Redis.from_url(server.url) as redis:
        await redis.acl_setuser("default", enabled=True, commands=["-publish"])
        process.bus.publish("a", b"1")
        await logged.until(LOST)
        assert not process.bus.is_healthy
        await redis.acl_setuser("default", enabled=True, commands=["+publish"])
    await logged.until(BACK)
    assert process.heard.gaps == 1


@pytest.mark.parametrize("how", ["refused", "black hole"])
async def test_publishing_never_waits_and_keeps_little(
    server: Valkey, start: StartProcess, logged: Logged, how: str
) -> None:
    async with black_hole(server.port) as proxy:
        process = await start(through(proxy, server))
        await process.is_connected()
        if how == "refused":
            server.kill()
        else:
            proxy.swallow()
        message = b"x" * 65536
        # Without giving up control once: nothing is sent meanwhile, and nothing waited for.
        for _ in range(5_000):
            process.bus.publish("a", message)
        backlog: Backlog = process.bus._sender.backlog  # type: ignore[attr-defined]
        assert len(backlog) * len(message) <= sender._MOST_BYTES
        for _ in range(20_000):
            process.bus.publish("a", b"")
        assert len(backlog) == sender._MOST_MESSAGES
        await logged.until(LOST)


async def test_what_was_dropped_is_told_once(server: Valkey, start: StartProcess, logged: Logged) -> None:
    process = await start(server.url)
    await process.is_connected()
    server.kill()
    for _ in range(sender._MOST_MESSAGES + 5):
        process.bus.publish("a", b"")
    await logged.until(LOST)
    server.start()
    await logged.until(BACK)
    process.bus.publish("a", b"")
    await logged.until(DROPPED)
    [told] = [entry for entry in logged.entries if entry["event"] == DROPPED]
    assert told["count"] >= 5


async def test_closing_does_not_wait_for_a_server_that_is_silent(steady_server: Valkey) -> None:
    async with black_hole(steady_server.port) as proxy:
        process = Process(through(proxy, steady_server))
        await process.start()
        await process.subscribe("a")
        proxy.swallow()
        for _ in range(200):
            process.bus.publish("a", b"x" * 65536)
        # A turn for the sender, so that it is in the middle of it.
        await asyncio.sleep(0)
        async with asyncio.timeout(1):
            await process.bus.close()


def through(proxy: BlackHole, server: Valkey) -> str:
    """The server's address by way of the proxy."""
    return server.url.replace(f":{server.port}/", f":{proxy.port}/")


# Its parts.


def test_the_oldest_are_dropped_and_what_is_stale_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(sender, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(sender, "_MOST_MESSAGES", 3)
    backlog = Backlog()
    for number in (b"1", b"2", b"3", b"4"):
        backlog.put((b"a", number))
        now += 1
    assert backlog.take() == [(b"a", b"3"), (b"a", b"4")]
    assert backlog.dropped == 2
    assert not backlog.filled.is_set()


def test_waiting_doubles_up_to_two_seconds_and_is_anything_up_to_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musubi.adapters.bus.backoff.uniform", lambda *bounds: max(bounds))
    assert [backoff(failures) for failures in (1, 2, 3, 5, 6, 7, 10_000)] == [0.1, 0.2, 0.4, 1.6, 2.0, 2.0, 2.0]
    monkeypatch.setattr("musubi.adapters.bus.backoff.uniform", lambda *bounds: min(bounds))
    assert backoff(5) == 0

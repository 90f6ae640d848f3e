"""The contract of `Bus`, on every implementation there is; and what those that have others to talk to do."""

import pytest
from redis.asyncio import Redis

from musubi.adapters.bus import open_bus
from tests.adapters.bus.process import FAILED, Heard, Logged, Process, StartProcess
from tests.services import Valkey


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

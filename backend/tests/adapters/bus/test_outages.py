"""What the bus through Redis does while that is away."""

import asyncio

import pytest
from redis.asyncio import Redis

from musubi.adapters.bus import sender
from musubi.adapters.bus.sender import Backlog
from tests.adapters.bus.process import BACK, DROPPED, LOST, Logged, Process, StartProcess
from tests.services import BlackHole, Valkey, black_hole


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

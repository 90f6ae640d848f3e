"""The protocol of live connections, between a real server and a client that may not read."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from musubi.core.realtime import protocol
from musubi.core.realtime.frames import Wire
from musubi.core.realtime.protocol import EXTENSION, LiveProtocol
from tests.live_server import PATIENCE, served

TEXT = "結び" * 1000
WIRE = Wire(TEXT.encode())


class Application:
    """Accepts connections and leaves them to the test."""

    def __init__(self) -> None:
        self.connections: asyncio.Queue[LiveProtocol] = asyncio.Queue()
        self.ends: asyncio.Queue[int] = asyncio.Queue()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await self.connections.put(scope["extensions"][EXTENSION])
        while (message := await receive())["type"] != "websocket.disconnect":
            pass
        await self.ends.put(message["code"])

    async def next_connection(self) -> LiveProtocol:
        async with asyncio.timeout(PATIENCE):
            return await self.connections.get()

    async def next_end(self) -> int:
        async with asyncio.timeout(PATIENCE):
            return await self.ends.get()


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
async def address(application: Application) -> AsyncIterator[str]:
    served_application: Any = application
    async with served(served_application) as address:
        yield address


async def fill(connection: LiveProtocol) -> int:
    """Write until the other side takes no more; how many frames that were."""
    count = 0
    async with asyncio.timeout(PATIENCE):
        while connection.blocked_since is None:
            connection.write(WIRE.data)
            count += 1
            await asyncio.sleep(0)
    return count


def stop_reading(client: ClientConnection) -> None:
    client.transport.pause_reading()


async def test_prebuilt_frames_are_what_the_client_reads(address: str, application: Application) -> None:
    async with connect(address, proxy=None) as client:
        connection = await application.next_connection()
        for size in (0, 125, 126, 65_535, 65_536):
            connection.write(Wire(b"x" * size).data)
            assert await client.recv() == "x" * size


async def test_little_waits_for_who_does_not_read_and_it_is_told_when_it_does(
    address: str, application: Application
) -> None:
    async with connect(address, proxy=None, ping_interval=None, close_timeout=0.1) as client:
        connection = await application.next_connection()
        reads_again = asyncio.Event()
        connection.on_writable = reads_again.set
        stop_reading(client)
        count = await fill(connection)
        assert connection.transport.get_write_buffer_size() < 2 * protocol._HIGH_WATER
        client.transport.resume_reading()
        async with asyncio.timeout(PATIENCE):
            for _ in range(count):
                assert await client.recv() == TEXT
            await reads_again.wait()
        assert connection.blocked_since is None


async def test_who_does_not_read_is_dropped_when_it_is_closed(
    address: str, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "_CLOSE_SECONDS", 0.01)
    async with connect(address, proxy=None, ping_interval=None, close_timeout=0.1) as client:
        connection = await application.next_connection()
        stop_reading(client)
        await fill(connection)
        connection.close(4009, "too slow")
        assert await application.next_end() == 4009
        async with asyncio.timeout(PATIENCE):
            # Its buffer is still full: closing politely would wait for ever.
            await connection.writable.wait()
        assert connection.disconnected


async def test_whoever_does_not_answer_a_ping_is_dropped(address: str, application: Application) -> None:
    async with connect(address, proxy=None, ping_interval=None, close_timeout=0.1) as client:
        connection = await application.next_connection()
        connection.ping_timeout = 0.01
        stop_reading(client)
        connection.send_keepalive_ping()
        async with asyncio.timeout(PATIENCE):
            await application.next_end()
        assert connection.disconnected


async def test_a_goodbye_says_why(address: str, application: Application) -> None:
    async with connect(address, proxy=None) as client:
        connection = await application.next_connection()
        connection.close(4010, "token expired")
        connection.close(4001, "too late")
        connection.write(WIRE.data)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4010, "token expired")
        assert await application.next_end() == 4010


async def test_a_connection_that_is_gone_takes_nothing_and_raises_nothing(
    address: str, application: Application
) -> None:
    async with connect(address, proxy=None):
        connection = await application.next_connection()
        connection.abort()
        await application.next_end()
        connection.write(WIRE.data)
        connection.close(1012)
        assert not connection.is_open

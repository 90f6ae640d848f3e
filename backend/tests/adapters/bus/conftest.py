"""Servers, and processes that are connected by them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import structlog

from tests.adapters.bus.process import Logged, Process, StartProcess
from tests.services import Valkey, valkey


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
    """Starts a process with the bus of this URL."""
    async with AsyncExitStack() as stack:

        async def start(url: str | None) -> Process:
            process = Process(url)
            stack.push_async_callback(process.bus.close)
            await process.start()
            return process

        yield start


@pytest.fixture
def logged() -> Iterator[Logged]:
    """What is logged from now on."""
    before = structlog.get_config()["processors"]
    logged = Logged()
    structlog.configure(processors=[logged])
    yield logged
    structlog.configure(processors=before)

"""What tests of limits need: applications that have them, clients elsewhere, and time that passes at once."""

import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from limits.aio.storage.redis import redispy

from musubi.adapters.limiter import fallback, memory, window
from musubi.core.limits import parse_limits
from tests.conftest import AppMaker

LimitedMaker = Callable[..., Awaitable[AsyncClient]]


class Watch:
    """The clocks that limiters read, which only a test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Whole: Redis hands times out with four digits behind the point.
        self.seconds = float(round(time.time()))
        # The time of each hit is ours to say in Redis, too: the library sends it along.
        for module in (memory, window, redispy, fallback):
            monkeypatch.setattr(module, "time", SimpleNamespace(time=self.read, monotonic=self.read))

    def read(self) -> float:
        return self.seconds


def limited_maker(make_client: AppMaker) -> LimitedMaker:
    """Makes applications with limits on, some of them with other numbers: `await make("register=2/1h")`."""

    async def make(*limits: str, **changes: Any) -> AsyncClient:
        client = await make_client(**{"rate_limits": True, "limits": tuple(parse_limits(",".join(limits))), **changes})
        limiter = app_of(client).state.limiter
        if limiter is not None:
            await limiter.clear()
        return client

    return make


def app_of(client: AsyncClient) -> FastAPI:
    transport = client._transport
    assert isinstance(transport, ASGITransport)
    assert isinstance(transport.app, FastAPI)
    return transport.app


def elsewhere(client: AsyncClient, address: str) -> AsyncClient:
    """A client of the same application at another address."""
    transport = ASGITransport(app_of(client), raise_app_exceptions=False, client=(address, 50_000))
    return AsyncClient(transport=transport, base_url=client.base_url)


def remaining(reply: Response) -> int:
    """What is left, as the reply tells."""
    name, left, _ = reply.headers["RateLimit"].split(";")
    assert name.startswith('"')
    return int(left.removeprefix("r="))


async def log_in(client: AsyncClient, username: str, password: str = "Wrong-pass-1") -> Response:
    return await client.post("/api/v1/auth/login", data={"username": username, "password": password})

"""Connections to the server of the bus."""

from typing import Any

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


def open_pool(url: str, *, connect_seconds: float) -> ConnectionPool:
    """A pool whose connections try everything once, and wait as long as they are let: whoever uses one sets the time.

    The library's own timeout for sending would, on Python 3.11, sometimes swallow the cancellation of who sends.
    """
    ours: dict[str, Any] = {
        "socket_timeout": None,
        "socket_connect_timeout": connect_seconds,
        "retry": Retry(NoBackoff(), 0),
    }
    # Protocol 2: with 3, servers may ask for longer timeouts while they are maintained.
    return ConnectionPool(**{**parse_url(url), **ours, "protocol": 2})


def database_number(url: str) -> int:
    """Which of the server's databases the URL means."""
    return int(parse_url(url).get("db", 0))

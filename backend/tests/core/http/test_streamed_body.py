"""Bodies that are read while they arrive: how slowly they may."""

import asyncio

import pytest
from fastapi import Request
from starlette.types import Message

from musubi.core.errors import RequestTimeout
from musubi.core.http import streamed_body
from musubi.core.http.streamed_body import LEAST_BYTES, pieces_of_body

IDLE_SECONDS = 30.0
PIECES = 20


async def received(monkeypatch: pytest.MonkeyPatch, size: int, *, every: float) -> int:
    """How many pieces of `size` bytes are taken of a client that sends one every so many seconds, 20 in all."""
    now, sent = 0.0, 0

    async def receive() -> Message:
        nonlocal now, sent
        now, sent = now + every, sent + 1
        await asyncio.sleep(0)
        return {"type": "http.request", "body": bytes(size), "more_body": sent < PIECES}

    monkeypatch.setattr(streamed_body, "monotonic", lambda: now)
    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    taken = 0
    try:
        async for _ in pieces_of_body(request, limit=PIECES * size, idle_seconds=IDLE_SECONDS):
            taken += 1
    except RequestTimeout:
        assert taken < PIECES
    return taken


async def test_a_byte_now_and_then_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await received(monkeypatch, 1, every=10) == 3
    assert await received(monkeypatch, LEAST_BYTES // 4, every=10) == 3


async def test_a_slow_line_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await received(monkeypatch, LEAST_BYTES, every=29) == PIECES
    assert await received(monkeypatch, LEAST_BYTES // 4, every=7) == PIECES

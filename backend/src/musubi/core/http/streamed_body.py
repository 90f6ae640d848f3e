"""A body that is read while it arrives, for routes that never hold all of it."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

from fastapi import Request

from musubi.core.errors import BadRequest, PayloadTooLarge, RequestTimeout
from musubi.core.i18n import Text

LEAST_BYTES = 64 * 1024
"""What has to arrive within the time that a body may be silent: a byte now and then would keep its request for days.
With the default of 30 seconds that is 2 KiB/s, less than any line that people still use."""


class HungUp(BadRequest):
    """The client went away in the middle of its request. There is nobody left to be told."""

    text = Text("The request ended before all of it was sent", "リクエストが途中で終わりました")


async def pieces_of_body(request: Request, *, limit: int, idle_seconds: float) -> AsyncIterator[bytes]:
    """The body as it arrives, in pieces of bounded size.

    Raises PayloadTooLarge for more than `limit` bytes, at once when that many are declared; RequestTimeout when it was
    waited for `idle_seconds` and fewer than LEAST_BYTES came; HungUp.
    """
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
        raise PayloadTooLarge
    received = 0
    # Since so many bytes have come. What is done with a piece takes its time, too, but not the client's.
    waited, came = 0.0, 0
    while True:
        started = monotonic()
        try:
            async with asyncio.timeout(idle_seconds - waited):
                message = await request.receive()
        except TimeoutError:
            # What may still come belongs to this request, so there can't be another one after it.
            raise RequestTimeout(headers={"Connection": "close"}) from None
        if message["type"] == "http.disconnect":
            raise HungUp
        piece: bytes = message.get("body", b"")
        received += len(piece)
        if received > limit:
            raise PayloadTooLarge
        waited += monotonic() - started
        came += len(piece)
        if came >= LEAST_BYTES:
            waited, came = 0.0, 0
        if piece:
            yield piece
        if not message.get("more_body", False):
            return

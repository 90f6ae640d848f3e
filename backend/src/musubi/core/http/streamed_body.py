"""A body that is read while it arrives, for routes that never hold all of it."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import Request

from musubi.core.errors import BadRequest, PayloadTooLarge, RequestTimeout
from musubi.core.i18n import Text


class HungUp(BadRequest):
    """The client went away in the middle of its request. There is nobody left to be told."""

    text = Text("The request ended before all of it was sent", "リクエストが途中で終わりました")


async def pieces_of_body(request: Request, *, limit: int, idle_seconds: float) -> AsyncIterator[bytes]:
    """The body as it arrives, in pieces of bounded size.

    Raises PayloadTooLarge for more than `limit` bytes, at once when that many are declared; RequestTimeout when nothing
    came for `idle_seconds`; HungUp.
    """
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
        raise PayloadTooLarge
    received = 0
    while True:
        try:
            async with asyncio.timeout(idle_seconds):
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
        if piece:
            yield piece
        if not message.get("more_body", False):
            return

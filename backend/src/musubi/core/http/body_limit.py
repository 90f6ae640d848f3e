"""Bounds what a request may make us read."""

from collections.abc import Collection

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musubi.core.errors import PayloadTooLarge
from musubi.core.http.envelope import error_response
from musubi.core.http.headers import header


class BodyLimit:
    """Answers 413 to a body of more than `limit` bytes: at once when its length is declared, else while it arrives.

    `streamed` names the routes that read bodies as they arrive and bound them by themselves: method and path
    (`POST /api/v1/upload/files`); with a slash at its end, everything below it.
    """

    def __init__(self, app: ASGIApp, limit: int, streamed: Collection[str] = ()) -> None:
        self.app = app
        self.limit = limit
        self._streamed = frozenset(streamed)
        self._streamed_below = tuple(route for route in streamed if route.endswith("/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_streamed(f"{scope['method']} {scope['path']}"):
            await self.app(scope, receive, send)
            return
        declared = header(scope, b"content-length")
        if declared is not None and declared.isdigit() and int(declared[:20]) > self.limit:
            await error_response(PayloadTooLarge())(scope, receive, send)
            return
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self.limit:
                    # The framework takes any other exception while it reads a body for a malformed body.
                    raise HTTPException(PayloadTooLarge.status)
            return message

        await self.app(scope, receive_within_limit, send)

    def _is_streamed(self, route: str) -> bool:
        return route in self._streamed or route.startswith(self._streamed_below)

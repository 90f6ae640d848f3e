"""The route class of every API route: it reads JSON strictly and keeps the reply of an idempotent request."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from musubi.core.http import strict_json
from musubi.core.idempotency import Replay, keep_reply


class _StrictRequest(Request):
    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = strict_json.parse(await self.body())
        return self._json


class Route(APIRoute):
    """Use it as the `route_class` of a router."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            request = _StrictRequest(request.scope, request.receive)
            try:
                response = await handle(request)
            except Replay as replay:
                return replay.response
            # Still inside the request's transaction: the reply is kept if, and only if, the change is.
            await keep_reply(request, response)
            return response

        return handle_strictly

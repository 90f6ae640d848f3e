"""Replies that are made of plain values."""

from typing import Any

from pydantic_core import to_json
from starlette.responses import Response


class JsonReply(Response):
    """JSON as Pydantic writes it, without a model that checks every value first.

    For what comes out of our own database, on routes where that check would be a good part of the work. Such a route
    states its model to the contract with `response_model`, and a test has to see that the two agree.
    """

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return to_json(content)

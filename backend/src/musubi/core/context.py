"""What is known about the request (or command) that is being served, for code that is not handed it."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context, ContextVar
from typing import Any

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id that the reply, every log line and every error of this request carry."""

locale: ContextVar[str] = ContextVar("locale", default="en")
"""The language of messages: `en` or `ja`."""

actor_id: ContextVar[int | None] = ContextVar("actor_id", default=None)
"""The signed-in user, who is written into `created_by` and `updated_by`; None for the application itself."""

client_address: ContextVar[str | None] = ContextVar("client_address", default=None)
"""Where the request came from, as far as a trusted proxy or the connection itself tells."""

reply_headers: ContextVar[dict[bytes, bytes]] = ContextVar("reply_headers")
"""Headers for the reply to this request, whatever it will be: an error, too."""


def start_apart(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Start a task that outlives the request which happens to start it: it belongs to no request, user or trace, and
    nor does what it logs."""
    return asyncio.create_task(work, context=Context())

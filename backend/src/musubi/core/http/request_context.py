"""Gives every request an id and a language, and writes the access log."""

import re
from urllib.parse import parse_qsl
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musubi.core import context
from musubi.core.http.headers import header
from musubi.core.http.measuring import Measurement
from musubi.core.i18n import preferred_locale

access_log = structlog.get_logger("musubi.access")

# What others may choose as an id: enough for UUIDs, ULIDs and trace ids, nothing that could break a log line.
_VALID_ID = re.compile(rb"[A-Za-z0-9._-]{8,128}")

# By balancers and supervisors, who are told the same nearly every time: that fills no log.
_ASKED_ALL_THE_TIME = frozenset({"/health", "/health/live", "/health/ready", "/health/startup"})


class RequestContext:
    """Keeps a valid incoming `X-Request-ID`, else makes one; sets the context variables that messages and logs read."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        incoming = header(scope, b"x-request-id")
        request_id = incoming.decode() if incoming and _VALID_ID.fullmatch(incoming) else uuid4().hex
        context.request_id.set(request_id)
        context.locale.set(preferred_locale((header(scope, b"accept-language") or b"").decode("latin-1")))
        context.actor_id.set(None)
        # A trusted proxy may have forwarded something longer than any address.
        address = scope["client"][0][:45] if scope.get("client") else None
        context.client_address.set(address)
        extra: dict[bytes, bytes] = {}
        context.reply_headers.set(extra)
        stopping = scope["app"].state.stopping
        status = 0
        measurement = Measurement(scope) if scope["type"] == "http" else None

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode()), *extra.items()]
                if stopping.has_begun:
                    # The next request has to find another process.
                    message["headers"].append((b"connection", b"close"))
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            if measurement is not None:
                seconds = measurement.end(status)
                tell = access_log.debug if status == 200 and scope["path"] in _ASKED_ALL_THE_TIME else access_log.info
                tell(
                    "request",
                    method=scope["method"],
                    # As it was sent, percent-encoded: a decoded newline would let a client write log lines.
                    path=scope.get("raw_path", scope["path"].encode()).decode("latin-1"),
                    query=_parameter_names(scope["query_string"]),
                    status=status,
                    duration_ms=round(seconds * 1000, 1),
                    client=address,
                    user_id=context.actor_id.get(),
                )


def _parameter_names(query: bytes) -> list[str]:
    """Which parameters a URL had, without their values: one of those could be a credential."""
    return [name for name, _ in parse_qsl(query[:2000].decode("latin-1"), keep_blank_values=True)[:20]]

"""A span for each request."""

from typing import Any

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musubi.core import context
from musubi.core.http.measuring import OTHER, UNKNOWN, template_of
from musubi.core.tracing.tracing import Tracing

_PROPAGATOR = TraceContextTextMapPropagator()
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PROBES = "/health"


class RequestSpans:
    """Outermost of the middleware. A trace that the client has begun (W3C `traceparent`) is gone on with.

    Of a live connection this is the handshake: what comes after it has spans of its own.
    """

    def __init__(self, app: ASGIApp, *, tracing: Tracing) -> None:
        self.app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Whoever asks whether we are well does so every few seconds, and learns nothing from a trace.
        if scope["type"] not in ("http", "websocket") or scope["path"].startswith(_PROBES):
            await self.app(scope, receive, send)
            return
        method = scope.get("method", "GET")
        method = method if method in _METHODS else "_OTHER"
        attributes = {
            "http.request.method": method,
            # As it was sent, and without the query, which may hold a credential.
            "url.path": scope.get("raw_path", scope["path"].encode()).decode("latin-1"),
        }
        status: int | None = None

        async def watched_send(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        with self._tracing.span(method, attributes, kind=SpanKind.SERVER, parent=_context_of(scope)) as span:
            try:
                await self.app(scope, receive, watched_send)
            finally:
                if span.is_recording():
                    _describe(span, method, scope, status)


def _describe(span: Span, method: str, scope: Scope, status: int | None) -> None:
    """What is known of a request only when it is over."""
    route = template_of(scope)
    if scope["type"] == "websocket":
        # The framework doesn't tell the routes of these.
        span.update_name("live connect")
    elif route not in (OTHER, UNKNOWN):
        span.update_name(f"{method} {route}")
        span.set_attribute("http.route", route)
    if status is not None:
        span.set_attribute("http.response.status_code", status)
        if status >= 500:
            span.set_status(StatusCode.ERROR)
    for name, value in (("musubi.request_id", context.request_id.get()), ("user.id", context.actor_id.get())):
        if value is not None:
            span.set_attribute(name, str(value))


def _context_of(scope: Scope) -> Context:
    """Which span of the client a request belongs to, as far as it says so in a way that can be read."""
    carrier: dict[str, Any] = {}
    for name, value in scope["headers"]:
        if name in (b"traceparent", b"tracestate"):
            carrier.setdefault(name.decode(), []).append(value.decode("latin-1"))
    return _PROPAGATOR.extract(carrier, Context())

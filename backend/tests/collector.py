"""A collector of traces that keeps what it is sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from fastapi import FastAPI
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as RawSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.posts import taking_posts

SERVER, CLIENT, CONSUMER = RawSpan.SPAN_KIND_SERVER, RawSpan.SPAN_KIND_CLIENT, RawSpan.SPAN_KIND_CONSUMER


@dataclass
class Span:
    """A span as it arrived."""

    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    has_failed: bool
    attributes: dict[str, Any]


@dataclass
class Collector:
    """What was sent, and as what."""

    url: str = ""
    status: int = 200
    """What it answers with."""
    bodies: list[bytes] = field(default_factory=list)

    @property
    def spans(self) -> list[Span]:
        """Every span that arrived so far."""
        return [
            _read(span)
            for body in self.bodies
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def resource(self) -> dict[str, Any]:
        """Who sent the first of them."""
        request = ExportTraceServiceRequest.FromString(self.bodies[0])
        return _attributes(request.resource_spans[0].resource.attributes)

    def of(self, app: FastAPI) -> list[Span]:
        """Every span, those included that the application has not sent yet."""
        app.state.tracing.provider.force_flush()
        return self.spans


def _read(span: RawSpan) -> Span:
    return Span(
        name=span.name,
        kind=span.kind,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        has_failed=span.status.code == Status.STATUS_CODE_ERROR,
        attributes=_attributes(span.attributes),
    )


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector at a port of the loopback address."""
    collector = Collector()

    def take(_request: BaseHTTPRequestHandler, body: bytes) -> int:
        collector.bodies.append(body)
        return collector.status

    with taking_posts("/v1/traces", take) as port:
        collector.url = f"http://127.0.0.1:{port}"
        yield collector


def tree(spans: list[Span], root: Span) -> list[Span]:
    """A span and all that are below it."""
    below = [span for span in spans if span.parent_id == root.span_id]
    return [root, *(each for child in below for each in tree(spans, child))]


def began(spans: list[Span], name: str) -> Span:
    """The one span of this name that began something."""
    [found] = [span for span in spans if span.name == name and span.kind in (SERVER, CONSUMER)]
    return found


def names(spans: list[Span]) -> list[str]:
    return [span.name for span in spans]

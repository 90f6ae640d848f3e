"""The traces of an application."""

import asyncio
import logging
import os
import platform
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, StatusCode

from musubi import __version__
from musubi.core.tracing.outlet import Outlet
from musubi.core.tracing.sampling import RatioSampler

_PATH = "/v1/traces"
_SEND_SECONDS = 5.0
"""How long the collector has for a batch, with all attempts."""
_BATCH_SECONDS = 2.0
"""How long a span waits for others to be sent with."""
_CLOSING_SECONDS = 2.0
_MOST_WAITING = 4096
_LONGEST_ATTRIBUTE = 4096

Attributes = Mapping[str, str | int]


class Tracing:
    """Makes spans, and sends those that are told to a collector, from a thread that nobody waits for."""

    def __init__(self, exporter: SpanExporter, *, ratio: float) -> None:
        """`ratio`: which part of requests, frames and jobs is told, from 0 to 1."""
        # Each attempt at a collector that is away would be a line, or several; the outlet says it once.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._outlet = Outlet(exporter)
        self.provider = TracerProvider(
            sampler=RatioSampler(ratio),
            resource=Resource.create(
                {
                    "service.name": "musubi",
                    "service.version": __version__,
                    "service.instance.id": f"{platform.node()}:{os.getpid()}",
                }
            ),
            # It would wait for half a minute, after everything else has ended.
            shutdown_on_exit=False,
            span_limits=SpanLimits(max_span_attribute_length=_LONGEST_ATTRIBUTE),
        )
        self.provider.add_span_processor(
            BatchSpanProcessor(self._outlet, max_queue_size=_MOST_WAITING, schedule_delay_millis=_BATCH_SECONDS * 1000)
        )
        self.tracer = self.provider.get_tracer("musubi", __version__)

    @contextmanager
    def span(
        self,
        name: str,
        attributes: Attributes | None = None,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: Context | None = None,
    ) -> Iterator[Span]:
        """A span around a block, and the parent of those that begin within; an exception marks it as failed.

        Without a parent it is told only if it is of a kind that begins something: a request, a frame, a job.
        """
        with self.tracer.start_as_current_span(
            name, parent, kind, attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except Exception as error:
                mark_failed(span, error)
                raise

    def client_span(self, name: str, attributes: Attributes | None = None) -> AbstractContextManager[Span]:
        """A span around a question to someone outside."""
        return self.span(name, attributes, kind=SpanKind.CLIENT)

    async def close(self) -> None:
        """Send what is left, in two seconds at the most."""
        self._outlet.give_up_at(time.monotonic() + _CLOSING_SECONDS)
        # The library would wait for a sending that is under way. This thread may go on; it doesn't keep the process.
        closing = threading.Thread(target=self.provider.shutdown, name="close-traces", daemon=True)
        closing.start()
        await asyncio.to_thread(closing.join, _CLOSING_SECONDS)


def open_tracing(endpoint: str, *, ratio: float) -> Tracing:
    """Traces that go to the collector at `endpoint`: an address as in `http://localhost:4318`."""
    return Tracing(OTLPSpanExporter(f"{endpoint}{_PATH}", timeout=_SEND_SECONDS), ratio=ratio)


def mark_failed(span: Span, error: BaseException) -> None:
    """Say of a span that it failed, and by which kind of error; what that says may be about people."""
    span.set_status(StatusCode.ERROR)
    span.set_attribute("error.type", type(error).__qualname__)

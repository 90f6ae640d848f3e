"""What leaves for the collector, and what is done about one that doesn't answer."""

import time
from collections.abc import Sequence

import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import Attributes

from musubi.core.logging import blank_credentials

log = structlog.get_logger("musubi.traces")

_FIRST_PAUSE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 60.0
# Of what happened within a span: an exception's text and its traceback may quote what people wrote.
_LEFT_OUT = ("exception.message", "exception.stacktrace")


class Outlet(SpanExporter):
    """Hands spans on without what they may not tell, and leaves a collector that doesn't answer alone for a while.

    What ends meanwhile is lost: traces are not worth memory, nor a second look at a network that is in trouble.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._pause = _FIRST_PAUSE_SECONDS
        self._away_until = 0.0
        self._lost = 0
        self._give_up_at = float("inf")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        now = time.monotonic()
        if now >= self._give_up_at or now < self._away_until:
            self._lost += len(spans)
            return SpanExportResult.FAILURE
        result = self._exporter.export([_cleaned(span) for span in spans])
        if result is SpanExportResult.SUCCESS:
            self._came_back()
        else:
            self._lost += len(spans)
            self._went_away()
        return result

    def give_up_at(self, moment: float) -> None:
        """Send nothing more after `moment`, by the monotonic clock."""
        self._give_up_at = moment

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)

    def _went_away(self) -> None:
        if not self._away_until:
            log.warning("the collector can't be reached, traces are lost until it is back")
        self._away_until = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)

    def _came_back(self) -> None:
        if self._away_until:
            log.info("the collector is back", lost_spans=self._lost)
            self._away_until, self._lost, self._pause = 0.0, 0, _FIRST_PAUSE_SECONDS


def _cleaned(span: ReadableSpan) -> ReadableSpan:
    """`span` as it may be told."""
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes=_blanked(span.attributes),
        # What libraries note of exceptions; none of ours notes anything.
        events=[event for event in span.events if not set(_LEFT_OUT) & set(event.attributes or ())],
        links=span.links,
        kind=span.kind,
        # Libraries describe it with the text of an exception.
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _blanked(attributes: Attributes) -> Attributes:
    return {
        name: blank_credentials(value) if isinstance(value, str) else value
        for name, value in (attributes or {}).items()
    }

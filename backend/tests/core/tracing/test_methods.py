"""Spans around what an object can do."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from musubi.core.tracing.methods import trace_methods
from musubi.core.tracing.tracing import Tracing


class Place:
    """Something with methods."""

    async def keep(self, what: str) -> str:
        return what.upper()

    async def lose(self, what: str) -> None:
        raise LookupError(what)

    closings = 0

    async def pieces(self, count: int) -> AsyncIterator[int]:
        try:
            for number in range(count):
                if number == 3:
                    raise LookupError("the third")
                yield number
        finally:
            self.closings += 1


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracing(exporter: InMemorySpanExporter) -> Iterator[Tracing]:
    made = Tracing(exporter, ratio=1)
    yield made
    made.provider.shutdown()


async def test_each_call_is_a_span_without_its_arguments(tracing: Tracing, exporter: InMemorySpanExporter) -> None:
    place = Place()
    trace_methods(tracing, place, "place", "keep", "lose", "pieces")
    with tracing.span("a request", kind=SpanKind.SERVER):
        assert await place.keep("a secret") == "A SECRET"
        with pytest.raises(LookupError):
            await place.lose("a secret")
        assert [number async for number in place.pieces(2)] == [0, 1]
        with pytest.raises(LookupError):
            [number async for number in place.pieces(5)]
    tracing.provider.force_flush()
    spans = exporter.get_finished_spans()
    errors = [span.status.status_code is StatusCode.ERROR for span in spans]
    assert [span.name for span in spans] == ["place keep", "place lose", "place pieces", "place pieces", "a request"]
    assert errors == [False, True, False, True, False]
    assert not any("secret" in span.to_json() for span in spans)


async def test_others_of_the_class_are_left_alone(tracing: Tracing, exporter: InMemorySpanExporter) -> None:
    trace_methods(tracing, Place(), "place", "keep")
    with tracing.span("a request", kind=SpanKind.SERVER):
        assert await Place().keep("quietly") == "QUIETLY"
    tracing.provider.force_flush()
    assert [span.name for span in exporter.get_finished_spans()] == ["a request"]


async def test_a_reader_that_goes_away_ends_the_span_and_what_it_read(
    tracing: Tracing, exporter: InMemorySpanExporter
) -> None:
    place = Place()
    trace_methods(tracing, place, "place", "pieces")
    with tracing.span("a request", kind=SpanKind.SERVER):
        reading = place.pieces(3)
        assert await anext(reading) == 0
        # Closed by another task, as happens to a download whose client hangs up.
        await asyncio.create_task(reading.aclose())  # type: ignore[attr-defined]
        assert place.closings == 1
    tracing.provider.force_flush()
    assert [span.name for span in exporter.get_finished_spans()] == ["place pieces", "a request"]

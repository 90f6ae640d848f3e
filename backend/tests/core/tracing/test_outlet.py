"""What leaves for the collector, and how little is made of one that is away."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status, StatusCode
from structlog.testing import capture_logs

from musubi.core.tracing import outlet
from musubi.core.tracing.outlet import Outlet


class Scripted(SpanExporter):
    """An exporter that keeps what it is given, and is away while a test wants it to."""

    def __init__(self) -> None:
        self.is_away = False
        self.attempts = 0
        self.sent: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.attempts += 1
        if self.is_away:
            return SpanExportResult.FAILURE
        self.sent += spans
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """It has nothing to give back."""


class Watch:
    """The clock that an outlet reads."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def read(self) -> float:
        return self.seconds


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    made = Watch()
    monkeypatch.setattr(outlet, "time", SimpleNamespace(monotonic=made.read))
    return made


SPANS = [ReadableSpan("one"), ReadableSpan("two")]


def test_credentials_and_texts_of_errors_stay_here() -> None:
    exporter = Scripted()
    noted: dict[str, Any] = {"exception.type": "Oops", "exception.message": "hanako", "exception.stacktrace": "hanako"}
    span = ReadableSpan(
        "a name",
        attributes={"header": "Bearer abc.def", "url": "redis://:hunter2@cache/0", "count": 3},
        events=[Event("exception", noted), Event("retried", {"times": 2})],
        status=Status(StatusCode.ERROR, "Oops: hanako"),
    )
    Outlet(exporter).export([span])
    [sent] = exporter.sent
    assert dict(sent.attributes or {}) == {
        "header": "Bearer [redacted]",
        "url": "redis://:[redacted]@cache/0",
        "count": 3,
    }
    assert [event.name for event in sent.events] == ["retried"]
    assert (sent.status.status_code, sent.status.description) == (StatusCode.ERROR, None)
    assert "hanako" not in sent.to_json()


def test_a_collector_that_is_away_is_left_alone_longer_and_longer(watch: Watch) -> None:
    exporter = Scripted()
    outlet_ = Outlet(exporter)
    exporter.is_away = True
    with capture_logs() as lines:
        for pause in (5, 10, 20, 40, 60, 60):
            outlet_.export(SPANS)
            attempts = exporter.attempts
            watch.seconds += pause - 0.1
            assert outlet_.export(SPANS) is SpanExportResult.FAILURE
            assert exporter.attempts == attempts
            watch.seconds += 0.1
        exporter.is_away = False
        outlet_.export(SPANS)
        outlet_.export(SPANS)
    assert exporter.sent[0].name == "one"
    # One line when it goes, one when it is back, however long it takes.
    assert [line["log_level"] for line in lines] == ["warning", "info"]
    assert lines[1]["lost_spans"] == 2 * 12
    with capture_logs() as lines:
        exporter.is_away = True
        outlet_.export(SPANS)
        attempts = exporter.attempts
        watch.seconds += 5
        outlet_.export(SPANS)
    assert exporter.attempts == attempts + 1
    assert len(lines) == 1


def test_nothing_is_sent_after_the_end(watch: Watch) -> None:
    exporter = Scripted()
    outlet_ = Outlet(exporter)
    outlet_.give_up_at(watch.seconds + 2)
    outlet_.export(SPANS)
    watch.seconds += 2
    assert outlet_.export(SPANS) is SpanExportResult.FAILURE
    assert exporter.attempts == 1

"""Which traces are told: as many as were set, whatever a client wants."""

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags, set_span_in_context

from musubi.core.tracing.sampling import RatioSampler

TRACE, SPAN = 0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7


def below(*, sampled: bool, is_remote: bool, trace: int = TRACE) -> Context:
    """The context of a span that has this parent."""
    parent = SpanContext(trace, SPAN, is_remote, TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT))
    return set_span_in_context(NonRecordingSpan(parent), Context())


def is_told(ratio: float, parent: Context | None, kind: SpanKind = SpanKind.SERVER, trace: int = TRACE) -> bool:
    return RatioSampler(ratio).should_sample(parent, trace, "a name", kind).decision is Decision.RECORD_AND_SAMPLE


@pytest.mark.parametrize("kind", [SpanKind.SERVER, SpanKind.CONSUMER])
def test_what_begins_something_is_told_by_the_ratio(kind: SpanKind) -> None:
    assert is_told(1, None, kind)
    assert not is_told(0, None, kind)


@pytest.mark.parametrize("kind", [SpanKind.CLIENT, SpanKind.INTERNAL, SpanKind.PRODUCER])
def test_what_belongs_to_nothing_is_not_told(kind: SpanKind) -> None:
    assert not is_told(1, None, kind)


@pytest.mark.parametrize("kind", list(SpanKind))
@pytest.mark.parametrize("sampled", [True, False])
def test_what_is_below_is_told_as_what_it_is_below(kind: SpanKind, sampled: bool) -> None:
    assert is_told(0.5, below(sampled=sampled, is_remote=False), kind) is sampled


@pytest.mark.parametrize("trace", [1, TRACE, (1 << 128) - 1])
def test_a_client_cannot_have_more_told(trace: int) -> None:
    """Neither by saying so, nor by an id that a sampler which looks at ids would take."""
    wanted = below(sampled=True, is_remote=True, trace=trace)
    assert not is_told(0, wanted, trace=trace)
    told = sum(is_told(0.5, wanted, trace=trace) for _ in range(2000))
    # 14 standard deviations to either side.
    assert 700 < told < 1300


def test_a_client_can_have_less_told() -> None:
    assert not is_told(1, below(sampled=False, is_remote=True))

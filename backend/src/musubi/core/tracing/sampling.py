"""Which traces are told."""

from collections.abc import Sequence
from random import uniform

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

_BEGINNINGS = (SpanKind.SERVER, SpanKind.CONSUMER)


class RatioSampler(Sampler):
    """Tells `ratio` of the traces, and of each trace all that this process did.

    What a client says of that is only heard if it is no: every browser says yes, and anyone could say so of any number
    of requests. Nor does the trace's id decide, which the client has made as well.
    """

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,  # noqa: ARG002 (the interface has them)
        name: str,  # noqa: ARG002
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,  # noqa: ARG002
        trace_state: TraceState | None = None,  # noqa: ARG002
    ) -> SamplingResult:
        parent = get_current_span(parent_context).get_span_context()
        if not self._is_told(parent, kind):
            return SamplingResult(Decision.DROP, trace_state=parent.trace_state)
        return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, parent.trace_state)

    def _is_told(self, parent: SpanContext, kind: SpanKind | None) -> bool:
        if parent.is_valid and not parent.is_remote:
            return parent.trace_flags.sampled
        # What runs by itself looks for work every second: a trace of each look would be nearly all there is.
        if kind not in _BEGINNINGS or (parent.is_valid and not parent.trace_flags.sampled):
            return False
        return uniform(0, 1) < self._ratio  # noqa: S311 - nothing to guess

    def get_description(self) -> str:
        return f"RatioSampler{{{self._ratio}}}"

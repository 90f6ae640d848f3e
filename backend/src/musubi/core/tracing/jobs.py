"""A span for each run of a job."""

from opentelemetry.trace import SpanKind

from musubi.core.jobs import Jobs
from musubi.core.jobs.queue import Claim
from musubi.core.tracing.tracing import Tracing, mark_failed


def trace_jobs(jobs: Jobs, tracing: Tracing) -> None:
    """Make each run a trace of its own, because it may come hours after the request that asked for it.

    The id of that request is in both.
    """
    execute = jobs.execute

    async def traced(claim: Claim) -> BaseException | None:
        attributes: dict[str, str | int] = {"musubi.job_id": claim.id, "musubi.attempts": claim.attempts}
        if claim.request_id is not None:
            attributes["musubi.request_id"] = claim.request_id
        with tracing.span(f"job {claim.kind}", attributes, kind=SpanKind.CONSUMER) as span:
            error = await execute(claim)
            if error is not None:
                mark_failed(span, error)
            return error

    jobs.execute = traced  # type: ignore[method-assign]

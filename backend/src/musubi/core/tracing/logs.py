"""The ids of traces in log lines."""

from collections.abc import MutableMapping
from typing import Any

from opentelemetry.trace import format_span_id, format_trace_id, get_current_span


def add_trace_ids(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say in which trace and span a line was written, if in one; whether that is told or not."""
    current = get_current_span().get_span_context()
    if current.is_valid:
        event["trace_id"] = format_trace_id(current.trace_id)
        event["span_id"] = format_span_id(current.span_id)
    return event

"""A span for each command that Redis is sent, without its keys and values."""

from typing import Any

from opentelemetry.instrumentation.redis import RedisInstrumentor

from musubi.core.tracing.tracing import Tracing


def trace_redis(client: Any, tracing: Tracing) -> None:
    """Trace the commands of this client of `redis`, and of no other."""
    RedisInstrumentor.instrument_client(client, tracer_provider=tracing.provider)

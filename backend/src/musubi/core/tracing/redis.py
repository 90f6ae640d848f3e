"""A span for each command that Redis is sent, without its keys and values."""

from opentelemetry.instrumentation.redis import RedisInstrumentor
from redis.asyncio import Redis

from musubi.core.tracing.tracing import Tracing


def trace_redis(client: Redis, tracing: Tracing) -> None:
    """Trace the commands of this client, and of no other."""
    RedisInstrumentor.instrument_client(client, tracer_provider=tracing.provider)

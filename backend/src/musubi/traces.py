"""What is traced of an application. Imported only where a collector is set."""

from fastapi import FastAPI
from opentelemetry.trace import SpanKind

from musubi.core.tracing.jobs import trace_jobs
from musubi.core.tracing.methods import trace_methods
from musubi.core.tracing.realtime import trace_frames
from musubi.core.tracing.redis import trace_redis
from musubi.core.tracing.requests import RequestSpans
from musubi.core.tracing.sql import trace_database
from musubi.core.tracing.tracing import Tracing


def trace(app: FastAPI, tracing: Tracing) -> None:
    """Put spans around what the application is made of; to be called once, when it is complete."""
    state = app.state
    app.add_middleware(RequestSpans, tracing=tracing)
    trace_frames(state.dispatch, tracing)
    trace_jobs(state.jobs, tracing)
    trace_database(state.database, tracing)
    for place in (state.cache, state.limiter):
        # Those that are in this process have no client. The bus is left out: what it carries belongs to no request.
        client = getattr(place, "redis", None)
        if client is not None:
            trace_redis(client, tracing)
    trace_methods(tracing, state.files.storage, "storage", "put", "put_file", "read", "list", "delete", "download_url")
    if state.mail_transport is not None:
        trace_methods(tracing, state.mail_transport, "mail", "send")
    for provider in state.oidc.providers.values():
        trace_methods(tracing, provider, "oidc", "prepare", "identify")
    trace_methods(tracing, state.accounts.hasher, "password", "hash", "verify", kind=SpanKind.INTERNAL)
    trace_methods(tracing, state.files.inspector, "file", "inspect", kind=SpanKind.INTERNAL)

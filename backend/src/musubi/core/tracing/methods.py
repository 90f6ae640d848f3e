"""A span for each call of what an object can do."""

import functools
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, cast

from opentelemetry.trace import SpanKind

from musubi.core.tracing.tracing import Tracing, mark_failed


def trace_methods(tracing: Tracing, owner: object, label: str, *names: str, kind: SpanKind = SpanKind.CLIENT) -> None:
    """Put a span around each call of these methods of one object, and of no other of its class.

    Nothing is told of their arguments: they are keys, addresses and passwords.
    """
    for name in names:
        method = getattr(owner, name)
        around = _around_iterator if inspect.isasyncgenfunction(method) else _around_coroutine
        setattr(owner, name, around(tracing, method, f"{label} {name}", kind))


def _around_coroutine(
    tracing: Tracing, method: Callable[..., Awaitable[Any]], name: str, kind: SpanKind
) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(method)
    async def traced(*arguments: Any, **options: Any) -> Any:
        with tracing.span(name, kind=kind):
            return await method(*arguments, **options)

    return traced


def _around_iterator(
    tracing: Tracing, method: Callable[..., AsyncIterator[Any]], name: str, kind: SpanKind
) -> Callable[..., AsyncIterator[Any]]:
    @functools.wraps(method)
    async def traced(*arguments: Any, **options: Any) -> AsyncIterator[Any]:
        # Not the current one: what happens between two pieces is the reader's, who may also be another task by then.
        span = tracing.tracer.start_span(name, kind=kind)
        try:
            # Every one of them is written as a generator, which may have a file open until it is closed.
            async with aclosing(cast("AsyncGenerator[Any, None]", method(*arguments, **options))) as pieces:
                async for piece in pieces:
                    yield piece
        except Exception as error:
            mark_failed(span, error)
            raise
        finally:
            span.end()

    return traced

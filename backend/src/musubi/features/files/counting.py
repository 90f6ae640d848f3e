"""Counting what becomes of uploads."""

from collections.abc import Iterator
from contextlib import contextmanager

from musubi.core import metrics
from musubi.core.errors import AppError


@contextmanager
def counted(kind: str, *, completes: int | None = None) -> Iterator[None]:
    """A block that takes a file, or does a part of that: what it raises counts. `completes`: with its end the file is
    taken, which has so many bytes. What is cut off by its client isn't counted."""
    try:
        yield
    except Exception as error:
        is_refusal = isinstance(error, AppError) and error.status < 500
        metrics.uploads.labels(kind, "refused" if is_refusal else "failed").inc()
        raise
    if completes is not None:
        metrics.uploads.labels(kind, "taken").inc()
        metrics.upload_bytes.labels(kind).inc(completes)

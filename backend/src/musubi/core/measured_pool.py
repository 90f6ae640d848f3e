"""Connections that have to be waited for, measured."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import AsyncAdaptedQueuePool, PoolProxiedConnection, exc

from musubi.core import metrics


@contextmanager
def waiting(pool: str) -> Iterator[None]:
    """A block that waits until a connection of this pool is free; no more are opened."""
    try:
        with metrics.timed(metrics.pool_wait.labels(pool)):
            yield
    except (TimeoutError, exc.TimeoutError):
        metrics.pool_timeouts.labels(pool).inc()
        raise


class MeasuredPool(AsyncAdaptedQueuePool):
    """SQLAlchemy's pool, which tells how long it kept whoever found nothing free, and that no connection was had."""

    # Where its lines belong, and are not asked for; under our own name they would be.
    _sqla_logger_namespace = "sqlalchemy.pool.MeasuredPool"

    def connect(self) -> PoolProxiedConnection:
        try:
            if self.checkedout() < self.size():
                return super().connect()
            with waiting("session"):
                return super().connect()
        except Exception:
            metrics.database_failures.labels("unavailable").inc()
            raise

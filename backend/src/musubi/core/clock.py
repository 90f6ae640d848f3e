"""The one place that reads the wall clock, so that a test can move it."""

from datetime import UTC, datetime


def _read() -> datetime:
    return datetime.now(UTC)


def utcnow() -> datetime:
    """The current time, aware, in UTC."""
    return _read()

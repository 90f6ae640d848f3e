"""Telling someone outside of errors that nobody expected, where a place for that is set.

What is expected, a database that is away for example, is in the log and in the metrics.
"""

from typing import Protocol

from fastapi import FastAPI

Details = dict[str, str | int | None]


class Reporter(Protocol):
    """Takes errors to where people look at them."""

    def report(self, error: BaseException, *, where: str, details: Details) -> None:
        """Tell of `error`, and of the request and the user of the current context. It never waits and never raises.

        `where`: what was going on, without ids: `GET /api/v1/items/{item_id}`, `job mail.send`. `details`: ids that
        lead to the log.
        """

    async def close(self) -> None:
        """Send what is left, in two seconds at the most."""


def report(app: FastAPI, error: BaseException, *, where: str, **details: str | int | None) -> None:
    """Tell of an error, if this application has someone to tell."""
    reporter: Reporter | None = getattr(app.state, "reporter", None)
    if reporter is not None:
        reporter.report(error, where=where, details=details)

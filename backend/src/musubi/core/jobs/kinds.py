"""What a job is: its name, what it does, and how long it may take."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fastapi import FastAPI


class Discard(Exception):
    """Raised by a handler: trying again would not help, so the job is dead at once. Its text is kept with the job."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """Work that a change leaves behind: `Jobs.enqueue` puts a row of it into the change's own transaction.

    The handler gets the payload once the change is committed. It runs at least once, and again after whatever it
    raises, so it has to bear being repeated. It runs outside of any transaction and opens its own.
    """

    name: str
    """`<feature>.<verb>`. Rows carry it, so it may not change as long as there are some."""
    handler: Callable[[FastAPI, dict[str, Any]], Awaitable[None]]
    max_attempts: int = 10
    """How often it is tried before it is dead; with the default, failures are spread over some hours."""
    timeout: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Periodic:
    """Work that is done again and again, by one process at a time, `every` so often after it was done last.

    What its handler raises is logged, and it is tried again sooner; it is never dead.
    """

    name: str
    """`<feature>.<verb>`, as for a `JobKind`."""
    handler: Callable[[FastAPI], Awaitable[None]]
    every: timedelta
    timeout: timedelta = timedelta(minutes=5)


AnyKind = JobKind | Periodic

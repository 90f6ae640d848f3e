"""What enters and leaves `/system` and `/jobs`."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from musubi.core.pagination import Paging
from musubi.core.types import Id, Timestamp
from musubi.settings import Environment


class JobState(StrEnum):
    """Where a job stands. What is done has no job any more."""

    WAITING = "waiting"
    """For its turn, or for its next attempt."""
    SCHEDULED = "scheduled"
    """A periodic job between two runs."""
    RUNNING = "running"
    DEAD = "dead"
    """It failed for good, and waits for someone who tries it again or deletes it."""


class JobQuery(Paging):
    """Which jobs to list."""

    state: JobState | None = None


class JobRead(BaseModel):
    """A job as operators see it. What it is to be done with isn't shown: it may be private."""

    id: Id
    kind: Annotated[str, Field(examples=["system.clear_idempotency_keys"])]
    state: JobState
    attempts: Annotated[int, Field(description="How often it was begun")]
    last_error: Annotated[str | None, Field(description="Why the last attempt failed, in one line")]
    due_at: Annotated[Timestamp | None, Field(description="When it is tried next; null if it is running or dead")]
    dead_at: Timestamp | None
    created_at: Timestamp
    request_id: Annotated[str | None, Field(description="The request that asked for it, as in the log")]


class DatabaseRead(BaseModel):
    kind: Literal["sqlite", "postgresql"]
    version: Annotated[str, Field(examples=["17.2"])]
    size_bytes: int


class CacheRead(BaseModel):
    kind: Annotated[Literal["memory", "redis"], Field(description="memory: each process has its own")]
    reachable: bool


class MailTransportRead(BaseModel):
    kind: Annotated[
        Literal["outbox", "smtp"], Field(description="outbox: no server sends it, administrators read it here")
    ]


class LimitRead(BaseModel):
    """How often something may happen, for each address or account that it counts by."""

    name: Annotated[str, Field(examples=["login"])]
    policy: Annotated[str, Field(description="As in the header `RateLimit-Policy`", examples=['"login";q=5;w=1800'])]


class JobCounts(BaseModel):
    """How many jobs there are in each state; periodic ones are counted only while they run."""

    waiting: int
    running: int
    dead: int
    oldest_waiting_seconds: Annotated[
        int | None, Field(description="How long the job that is most overdue has been due; null if none is")
    ]


class SystemRead(BaseModel):
    """The installation, as the process that answers sees it."""

    version: Annotated[str, Field(examples=["1.0.0"])]
    environment: Environment
    started_at: Annotated[Timestamp, Field(description="When this process was started")]
    uptime_seconds: int
    database: DatabaseRead
    cache: CacheRead
    mail: MailTransportRead
    jobs: JobCounts
    limits: Annotated[list[LimitRead], Field(description="By name; none when limits are off")]

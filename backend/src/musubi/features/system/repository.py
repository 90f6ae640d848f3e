"""The SQL of jobs as operators see them, and what the database says of itself."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.core.database import Database
from musubi.core.jobs import Job
from musubi.core.outbox import OutboxMessage
from musubi.core.pagination import Listing, Page, Paging, both_ways, paginate
from musubi.core.types import AnyRow
from musubi.features.system.schemas import JobState

_READ_COLUMNS = (
    Job.id, Job.kind, Job.attempts, Job.last_error, Job.due_at, Job.dead_at, Job.created_at, Job.request_id
)  # fmt: skip
_NEWEST_FIRST = both_ways("created_at", Job.created_at, datetime)["-created_at"]


def _state(now: datetime) -> ColumnElement[str]:
    # A lease that has run out is nobody's: its process has died.
    running = and_(Job.lease.is_not(None), Job.due_at > now)
    return case(
        (Job.dead_at.is_not(None), JobState.DEAD.value),
        (running, JobState.RUNNING.value),
        (Job.schedule.is_not(None), JobState.SCHEDULED.value),
        else_=JobState.WAITING.value,
    )


async def list_jobs(database: Database, paging: Paging, now: datetime, state: JobState | None) -> Page:
    """Jobs, newest first."""
    of_now = _state(now)
    conditions = [] if state is None else [of_now == state.value]

    async def count() -> int:
        async with database.reading() as reader:
            return await reader.scalar(select(func.count()).select_from(Job).where(*conditions)) or 0

    listing = Listing(select(*_READ_COLUMNS, of_now.label("state")).where(*conditions), Job.id, reused=False)
    return await paginate(database, listing, {}, ordering=_NEWEST_FIRST, paging=paging, count=count)


async def get_job_for_change(session: AsyncSession, job_id: int, now: datetime) -> tuple[Job, JobState] | None:
    """The job, which nobody can take meanwhile, and its state."""
    found = (await session.execute(select(Job, _state(now)).where(Job.id == job_id).with_for_update())).first()
    return None if found is None else (found[0], JobState(found[1]))


async def count_jobs(reader: AsyncConnection, now: datetime) -> AnyRow:
    """How many jobs are `waiting`, `running` and `dead`, and since when the most overdue one is due (`oldest`)."""
    state = _state(now)
    waiting = state == JobState.WAITING.value
    statement = select(
        func.count().filter(waiting).label("waiting"),
        func.count().filter(state == JobState.RUNNING.value).label("running"),
        func.count().filter(state == JobState.DEAD.value).label("dead"),
        func.min(Job.due_at).filter(and_(waiting, Job.due_at <= now)).label("oldest"),
    )
    return (await reader.execute(statement)).one()


async def count_outbox(reader: AsyncConnection) -> AnyRow:
    """How many `messages` between processes are kept, and when the `oldest` was written."""
    statement = select(func.count().label("messages"), func.min(OutboxMessage.created_at).label("oldest"))
    return (await reader.execute(statement)).one()


async def database_version(reader: AsyncConnection) -> str:
    """The version of the database, in its own words."""
    if reader.dialect.name == "sqlite":
        return str(await reader.scalar(text("SELECT sqlite_version()")))
    # Debian's says more than the number: "15.8 (Debian 15.8-0+deb12u1)".
    return str(await reader.scalar(text("SHOW server_version"))).partition(" ")[0]


async def database_size(reader: AsyncConnection) -> int:
    """In bytes."""
    statement = (
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        if reader.dialect.name == "sqlite"
        else "SELECT pg_database_size(current_database())"
    )
    return int(await reader.scalar(text(statement)) or 0)

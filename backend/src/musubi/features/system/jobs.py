"""What operators do with jobs."""

from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.clock import utcnow
from musubi.core.database import Database, after_commit
from musubi.core.errors import Conflict, NotFound
from musubi.core.i18n import Text
from musubi.core.jobs import Job, Jobs
from musubi.core.pagination import Page
from musubi.core.types import AnyRow
from musubi.features import audit
from musubi.features.system import repository
from musubi.features.system.schemas import JobQuery, JobRead, JobState

_NOT_FOUND = Text("There is no such job; it may be done", "ジョブが見つかりません。完了した可能性があります")
_RUNNING = Text("The job is running", "ジョブは実行中です")
_NOT_DEAD = Text("Only a job that failed for good can be deleted", "完全に失敗したジョブだけを削除できます")


async def list_jobs(database: Database, query: JobQuery) -> tuple[list[JobRead], Page]:
    """A page of jobs, newest first."""
    page = await repository.list_jobs(database, query, utcnow(), query.state)
    return [_as_read(row, JobState(row.state)) for row in page.rows], page


async def retry_job(session: AsyncSession, jobs: Jobs, job_id: int) -> JobRead:
    """Have a job done as soon as possible; one that was dead gets all of its attempts again.

    Raises NotFound; Conflict while it runs.
    """
    job, state = await _changeable(session, job_id)
    if state is JobState.RUNNING:
        raise Conflict(_RUNNING)
    if state is JobState.DEAD:
        job.dead_at, job.attempts = None, 0
        state = JobState.WAITING
    job.due_at, job.lease = utcnow(), None
    await _note(session, "job.retried", job)
    after_commit(session, jobs.woken)
    return _as_read(job, state)


async def delete_job(session: AsyncSession, job_id: int) -> None:
    """Give up a job that failed for good. Raises NotFound, Conflict."""
    job, state = await _changeable(session, job_id)
    if state is not JobState.DEAD:
        raise Conflict(_NOT_DEAD)
    await session.delete(job)
    await _note(session, "job.deleted", job)


async def _changeable(session: AsyncSession, job_id: int) -> tuple[Job, JobState]:
    found = await repository.get_job_for_change(session, job_id, utcnow())
    if found is None:
        raise NotFound(_NOT_FOUND)
    return found


async def _note(session: AsyncSession, action: str, job: Job) -> None:
    await audit.record(session, action, object_type="job", object_id=job.id, details={"kind": job.kind})


def _as_read(job: Job | AnyRow, state: JobState) -> JobRead:
    return JobRead(
        id=job.id,
        kind=job.kind,
        state=state,
        attempts=job.attempts,
        last_error=job.last_error,
        due_at=job.due_at if state in (JobState.WAITING, JobState.SCHEDULED) else None,
        dead_at=job.dead_at,
        created_at=job.created_at,
        request_id=job.request_id,
    )

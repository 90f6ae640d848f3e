"""`/jobs`: what is to be done behind the scenes, and what could not be."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from musubi.core.database import SessionDep, database_of
from musubi.core.errors import Conflict, NotFound
from musubi.core.http.route import Route
from musubi.core.openapi import errors
from musubi.core.pagination import Collection, collection
from musubi.core.permissions import Permission, Principal, require
from musubi.core.types import Id
from musubi.features.system import jobs
from musubi.features.system.schemas import JobQuery, JobRead

router = APIRouter(prefix="/jobs", tags=["system"], route_class=Route)

Operator = Annotated[Principal, Depends(require(Permission.SYSTEM_READ))]
JobId = Annotated[Id, Path()]


@router.get("")
async def list_jobs(
    _operator: Operator, request: Request, response: Response, query: Annotated[JobQuery, Query()]
) -> Collection[JobRead]:
    """The jobs that are not done, newest first."""
    found, page = await jobs.list_jobs(database_of(request), query)
    return collection(response, found, page.meta)


@router.post("/{job_id}/retry", responses=errors(NotFound, Conflict))
async def retry_job(_operator: Operator, job_id: JobId, session: SessionDep, request: Request) -> JobRead:
    """Try a job now: one that is dead gets all of its attempts again, one that waits is done before its time."""
    return await jobs.retry_job(session, request.app.state.jobs, job_id)


@router.delete("/{job_id}", status_code=204, responses=errors(NotFound, Conflict))
async def delete_job(_operator: Operator, job_id: JobId, session: SessionDep) -> None:
    """Delete a job that is dead."""
    await jobs.delete_job(session, job_id)

"""`/test`: a clean start for browser tests. These routes exist only with `MUSUBI_ENV=test`."""

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.append_only import APPEND_ONLY, protect, release
from musubi.core.database import SessionDep
from musubi.core.http.envelope import Done
from musubi.core.http.route import Route
from musubi.core.models import Base
from musubi.core.permissions import public

router = APIRouter(prefix="/test", tags=["test"], route_class=Route)


async def _empty(request: Request, session: AsyncSession) -> None:
    connection = await session.connection()
    for table in reversed(Base.metadata.sorted_tables):
        if table.info.get(APPEND_ONLY):
            await connection.run_sync(release, table.name)
        await session.execute(table.delete())
        if table.info.get(APPEND_ONLY):
            await connection.run_sync(protect, table.name)
    await request.app.state.cache.clear()
    if request.app.state.limiter is not None:
        await request.app.state.limiter.clear()


@router.post("/setup", dependencies=[Depends(public)])
async def set_up_test(request: Request, session: SessionDep) -> Done:
    """Empty the database before a test."""
    await _empty(request, session)
    return Done.now("Ready")


@router.post("/cleanup", dependencies=[Depends(public)])
async def clean_up_test(request: Request, session: SessionDep) -> Done:
    """Empty the database after a test."""
    await _empty(request, session)
    return Done.now("Clean")

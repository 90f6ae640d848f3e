"""`/system`: what the installation runs on, and how it is doing."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request

from musubi import __version__
from musubi.core.clock import utcnow
from musubi.core.database import ReaderDep, database_of
from musubi.core.http.route import Route
from musubi.core.http.route_limits import limits_in_force
from musubi.core.permissions import Permission, Principal, require
from musubi.features.system import repository
from musubi.features.system.schemas import CacheRead, DatabaseRead, JobCounts, LimitRead, MailTransportRead, SystemRead
from musubi.settings import Settings

router = APIRouter(prefix="/system", tags=["system"], route_class=Route)


def install(app: FastAPI) -> None:
    """Note when the process was started, and that nobody has found it ready yet."""
    app.state.started_at = utcnow()
    app.state.was_ready = False


@router.get("")
async def get_system(
    _operator: Annotated[Principal, Depends(require(Permission.SYSTEM_READ))], request: Request, reader: ReaderDep
) -> SystemRead:
    """What the installation runs on, how many jobs wait, run and have failed, and how often what may be done."""
    settings: Settings = request.app.state.settings
    started_at: datetime = request.app.state.started_at
    now = utcnow()
    counts = await repository.count_jobs(reader, now)
    return SystemRead(
        version=__version__,
        environment=settings.env,
        started_at=started_at,
        uptime_seconds=int((now - started_at).total_seconds()),
        database=DatabaseRead(
            kind="sqlite" if database_of(request).is_sqlite else "postgresql",
            version=await repository.database_version(reader),
            size_bytes=await repository.database_size(reader),
        ),
        cache=CacheRead(
            kind="memory" if settings.redis_url is None else "redis", reachable=await _reaches_cache(request)
        ),
        mail=MailTransportRead(kind="outbox" if settings.smtp_url is None else "smtp"),
        jobs=JobCounts(
            waiting=counts.waiting,
            running=counts.running,
            dead=counts.dead,
            oldest_waiting_seconds=None if counts.oldest is None else int((now - counts.oldest).total_seconds()),
        ),
        limits=[LimitRead(name=limit.name, policy=limit.policy) for limit in limits_in_force(request.app)],
    )


async def _reaches_cache(request: Request) -> bool:
    try:
        await request.app.state.cache.ping()
    except (ConnectionError, TimeoutError):
        return False
    return True

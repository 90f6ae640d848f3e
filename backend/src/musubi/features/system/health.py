"""Whether the application is alive, and whether it can work."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, FastAPI, Request
from pydantic import BaseModel, Field

from musubi import __version__
from musubi.core.clock import utcnow
from musubi.core.database import Database, is_unavailable
from musubi.core.errors import ServiceUnavailable
from musubi.core.http.route import Route
from musubi.core.i18n import Text
from musubi.core.openapi import errors
from musubi.core.permissions import public
from musubi.core.types import Timestamp

router = APIRouter(tags=["system"], route_class=Route)


class Health(BaseModel):
    status: Literal["healthy"] = "healthy"
    version: Annotated[str, Field(examples=["1.0.0"])]
    timestamp: Timestamp


@router.get("/health", dependencies=[Depends(public)])
@router.get("/health/live", name="get_liveness", dependencies=[Depends(public)])
async def get_health() -> Health:
    """The process answers. It touches nothing else, so that a slow database doesn't get the process killed."""
    return Health(version=__version__, timestamp=utcnow())


@router.get("/health/ready", dependencies=[Depends(public)], responses=errors(ServiceUnavailable))
async def get_readiness(request: Request) -> Health:
    """Everything that requests need can be reached; else 503 with the part that can't."""
    failing = await failing_part(request.app)
    if failing is not None:
        raise _not_ready(failing)
    request.app.state.was_ready = True
    return Health(version=__version__, timestamp=utcnow())


async def failing_part(app: FastAPI) -> str | None:
    """What keeps requests from being served, if anything does: `stopping`, `database`, `disk`, `redis`."""
    if app.state.stopping.has_begun or app.state.hub.is_draining:
        return "stopping"
    database: Database = app.state.database
    try:
        await database.ping()
    except Exception as error:
        if not is_unavailable(error):
            raise
        return "database"
    if not database.has_room:
        return "disk"
    try:
        await app.state.cache.ping()
    except (ConnectionError, TimeoutError):
        return "redis"
    # The store of files isn't asked, nor the mail server: most requests don't need them, and every process has the same
    # one. If all of them left their places because of it, nothing would work.
    return None


@router.get("/health/startup", dependencies=[Depends(public)], responses=errors(ServiceUnavailable))
async def get_startup(request: Request) -> Health:
    """The process has been ready once; from then on this touches nothing.

    For whoever restarts a process that doesn't answer: one that waits for its database at the start is let be.
    """
    if request.app.state.was_ready:
        return await get_health()
    return await get_readiness(request)


def _not_ready(part: str) -> ServiceUnavailable:
    text = Text(f"Not ready: {part}", f"準備ができていません: {part}")
    return ServiceUnavailable(text, details={"failing": part}, headers={"Retry-After": "5"})

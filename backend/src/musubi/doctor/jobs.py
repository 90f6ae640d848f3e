"""Work that waits or has failed."""

from datetime import timedelta

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.types import AnyRow
from musubi.doctor.finding import Finding, ok, warn
from musubi.features.system.repository import count_jobs
from musubi.settings import Settings

_LATE = timedelta(minutes=5)


async def look_at_jobs(settings: Settings) -> list[Finding]:
    """Dead jobs, and what has been waiting for too long."""
    database = Database(settings.database, pool_size=1)
    try:
        async with database.reading() as reader:
            counts = await count_jobs(reader, utcnow())
    finally:
        await database.dispose()
    return [*_dead(counts), _waiting(counts)]


def _dead(counts: AnyRow) -> list[Finding]:
    if not counts.dead:
        return []
    text = f"{counts.dead} {'has' if counts.dead == 1 else 'have'} failed for good"
    return [warn("jobs", text, fix="read why at /admin/system, then try them again or delete them")]


def _waiting(counts: AnyRow) -> Finding:
    waited = timedelta() if counts.oldest is None else utcnow() - counts.oldest
    text = f"{counts.waiting} waiting, {counts.running} running"
    if waited < _LATE:
        return ok("jobs", text)
    minutes = int(waited.total_seconds() // 60)
    fix = "see that a server runs whose MUSUBI_JOB_WORKERS is not 0; if several do, give them more"
    return warn("jobs", f"{text}, the oldest for {minutes} minutes", fix=fix)

"""What `musubi doctor` finds out: everything the application needs, whether it is there, and what to do if it isn't."""

from musubi.app import WEB_DIRECTORY
from musubi.core.clock import utcnow
from musubi.core.last_backup import last_backup
from musubi.doctor.configuration import look_at_settings
from musubi.doctor.data import look_at_data
from musubi.doctor.database import look_at_database
from musubi.doctor.finding import Finding, Status, bad, ok
from musubi.doctor.redis import look_at_redis
from musubi.doctor.services import look_at_mail, look_at_providers
from musubi.doctor.storage import look_at_storage
from musubi.settings import Settings

__all__ = ["Finding", "Status", "diagnose"]


async def diagnose(settings: Settings) -> list[Finding]:
    """Look at everything the application needs."""
    return [
        *look_at_settings(settings),
        *look_at_data(settings),
        *await look_at_database(settings),
        *await look_at_redis(settings),
        await look_at_storage(settings),
        await look_at_mail(settings),
        *await look_at_providers(settings),
        _look_at_backup(settings),
        _look_at_web(),
    ]


def _look_at_backup(settings: Settings) -> Finding:
    backup = last_backup(settings.data_dir)
    if backup is None:
        return ok("backup", "none was made here yet: see `musubi backup`")
    when = f"the last was made at {backup.finished_at:%Y-%m-%d %H:%M} UTC"
    if backup.is_late(utcnow()):
        return bad("backup", when, fix="find out why none followed")
    return ok("backup", when)


def _look_at_web() -> Finding:
    if (WEB_DIRECTORY / "index.html").is_file():
        return ok("web", "the browser application is built")
    return bad("web", "the browser application is not built", fix="run `make setup`")

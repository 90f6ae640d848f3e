"""What `musubi doctor` finds out: everything the application needs, and whether it is there."""

from dataclasses import dataclass

from musubi.adapters.mail import Unavailable, open_transport
from musubi.adapters.oidc import ProviderUnavailable, open_providers
from musubi.adapters.storage import StorageUnavailable, open_storage
from musubi.app import WEB_DIRECTORY
from musubi.core.clock import utcnow
from musubi.core.last_backup import last_backup
from musubi.operations import CannotProceed, check_data_directory, migration_state
from musubi.settings import ConfigurationError, Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `musubi doctor`."""

    subject: str
    good: bool
    text: str


async def diagnose(settings: Settings) -> list[Finding]:
    """Look at everything the application needs."""
    database = settings.database.render_as_string(hide_password=True)
    findings = [Finding("mode", True, str(settings.env))]
    findings.append(_probe_data_directory(settings))
    try:
        state = await migration_state(settings)
    except (CannotProceed, ConfigurationError) as error:
        findings.append(Finding("database", False, f"{database}: {error}"))
    else:
        findings.append(Finding("database", True, f"{database}: reachable"))
        if state.is_current:
            findings.append(Finding("schema", True, f"up to date ({state.head})"))
        else:
            fix = "brought up to date at the next start" if settings.migrates_at_start else "run `musubi migrate`"
            findings.append(Finding("schema", settings.migrates_at_start, f"at {state.current or 'nothing'}: {fix}"))
    findings.append(await _probe_redis(settings))
    findings.append(await _probe_storage(settings))
    findings.append(await _probe_mail(settings))
    findings += await _probe_providers(settings)
    findings.append(_probe_backup(settings))
    built = (WEB_DIRECTORY / "index.html").is_file()
    findings.append(
        Finding("web", built, "the browser application is built" if built else "not built: run `make setup`")
    )
    findings.append(Finding("address", True, f"{settings.public_url}, listening at {settings.host}:{settings.port}"))
    return findings


def _probe_data_directory(settings: Settings) -> Finding:
    try:
        check_data_directory(settings)
    except ConfigurationError as error:
        return Finding("data", False, str(error))
    return Finding("data", True, f"{settings.data_dir.absolute()} can be written to")


def _probe_backup(settings: Settings) -> Finding:
    backup = last_backup(settings.data_dir)
    if backup is None:
        return Finding("backup", True, "none was made here yet: see `musubi backup`")
    when = f"the last was made at {backup.finished_at:%Y-%m-%d %H:%M} UTC"
    if backup.is_late(utcnow()):
        return Finding("backup", False, f"{when}: find out why none followed")
    return Finding("backup", True, when)


async def _probe_redis(settings: Settings) -> Finding:
    if settings.redis_url is None:
        return Finding("redis", True, "not configured: kept in the process, so one process only")
    from musubi.adapters.cache import open_cache

    cache = open_cache(settings.redis_url)
    try:
        await cache.ping()
    except (ConnectionError, TimeoutError) as error:
        return Finding("redis", False, f"REDIS_URL: can't be reached: {error}")
    finally:
        await cache.close()
    return Finding("redis", True, "reachable")


async def _probe_storage(settings: Settings) -> Finding:
    place = settings.storage_url
    if place is None:
        return Finding("files", True, "no store configured: kept in the data directory")
    try:
        await open_storage(settings).ping()
    except ConfigurationError as error:
        return Finding("files", False, str(error))
    except StorageUnavailable as error:
        return Finding("files", False, f"MUSUBI_STORAGE_URL: {place} can't be used: {error}")
    return Finding("files", True, f"{place}: reachable")


async def _probe_mail(settings: Settings) -> Finding:
    transport = open_transport(settings.smtp_url)
    if transport is None:
        return Finding("mail", True, "no server configured: mail is kept for administrators to read")
    try:
        await transport.ping(settings.mail_sender)
    except Unavailable as error:
        return Finding("mail", False, f"MUSUBI_SMTP_URL: the server can't be used: {error}")
    return Finding("mail", True, "the server takes mail from us")


async def _probe_providers(settings: Settings) -> list[Finding]:
    findings = []
    for name, client in open_providers(settings.oidc_providers).items():
        try:
            await client.prepare()
        except ProviderUnavailable as error:
            findings.append(Finding("sign-in", False, f"MUSUBI_OIDC_PROVIDERS: {name} can't be used: {error}"))
        else:
            findings.append(Finding("sign-in", True, f"{name} can be reached"))
    return findings

"""The database: whether it can be reached, has the right shape, and is one that Musubi can work with."""

from musubi.doctor.finding import Finding, bad, ok, warn
from musubi.doctor.jobs import look_at_jobs
from musubi.doctor.postgres import look_at_postgres
from musubi.doctor.sqlite import look_at_sqlite
from musubi.operations import CannotProceed, migration_state
from musubi.settings import ConfigurationError, Settings


async def look_at_database(settings: Settings) -> list[Finding]:
    """All there is to say of it, and of the jobs in it."""
    name = settings.database.render_as_string(hide_password=True)
    try:
        state = await migration_state(settings)
    except (CannotProceed, ConfigurationError) as error:
        fix = "see that it runs, and that DATABASE_URL names it and its user"
        return [bad("database", f"{name}: {error}", fix=fix)]
    found = [ok("database", f"{name}: reachable")]
    found += await look_at_sqlite(settings) if settings.is_sqlite else await look_at_postgres(settings)
    if state.is_newer:
        found.append(warn("schema", "migrated by a newer version", fix="update this process, too"))
    elif state.is_current:
        found.append(ok("schema", f"up to date ({state.head})"))
    elif settings.migrates_at_start:
        found.append(ok("schema", f"at {state.current or 'nothing'}: brought up to date at the next start"))
    else:
        found.append(bad("schema", f"at {state.current or 'nothing'}, not {state.head}", fix="run `musubi migrate`"))
    if state.is_current:
        found += await look_at_jobs(settings)
    return found

"""What archives clear away by themselves, and what goes with an account."""

from datetime import timedelta

import structlog
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.adapters.storage import Stored
from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.jobs import Periodic
from musubi.features.accounts.events import UserDeleted
from musubi.features.accounts.models import User
from musubi.features.files.context import files_of
from musubi.features.files.removal import remove_bytes
from musubi.features.portability import repository
from musubi.features.portability.models import DataExport, DataImport
from musubi.features.portability.places import EXPORTS, IMPORTS, export_key, import_key

log = structlog.get_logger("musubi.portability")

GIVEN_UP_AFTER = timedelta(days=1)
"""How long an export or an import may take, all attempts together."""
LEFT_FOR = timedelta(days=1)
"""How old bytes have to be that no row knows: a row may be on its way."""
_BATCH = 100


async def follow_user(app: FastAPI, session: AsyncSession, event: UserDeleted) -> None:
    """The archives of someone's data go with their account."""
    await _forget(app, session, event.user_id)


async def clear(app: FastAPI) -> int:
    """Remove archives whose time is over, give up what can't be finished; how many archives that were."""
    database: Database = app.state.database
    now = utcnow()
    async with database.transaction() as session:
        names = await repository.expire(session, DataExport.expires_at <= now)
        keys = [export_key(name) for name in names]
        await repository.fail_exports(session, now - GIVEN_UP_AFTER)
        keys += [import_key(name) for name in await repository.fail_imports(session, now - GIVEN_UP_AFTER)]
        await remove_bytes(app, session, keys)
    async with database.reading() as reader:
        # Code from before there were archives deletes accounts without knowing of them.
        left = User.id.in_(select(DataExport.user_id)) | User.id.in_(select(DataImport.user_id))
        gone = list(await reader.scalars(select(User.id).where(User.deleted_at.is_not(None), left)))
    if gone:
        async with database.transaction() as session:
            await _forget(app, session, *gone)
    return len(keys)


async def sweep(app: FastAPI, age: timedelta = LEFT_FOR) -> int:
    """Remove from the store what is older than `age` and no row needs, and return how many archives that were."""
    latest = utcnow() - age
    total = 0
    for prefix in (EXPORTS, IMPORTS):
        old = [stored async for stored in files_of(app).storage.list(prefix) if stored.modified_at < latest]
        for start in range(0, len(old), _BATCH):
            total += await _remove_unneeded(app, prefix, old[start : start + _BATCH])
    return total


async def _remove_unneeded(app: FastAPI, prefix: str, some: list[Stored]) -> int:
    names = {stored.key.removeprefix(prefix): stored.key for stored in some}
    database: Database = app.state.database
    async with database.reading() as reader:
        needed = await repository.known_names(reader, names)
    keys = [key for name, key in names.items() if name not in needed]
    if keys:
        await files_of(app).storage.delete(*keys)
        log.warning("archives without a row removed", count=len(keys))
    return len(keys)


async def _forget(app: FastAPI, session: AsyncSession, *user_ids: int) -> None:
    exports, imports = await repository.forget(session, *user_ids)
    await remove_bytes(app, session, [*map(export_key, exports), *map(import_key, imports)])


async def _clean_up(app: FastAPI) -> None:
    cleared, swept = await clear(app), await sweep(app)
    log.info("archives cleared", cleared=cleared, swept=swept)


CLEAN_UP = Periodic("portability.clean_up", _clean_up, every=timedelta(hours=1), timeout=timedelta(minutes=10))

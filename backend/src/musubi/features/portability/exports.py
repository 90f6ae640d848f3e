"""What people do with archives of their data: ask for one, look how far it is, fetch it, throw it away."""

from collections.abc import Sequence

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.database import Database
from musubi.core.errors import Conflict, NotFound, Unauthorized
from musubi.core.i18n import Text
from musubi.core.permissions import Principal
from musubi.core.types import AnyRow
from musubi.features import audit
from musubi.features.accounts import repository as accounts
from musubi.features.files.downloads import Download
from musubi.features.files.removal import remove_bytes
from musubi.features.portability import repository
from musubi.features.portability.building import BUILD_EXPORT
from musubi.features.portability.models import DataExport
from musubi.features.portability.places import export_key, new_name

_PREPARING = Text("An export is being prepared already", "エクスポートはすでに準備中です")
_NOT_FOUND = Text(
    "This export is not there, or not any longer", "このエクスポートは存在しないか、有効期限が切れています"
)


async def ask(app: FastAPI, session: AsyncSession, principal: Principal) -> AnyRow:
    """Have an archive of the caller's data made. Raises Conflict when one is being made."""
    # Held: of two requests at once, the second sees what the first one wrote.
    if await accounts.get_user(session, principal.user_id, for_update=True) is None:
        raise Unauthorized
    if await repository.is_preparing(session, principal.user_id):
        raise Conflict(_PREPARING)
    row = await repository.add_export(session, principal.user_id, new_name())
    await app.state.jobs.enqueue(session, BUILD_EXPORT, {"export_id": row.id})
    await audit.record(session, "export.requested", object_type="export", object_id=row.id)
    return row


async def list_own(database: Database, principal: Principal) -> Sequence[AnyRow]:
    """The caller's exports, newest first."""
    async with database.reading() as reader:
        return await repository.list_exports(reader, principal.user_id)


async def find(database: Database, principal: Principal, name: str) -> AnyRow:
    """One that can be fetched. Raises NotFound."""
    async with database.reading() as reader:
        row = await repository.find_ready(reader, principal.user_id, name)
    if row is None:
        raise NotFound(_NOT_FOUND)
    return row


def as_download(row: AnyRow, principal: Principal) -> Download:
    """The archive as it is sent."""
    filename = f"musubi-{principal.username}-{row.created_at:%Y-%m-%d}.zip"
    # No file has this id: what is lost of it is told as not there.
    return Download(0, export_key(row.name), f'"{row.sha256}"', row.size, "application/zip", filename, is_inline=False)


async def remove(app: FastAPI, session: AsyncSession, principal: Principal, name: str) -> None:
    """Throw an archive away before its time. Raises NotFound."""
    gone = await repository.expire(session, DataExport.user_id == principal.user_id, DataExport.name == name)
    if not gone:
        raise NotFound(_NOT_FOUND)
    await remove_bytes(app, session, [export_key(each) for each in gone])

"""Files on items: what is attached, and whether more may be."""

from functools import cache

from fastapi import FastAPI
from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.database import Database
from musubi.core.errors import Conflict
from musubi.core.i18n import Text
from musubi.core.permissions import Principal, Role
from musubi.core.queries import Query
from musubi.features.files.access import Rule, readable_by_any
from musubi.features.files.context import files_of
from musubi.features.files.models import File
from musubi.features.files.reading import READ_COLUMNS, Fields, as_read
from musubi.features.items import service as items

MAX_ATTACHMENTS = 100
"""Of one item."""

_TOO_MANY = Text(f"An item has {MAX_ATTACHMENTS} files at the most", f"添付できるファイルは{MAX_ATTACHMENTS}個までです")


async def list_of_item(app: FastAPI, principal: Principal, item_id: int) -> list[Fields]:
    """The files of an item, oldest first. Raises NotFound, Forbidden as reading the item does."""
    database: Database = app.state.database
    await items.read_item(database, principal, item_id)
    files = files_of(app)
    query = _of_item(principal.role, principal.is_superuser, tuple(files.rules))
    rows = await query.all(database, {"item_id": item_id, "reader_id": principal.user_id})
    return [as_read(row, files.links, principal.session_id) for row in rows]


@cache
def _of_item(role: Role, is_superuser: bool, rules: tuple[Rule, ...]) -> Query:
    # The item was asked for already, but may not be readable any more.
    readable = readable_by_any(role, is_superuser, rules)
    attached = select(*READ_COLUMNS).where(File.item_id == bindparam("item_id"), readable)
    return Query(attached.order_by(File.id).limit(MAX_ATTACHMENTS))


async def check_attachable(session: AsyncSession, principal: Principal, item_id: int) -> None:
    """Whether `principal` may attach one more file to an item, which is held until the transaction ends. Whoever also
    locks the files of a user does so after this.

    Raises NotFound, Forbidden; Conflict when it has as many as it may.
    """
    await items.check_changeable(session, principal, item_id)
    count = await session.scalar(select(func.count()).select_from(File).where(File.item_id == item_id, File.is_ready))
    if (count or 0) >= MAX_ATTACHMENTS:
        raise Conflict(_TOO_MANY)

"""The files that messages show. Whoever may read a message may read its files."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, delete, exists, insert, literal_column, select, true
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.core.database import Database
from musubi.core.errors import Invalid
from musubi.core.i18n import Text
from musubi.core.permissions import Principal
from musubi.core.types import AnyRow
from musubi.features.files.models import File
from musubi.features.files.types import Kind, type_by_content_type
from musubi.features.rooms import models
from musubi.features.rooms.models import Message, Room
from musubi.features.rooms.repository import is_open_to
from musubi.features.rooms.schemas import MessageFile

_NOT_YOURS = Text("Choose from the files you uploaded", "自分がアップロードしたファイルを指定してください")

_SHOWN = cast("Table", models.MessageFile.__table__)
_FIELDS = (
    File.stored_name, File.filename, File.content_type, File.size, File.width, File.height, File.description,
)  # fmt: skip

# Not by EXISTS: for a page of messages PostgreSQL would read the whole table once instead of asking its index for each.
HAS_FILES = select(true()).where(_SHOWN.c.message_id == Message.id).limit(literal_column("1")).scalar_subquery()
"""Whether a message shows any; null is no. Most don't, and nothing more is asked for those."""


def of_readable_messages(principal: Principal) -> ColumnElement[bool]:
    """The files in messages that someone may read."""
    return (
        exists()
        .where(_SHOWN.c.file_id == File.id)
        .where(Message.id == _SHOWN.c.message_id, Message.deleted_at.is_(None))
        .where(Room.id == Message.room_id, is_open_to(principal.user_id))
        .correlate(File)
    )


def in_messages() -> ColumnElement[bool]:
    """The files in any message."""
    return exists().where(_SHOWN.c.file_id == File.id).correlate(File)


async def attach(session: AsyncSession, author_id: int, message_id: int, names: Sequence[str]) -> list[MessageFile]:
    """Show these files of its author in a new message, in this order. Raises Invalid when one isn't theirs, or isn't
    there."""
    # They stay until the commit.
    statement = select(File.id, *_FIELDS).where(File.stored_name.in_(names), File.owner_id == author_id, File.is_ready)
    found = await session.execute(statement.order_by(File.id).with_for_update(read=True, key_share=True))
    by_name = {row.stored_name: row for row in found}
    if len(by_name) < len(names):
        raise Invalid(fields={"files": _NOT_YOURS})
    rows = [by_name[name] for name in names]
    shown = [{"message_id": message_id, "file_id": row.id, "position": place} for place, row in enumerate(rows)]
    await session.execute(insert(_SHOWN), shown)
    return [_as_shown(row) for row in rows]


async def detach(session: AsyncSession, message_id: int) -> None:
    """Show no files in a message any more. They stay their owners'."""
    await session.execute(delete(_SHOWN).where(_SHOWN.c.message_id == message_id))


async def of_messages(
    reader: AsyncSession | AsyncConnection, message_ids: Sequence[int]
) -> dict[int, list[MessageFile]]:
    """What these messages show, in their order."""
    statement = (
        select(_SHOWN.c.message_id, *_FIELDS)
        .join(File, File.id == _SHOWN.c.file_id)
        .where(_SHOWN.c.message_id.in_(message_ids))
        .order_by(_SHOWN.c.message_id, _SHOWN.c.position)
    )
    files: dict[int, list[MessageFile]] = {}
    for row in await reader.execute(statement):
        files.setdefault(row.message_id, []).append(_as_shown(row))
    return files


async def read_files(database: Database, message_ids: Sequence[int]) -> dict[int, list[MessageFile]]:
    """The same outside of a transaction; of no messages nothing is asked."""
    if not message_ids:
        return {}
    async with database.reading() as reader:
        return await of_messages(reader, message_ids)


def _as_shown(row: AnyRow) -> MessageFile:
    file_type = type_by_content_type(row.content_type)
    fields: dict[str, Any] = {column.key: getattr(row, column.key) for column in _FIELDS}
    # One that was taken once, and isn't any more, is still something to save.
    return MessageFile(kind=Kind.DOCUMENT if file_type is None else file_type.kind, **fields)

"""A room's log: what was said and what was changed of it, in one order.

Its numbers have no gaps, so a part of it is a range of them. One statement reads messages and changes: between two,
something could be committed that the first doesn't see and the second does, and that would be a gap.
"""

from collections.abc import Sequence

from sqlalchemy import BigInteger, bindparam, cast, false, literal, null, select, union_all

from musubi.core.database import Database
from musubi.core.queries import Query
from musubi.core.realtime.frames import Person, ServerFrame
from musubi.core.types import AnyRow
from musubi.features.accounts.models import User
from musubi.features.rooms.frames import MessageDeleted, MessageEdited, MessageFrame, ReactionFrame
from musubi.features.rooms.message_files import HAS_FILES, read_files
from musubi.features.rooms.models import Message, MessageChange, Room
from musubi.features.rooms.schemas import MessageFile

_AFTER, _UP_TO, _ROOM_ID = (bindparam(name, type_=BigInteger()) for name in ("after", "up_to", "room_id"))
_MESSAGES = select(
    Message.seq,
    literal("message").label("kind"),
    Message.id.label("message_id"),
    Message.user_id,
    Message.created_at,
    cast(null(), MessageChange.data.type).label("data"),
    Message.content,
    Message.cid,
    Message.edited_at,
    Message.deleted_at,
    HAS_FILES.label("has_files"),
).where(Message.room_id == _ROOM_ID, Message.seq > _AFTER, Message.seq <= _UP_TO)
_CHANGES = (
    select(
        MessageChange.seq,
        MessageChange.kind,
        MessageChange.message_id,
        MessageChange.user_id,
        MessageChange.created_at,
        MessageChange.data,
        Message.content,
        Message.cid,
        Message.edited_at,
        Message.deleted_at,
        # Only the message itself brings them.
        false(),
    )
    .join(Message, Message.id == MessageChange.message_id)
    .where(MessageChange.room_id == _ROOM_ID, MessageChange.seq > _AFTER, MessageChange.seq <= _UP_TO)
)
_ENTRIES = union_all(_MESSAGES, _CHANGES).subquery("entries")
_LOG = Query(
    select(_ENTRIES, User.username, User.full_name, Room.name.label("room"))
    .join(User, User.id == _ENTRIES.c.user_id)
    .join(Room, Room.id == _ROOM_ID)
    .order_by(_ENTRIES.c.seq)
)
# How many rooms are asked for at once: a statement can't have any number of parameters.
_HEADS_AT_ONCE = 1000


async def read_log(database: Database, room_id: int, after: int, limit: int) -> list[tuple[int, ServerFrame]]:
    """Up to `limit` entries that come after the number `after`, with their numbers: `after + 1` and so on.

    Each says what is left of its message by now: an edited one its present content, a deleted one none.
    """
    rows = await _LOG.all(database, {"room_id": room_id, "after": after, "up_to": after + limit})
    files = await read_files(database, [row.message_id for row in rows if row.has_files])
    return [(row.seq, _frame(row, files.get(row.message_id, []))) for row in rows]


async def read_heads(database: Database, room_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """The last number and the epoch of these rooms; those that are gone are left out."""
    heads: dict[int, tuple[int, str]] = {}
    async with database.reading() as reader:
        for start in range(0, len(room_ids), _HEADS_AT_ONCE):
            some = room_ids[start : start + _HEADS_AT_ONCE]
            statement = select(Room.id, Room.seq, Room.epoch).where(Room.id.in_(some))
            heads |= {row.id: (row.seq, row.epoch) for row in await reader.execute(statement)}
    return heads


def _frame(row: AnyRow, files: list[MessageFile]) -> ServerFrame:
    """What is sent of an entry."""
    user = Person(id=row.user_id, username=row.username, full_name=row.full_name)
    match row.kind:
        case "message":
            return MessageFrame(
                id=row.message_id,
                seq=row.seq,
                room=row.room,
                content=row.content,
                cid=row.cid,
                user=user,
                timestamp=row.created_at,
                edited_at=row.edited_at,
                deleted_at=row.deleted_at,
                files=files,
            )
        case "message_edited":
            return MessageEdited(
                id=row.message_id,
                seq=row.seq,
                room=row.room,
                content=row.content,
                user=user,
                timestamp=row.created_at,
            )
        case "message_deleted":
            return MessageDeleted(id=row.message_id, seq=row.seq, room=row.room, user=user, timestamp=row.created_at)
        case "reaction":
            return ReactionFrame(
                id=row.message_id, seq=row.seq, room=row.room, user=user, timestamp=row.created_at, **row.data
            )
        case kind:
            raise LookupError(f"no frame says {kind}")

"""The SQL of saying something and of changing what was said.

It begins with the next number of the room's log, which only someone who may read the room gets. That locks the room
until the commit, so whatever is looked at afterwards holds.
"""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Boolean, Table, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.text import fold
from musubi.core.types import AnyRow
from musubi.features.rooms.inserts import InsertIfNew
from musubi.features.rooms.message_files import HAS_FILES, detach
from musubi.features.rooms.models import Message, MessageChange, MessageFile, Reaction, Room
from musubi.features.rooms.repository import is_open_to

_ROOMS, _MESSAGES = cast("Table", Room.__table__), cast("Table", Message.__table__)
_CHANGES, _REACTIONS = cast("Table", MessageChange.__table__), cast("Table", Reaction.__table__)
_ROOM, _MESSAGE, _REACTION = _ROOMS.c, _MESSAGES.c, _REACTIONS.c

_IS_THE = _MESSAGE.id == bindparam("message_id")
_NEXT = (
    update(_ROOMS)
    .where(is_open_to(bindparam("speaker_id")))
    .returning(_ROOM.id, _ROOM.name, _ROOM.is_private, _ROOM.seq)
)
_NEXT_TO_SAY = _NEXT.where(_ROOM.name == bindparam("room_name")).values(
    seq=_ROOM.seq + 1, message_count=_ROOM.message_count + 1, last_message_at=bindparam("said_at")
)
_NEXT_TO_CHANGE = _NEXT.where(_ROOM.id == select(_MESSAGE.room_id).where(_IS_THE).scalar_subquery()).values(
    seq=_ROOM.seq + 1
)
_GIVE_BACK = update(_ROOMS).where(_ROOM.id == bindparam("room_id")).values(seq=_ROOM.seq - 1)
_UNSAY = _GIVE_BACK.values(
    message_count=_ROOM.message_count - 1,
    last_message_at=select(_MESSAGE.created_at)
    .where(_MESSAGE.room_id == _ROOM.id)
    .order_by(_MESSAGE.seq.desc())
    .limit(1)
    .scalar_subquery(),
)

_SAY = InsertIfNew(_MESSAGES, unique=(_MESSAGE.user_id, _MESSAGE.cid), returning=(_MESSAGE.id,))
_SAID = (
    select(_MESSAGES, _ROOM.name.label("room"), HAS_FILES.label("has_files"))
    .join(_ROOMS, _ROOM.id == _MESSAGE.room_id)
    .where(_MESSAGE.user_id == bindparam("author_id"), _MESSAGE.cid == bindparam("given_cid"))
)
_GET = select(_MESSAGE.user_id, _MESSAGE.content, _MESSAGE.deleted_at, HAS_FILES.label("has_files")).where(_IS_THE)
_EDIT = (
    update(_MESSAGES)
    .where(
        _IS_THE,
        _MESSAGE.user_id == bindparam("author_id"),
        _MESSAGE.deleted_at.is_(None),
        _MESSAGE.content != bindparam("new_content"),
    )
    .values(
        content=bindparam("new_content"), search_text=bindparam("new_search_text"), edited_at=bindparam("changed_at")
    )
    .returning(_MESSAGE.seq)
)
# By the parameter: in SQLite's RETURNING a column has no table, and inside of a question it may mean another's.
_SHOWS_FILES = exists().where(MessageFile.message_id == bindparam("message_id"))
_ERASE = (
    update(_MESSAGES)
    .where(
        _IS_THE,
        _MESSAGE.deleted_at.is_(None),
        or_(_MESSAGE.user_id == bindparam("speaker_id"), bindparam("moderates", type_=Boolean())),
    )
    .values(content="", search_text="", deleted_at=bindparam("changed_at"))
    .returning(_MESSAGE.user_id, _SHOWS_FILES.label("has_files"))
)
_FORGET_REACTIONS = delete(_REACTIONS).where(_REACTION.message_id == bindparam("message_id"))
_LOG_CHANGE = insert(_CHANGES)

_OF_MESSAGE = _REACTION.message_id == bindparam("message_id")
_OWN = _REACTION.user_id == bindparam("speaker_id")
_THE_EMOJI = _REACTION.emoji == bindparam("given_emoji")
_REACTED = select(
    exists().where(_OF_MESSAGE, _OWN, _THE_EMOJI).label("already"),
    select(func.count()).select_from(_REACTIONS).where(_OF_MESSAGE, _OWN).scalar_subquery().label("own"),
    select(func.count(_REACTION.emoji.distinct()))
    .where(_OF_MESSAGE, _REACTION.emoji != bindparam("given_emoji"))
    .scalar_subquery()
    .label("others"),
)
_REACT = insert(_REACTIONS)
_UNREACT = delete(_REACTIONS).where(_OF_MESSAGE, _OWN, _THE_EMOJI)


async def next_to_say(session: AsyncSession, speaker_id: int, room_name: str, said_at: datetime) -> AnyRow | None:
    """The room, with the number for a message in it; None when there is no such room, or the speaker may not read
    it."""
    values = {"speaker_id": speaker_id, "room_name": room_name, "said_at": said_at}
    return (await session.execute(_NEXT_TO_SAY, values)).first()


async def next_to_change(session: AsyncSession, speaker_id: int, message_id: int) -> AnyRow | None:
    """The same for a change of a message; None when there is no such message, or the speaker may not read it."""
    values = {"speaker_id": speaker_id, "message_id": message_id}
    return (await session.execute(_NEXT_TO_CHANGE, values)).first()


async def give_back(session: AsyncSession, room_id: int) -> None:
    """The number of `next_to_change` isn't needed after all."""
    await session.execute(_GIVE_BACK, {"room_id": room_id})


async def unsay(session: AsyncSession, room_id: int) -> None:
    """The number of `next_to_say` isn't needed after all."""
    await session.execute(_UNSAY, {"room_id": room_id})


async def add_message(
    session: AsyncSession, room: AnyRow, author_id: int, cid: str, content: str, said_at: datetime
) -> int | None:
    """Write a message at the number that `room` was given, and return its id; None when the author used the cid
    before, in whatever room."""
    values = {
        "room_id": room.id,
        "seq": room.seq,
        "user_id": author_id,
        "cid": cid,
        "content": content,
        "search_text": fold(content),
        "created_at": said_at,
    }
    row = await _SAY.run(session, values)
    return None if row is None else int(row.id)


async def said_before(session: AsyncSession, author_id: int, cid: str) -> AnyRow | None:
    """The message that the author sent with this cid, and the name of its room."""
    return (await session.execute(_SAID, {"author_id": author_id, "given_cid": cid})).first()


async def get_message(session: AsyncSession, message_id: int) -> AnyRow | None:
    """Author, content and deletion of a message, and whether it has files."""
    return (await session.execute(_GET, {"message_id": message_id})).first()


async def edit_message(
    session: AsyncSession, author_id: int, message_id: int, content: str, changed_at: datetime
) -> int | None:
    """Write the new content, and return the message's number; None when it isn't the author's, is deleted, or says
    just that."""
    values = {
        "message_id": message_id,
        "author_id": author_id,
        "new_content": content,
        "new_search_text": fold(content),
        "changed_at": changed_at,
    }
    row = (await session.execute(_EDIT, values)).first()
    return None if row is None else int(row.seq)


async def erase_message(
    session: AsyncSession, speaker_id: int, message_id: int, changed_at: datetime, *, moderates: bool
) -> int | None:
    """Take away content, files and reactions, and return the author; None when it is deleted already, or neither the
    speaker's nor theirs to moderate."""
    values = {
        "message_id": message_id, "speaker_id": speaker_id, "moderates": moderates, "changed_at": changed_at,
    }  # fmt: skip
    row = (await session.execute(_ERASE, values)).first()
    if row is None:
        return None
    await session.execute(_FORGET_REACTIONS, {"message_id": message_id})
    if row.has_files:
        await detach(session, message_id)
    return int(row.user_id)


async def reactions_of(session: AsyncSession, speaker_id: int, message_id: int, emoji: str) -> AnyRow:
    """Whether the speaker has `already` reacted like that, how many reactions to the message are their `own`, and how
    many `others` than this emoji it has."""
    values = {"speaker_id": speaker_id, "message_id": message_id, "given_emoji": emoji}
    return (await session.execute(_REACTED, values)).one()


async def react(
    session: AsyncSession, speaker_id: int, message_id: int, emoji: str, changed_at: datetime, *, on: bool
) -> None:
    """Add a reaction, or take it away."""
    if on:
        row = {"message_id": message_id, "user_id": speaker_id, "emoji": emoji, "created_at": changed_at}
        await session.execute(_REACT, row)
    else:
        values = {"message_id": message_id, "speaker_id": speaker_id, "given_emoji": emoji}
        await session.execute(_UNREACT, values)


async def log_change(
    session: AsyncSession,
    room: AnyRow,
    message_id: int,
    kind: str,
    speaker_id: int,
    changed_at: datetime,
    data: dict[str, Any] | None = None,
) -> None:
    """Write a change at the number that `room` was given."""
    values = {
        "room_id": room.id,
        "seq": room.seq,
        "message_id": message_id,
        "kind": kind,
        "user_id": speaker_id,
        "data": data or {},
        "created_at": changed_at,
    }
    await session.execute(_LOG_CHANGE, values)

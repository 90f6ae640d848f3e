"""What was said: a room's history, and the search through all that one may read."""

from collections.abc import Iterable, Mapping
from typing import Any

from musubi.core.database import Database
from musubi.core.pagination import Meta, Page
from musubi.core.permissions import Principal
from musubi.core.types import AnyRow
from musubi.features.rooms import history_repository
from musubi.features.rooms.message_files import read_files
from musubi.features.rooms.schemas import HistoryQuery, MessageFile, MessageQuery
from musubi.features.rooms.service import readable_room

Fields = dict[str, Any]


async def read_history(
    database: Database, principal: Principal, name: str, query: HistoryQuery
) -> tuple[list[Fields], Meta]:
    """A part of a room's history. Raises NotFound, Forbidden."""
    room = await readable_room(database, principal, name)
    # Before the messages: what is said in between is no older and no newer message that one would have to fetch.
    first, last = await history_repository.ends_of_history(database, room.id)
    if query.after is None:
        rows = await history_repository.last_before(database, room.id, query.before, query.limit)
    else:
        rows = await history_repository.first_after(database, room.id, query.after, query.before, query.limit)
    meta = Meta(
        total=room.message_count,
        page=None,
        limit=query.limit,
        pages=-(-room.message_count // query.limit),
        has_next=last > _up_to(rows, query),
        has_prev=0 < first < _from(rows, query),
        next_cursor=None,
    )
    if not rows:
        return [], meta
    reactions = await history_repository.reactions_between(database, room.id, rows[0].seq, rows[-1].seq)
    return _as_read(rows, reactions, await _files_of(database, rows)), meta


def _from(rows: list[AnyRow], query: HistoryQuery) -> int:
    """What is older than this comes before the messages that were read."""
    if rows:
        return int(rows[0].seq)
    return query.before or 0 if query.after is None else query.after + 1


def _up_to(rows: list[AnyRow], query: HistoryQuery) -> int:
    """What is newer than this comes after them."""
    if rows:
        return int(rows[-1].seq)
    return (query.before or 1) - 1 if query.after is None else query.after


async def search(database: Database, principal: Principal, query: MessageQuery) -> tuple[list[Fields], Page]:
    """A page of the messages that contain a text. Raises NotFound, Forbidden when one may not read the named room."""
    if query.room is not None:
        await readable_room(database, principal, query.room)
    page = await history_repository.search_messages(database, principal.user_id, query)
    if not page.rows:
        return [], page
    reactions = await history_repository.reactions_to(database, [row.id for row in page.rows])
    return _as_read(page.rows, reactions, await _files_of(database, page.rows)), page


async def _files_of(database: Database, rows: Iterable[AnyRow]) -> dict[int, list[MessageFile]]:
    return await read_files(database, [row.id for row in rows if row.has_files])


def _as_read(
    rows: Iterable[AnyRow], reactions: Iterable[AnyRow], files: Mapping[int, list[MessageFile]]
) -> list[Fields]:
    """What `MessageRead` describes; `reactions` and `files` are those of all of these messages."""
    by_message: dict[int, dict[str, list[int]]] = {}
    for each in reactions:
        by_message.setdefault(each.message_id, {}).setdefault(each.emoji, []).append(each.user_id)
    return [
        {
            "id": row.id,
            "room": row.room,
            "seq": row.seq,
            "content": row.content,
            "cid": row.cid,
            "user": {"id": row.user_id, "username": row.username, "full_name": row.full_name},
            "timestamp": row.created_at,
            "edited_at": row.edited_at,
            "deleted_at": row.deleted_at,
            "files": files.get(row.id, []),
            "reactions": [
                {"emoji": emoji, "user_ids": user_ids} for emoji, user_ids in by_message.get(row.id, {}).items()
            ],
        }
        for row in rows
    ]

"""Saying something in a room, changing what was said, and reading it: what comes over the live connection.

Each of these runs in the caller's transaction and returns what has to be sent once that is committed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.clock import utcnow
from musubi.core.errors import Conflict, Forbidden, Invalid, NotFound, ServiceUnavailable
from musubi.core.i18n import Text
from musubi.core.permissions import Permission, Principal
from musubi.core.realtime.frames import Person, ServerFrame
from musubi.core.types import AnyRow
from musubi.features import audit
from musubi.features.rooms import message_files, message_repository, repository
from musubi.features.rooms.frames import MessageDeleted, MessageEdited, MessageFrame, ReactionFrame
from musubi.features.rooms.mentions import tell_mentioned
from musubi.features.rooms.service import NOT_A_MEMBER, ROOM_NOT_FOUND

MAX_EMOJI_OF_MESSAGE = 20
MAX_EMOJI_OF_USER = 8
"""To one message."""

_MESSAGE_NOT_FOUND = Text("Message not found", "メッセージが見つかりません")
_MESSAGE_DELETED = Text("This message was deleted", "このメッセージは削除されました")
_NOTHING_SAID = Text("Write something, or delete the message", "内容を入力するか、メッセージを削除してください")
_ENOUGH_EMOJI = Text("This message has enough reactions", "このメッセージにはこれ以上リアクションできません")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What was added to a room's log."""

    room_id: int
    seq: int
    frame: ServerFrame


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that is in a room's log; with `duplicate`, one that already was, as it is now."""

    room_id: int
    frame: MessageFrame
    duplicate: bool


async def send(
    app: FastAPI,
    session: AsyncSession,
    principal: Principal,
    room_name: str,
    content: str,
    cid: str,
    files: Sequence[str] = (),
) -> Sent:
    """Say something in a room, or show files there, by their stored names. The same `cid` again is the message that it
    was the first time, wherever that was. Raises NotFound, Forbidden, Invalid when a file isn't one's own."""
    now = utcnow()
    user_id = principal.user_id
    room = await message_repository.next_to_say(session, user_id, room_name, now)
    if room is None:
        raise await _why_not_in(session, room_name)
    message_id = await message_repository.add_message(session, room, user_id, cid, content, now)
    if message_id is None:
        await message_repository.unsay(session, room.id)
        return await _said_before(session, principal, cid)
    shown = await message_files.attach(session, user_id, message_id, files) if files else []
    frame = MessageFrame(
        id=message_id,
        seq=room.seq,
        room=room.name,
        content=content,
        cid=cid,
        user=person_of(principal),
        timestamp=now,
        files=shown,
    )
    await tell_mentioned(app, session, principal, room, message_id, room.seq, content)
    return Sent(room.id, frame, duplicate=False)


async def edit(
    app: FastAPI, session: AsyncSession, principal: Principal, message_id: int, content: str
) -> LogEntry | None:
    """Say one's own message differently; None when it says that already.

    Raises NotFound, Forbidden, Invalid when nothing would be left, Conflict when the message was deleted.
    """
    now = utcnow()
    room = await _next_to_change(session, principal, message_id)
    # The room is locked, so it still says that when it is changed.
    before = await _present(session, message_id)
    if not content and not before.has_files:
        raise Invalid(fields={"content": _NOTHING_SAID})
    seq = await message_repository.edit_message(session, principal.user_id, message_id, content, now)
    if seq is None:
        if before.user_id != principal.user_id:
            raise Forbidden
        if before.deleted_at is not None:
            raise Conflict(_MESSAGE_DELETED)
        await message_repository.give_back(session, room.id)
        return None
    await tell_mentioned(app, session, principal, room, message_id, seq, content, before=before.content)
    frame = MessageEdited(
        id=message_id, seq=room.seq, room=room.name, content=content, user=person_of(principal), timestamp=now
    )
    return await _log(session, principal, room, frame)


async def delete(_app: FastAPI, session: AsyncSession, principal: Principal, message_id: int) -> LogEntry | None:
    """Take back one's own message, or, with `rooms:moderate`, anyone's that one may read; None when it is deleted
    already. Raises NotFound, Forbidden."""
    now = utcnow()
    moderates = principal.can(Permission.ROOMS_MODERATE)
    room = await _next_to_change(session, principal, message_id)
    author_id = await message_repository.erase_message(session, principal.user_id, message_id, now, moderates=moderates)
    if author_id is None:
        if not moderates and (await _present(session, message_id)).user_id != principal.user_id:
            raise Forbidden
        await message_repository.give_back(session, room.id)
        return None
    if author_id != principal.user_id:
        details = {"room": room.name, "author_id": author_id}
        await audit.record(
            session,
            "message.deleted",
            object_type="message",
            object_id=message_id,
            details=details,
            actor_id=principal.user_id,
        )
    frame = MessageDeleted(id=message_id, seq=room.seq, room=room.name, user=person_of(principal), timestamp=now)
    return await _log(session, principal, room, frame)


async def react(
    _app: FastAPI, session: AsyncSession, principal: Principal, message_id: int, emoji: str, *, on: bool
) -> LogEntry | None:
    """Answer a message with one character, or take that back; None when it is so already.

    Raises NotFound, Forbidden, Conflict when the message was deleted, Invalid when it has too many reactions.
    """
    now = utcnow()
    room = await _next_to_change(session, principal, message_id)
    if (await _present(session, message_id)).deleted_at is not None:
        raise Conflict(_MESSAGE_DELETED)
    there = await message_repository.reactions_of(session, principal.user_id, message_id, emoji)
    if there.already == on:
        await message_repository.give_back(session, room.id)
        return None
    if on and (there.own >= MAX_EMOJI_OF_USER or there.others >= MAX_EMOJI_OF_MESSAGE):
        raise Invalid(fields={"emoji": _ENOUGH_EMOJI})
    await message_repository.react(session, principal.user_id, message_id, emoji, now, on=on)
    frame = ReactionFrame(
        id=message_id,
        seq=room.seq,
        room=room.name,
        emoji=emoji,
        on=on,
        user=person_of(principal),
        timestamp=now,
    )
    return await _log(session, principal, room, frame, {"emoji": emoji, "on": on})


def person_of(principal: Principal) -> Person:
    """Someone as the others see them."""
    return Person(id=principal.user_id, username=principal.username, full_name=principal.full_name)


async def _said_before(session: AsyncSession, principal: Principal, cid: str) -> Sent:
    row = await message_repository.said_before(session, principal.user_id, cid)
    if row is None:
        # It stood in a room that was deleted just now. The client sends it again, and then it is new.
        raise ServiceUnavailable
    files = await message_files.of_messages(session, [row.id]) if row.has_files else {}
    frame = MessageFrame(
        id=row.id,
        seq=row.seq,
        room=row.room,
        content=row.content,
        cid=row.cid,
        user=person_of(principal),
        timestamp=row.created_at,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
        files=files.get(row.id, []),
    )
    return Sent(row.room_id, frame, duplicate=True)


async def _next_to_change(session: AsyncSession, principal: Principal, message_id: int) -> AnyRow:
    """The room of a message, with the number for a change of it. Raises NotFound, Forbidden."""
    room = await message_repository.next_to_change(session, principal.user_id, message_id)
    if room is None:
        await _present(session, message_id)
        raise Forbidden(NOT_A_MEMBER)
    return room


async def _present(session: AsyncSession, message_id: int) -> AnyRow:
    """A message as it is now. Raises NotFound."""
    message = await message_repository.get_message(session, message_id)
    if message is None:
        raise NotFound(_MESSAGE_NOT_FOUND)
    return message


async def _log(
    session: AsyncSession,
    principal: Principal,
    room: AnyRow,
    frame: MessageEdited | MessageDeleted | ReactionFrame,
    data: dict[str, Any] | None = None,
) -> LogEntry:
    await message_repository.log_change(session, room, frame.id, frame.type, principal.user_id, frame.timestamp, data)
    return LogEntry(room.id, room.seq, frame)


async def _why_not_in(session: AsyncSession, room_name: str) -> NotFound | Forbidden:
    """Why someone can't say something in a room."""
    room = await repository.get_bare_room(session, room_name)
    return NotFound(ROOM_NOT_FOUND) if room is None else Forbidden(NOT_A_MEMBER)

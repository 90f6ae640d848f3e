"""`@username` in a message: who is meant, and telling them."""

import unicodedata
from collections.abc import Iterable, Iterator

from fastapi import FastAPI
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.permissions import Principal
from musubi.core.text import fold, normalize
from musubi.core.types import AnyRow
from musubi.features import notifications
from musubi.features.accounts.models import User
from musubi.features.accounts.schemas import MAX_USERNAME
from musubi.features.rooms.models import RoomMember

MAX_MENTIONS = 20
MAX_EXCERPT = 200
MENTION = "mention"
"""The kind of the notification."""

_MIN_USERNAME = 3


async def tell_mentioned(
    app: FastAPI,
    session: AsyncSession,
    principal: Principal,
    room: AnyRow,
    message_id: int,
    seq: int,
    content: str,
    *,
    before: str = "",
) -> None:
    """Put a message into the inbox of those it mentions: others, who may read the room, and who weren't mentioned in
    what it said `before`."""
    names = list(mentioned_names(content))
    if not names:
        return
    known_names = list(mentioned_names(before))
    ids = await _ids_by_key(session, room, {key for name in (*names, *known_names) for key in name})
    told = {_meant(name, ids) for name in known_names} | {principal.user_id, None}
    data = {"room": room.name, "message_id": message_id, "seq": seq, "excerpt": excerpt(content)}
    for name in names:
        user_id = _meant(name, ids)
        if user_id is not None and user_id not in told:
            told.add(user_id)
            await notifications.notify(
                app, session, user_id=user_id, kind=MENTION, actor_id=principal.user_id, data=data
            )


def mentioned_names(text: str) -> Iterator[list[str]]:
    """For each of the first mentions the names that can be meant, folded, the longest first."""
    # Japanese keyboards have an @ of their own, which is this one when it is normalized.
    text = normalize(text)
    seen: set[str] = set()
    place = text.find("@")
    while place >= 0 and len(seen) < MAX_MENTIONS:
        run = _run_of_name(text, place + 1)
        if run not in seen and not _is_address(text, place):
            names = [fold(run[:end]) for end in _ends(run)]
            if names:
                seen.add(run)
                yield names
        place = text.find("@", place + 1 + len(run))


def _is_address(text: str, place: int) -> bool:
    """Whether something in front of the @ makes it an e-mail address; Japanese, which knows no spaces, doesn't."""
    return place > 0 and _can_be_in_name(text[place - 1]) and not _is_wide(text[place - 1])


def _run_of_name(text: str, start: int) -> str:
    end = start
    # One more than a name can have: where it goes on, it isn't that name.
    while end < len(text) and end - start <= MAX_USERNAME and _can_be_in_name(text[end]):
        end += 1
    return text[start:end]


def _can_be_in_name(character: str) -> bool:
    return character in "_.-" or unicodedata.category(character)[0] in "LMN"


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _ends(run: str) -> Iterator[int]:
    """Where the name in a run of its characters may end: with the run; before punctuation that belongs to the
    sentence; and before a wide character, as Japanese doesn't put a space between a name and what follows."""
    only_punctuation = True
    for end in range(len(run), _MIN_USERNAME - 1, -1):
        if end < len(run):
            follows = run[end]
            only_punctuation = only_punctuation and follows in ".-"
            if not only_punctuation and not _is_wide(follows):
                continue
        if end <= MAX_USERNAME:
            yield end


def _meant(names: Iterable[str], ids: dict[str, int]) -> int | None:
    return next((ids[name] for name in names if name in ids), None)


def excerpt(content: str) -> str:
    """The beginning of a message, to be shown elsewhere."""
    return content if len(content) <= MAX_EXCERPT else content[: MAX_EXCERPT - 1] + "…"


async def _ids_by_key(session: AsyncSession, room: AnyRow, keys: set[str]) -> dict[str, int]:
    """Whom of those with these folded names the room is open to."""
    statement = select(User.username_key, User.id).where(
        User.username_key.in_(keys), User.is_active, User.deleted_at.is_(None)
    )
    if room.is_private:
        is_in = exists().where(RoomMember.room_id == room.id, RoomMember.user_id == User.id)
        statement = statement.where(is_in)
    return {row.username_key: row.id for row in await session.execute(statement)}

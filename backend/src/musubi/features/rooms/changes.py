"""Telling every process that a room is another, so that lists are fetched anew and sockets that may not hear it any
longer are shown out."""

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.outbox import Outbox
from musubi.core.realtime.hub import EVERYONE, user_channel
from musubi.features.rooms import members

ROOM_TOPIC = "room_changed"
"""The topic of the outbox that tells of rooms."""


async def tell_of_room(
    app: FastAPI,
    session: AsyncSession,
    room_id: int,
    name: str,
    *,
    is_public: bool,
    deleted: bool = False,
) -> None:
    """Once this is committed, tell whoever has the room in their list, or could, that it was made, changed or
    deleted. Of a room that goes, this comes first: nobody is in it afterwards."""
    audience = [EVERYONE] if is_public else await _channels_of_members(session, room_id)
    await _publish(app, session, room_id, name, audience, deleted=deleted)


async def tell_of_member(
    app: FastAPI,
    session: AsyncSession,
    room_id: int,
    name: str,
    user_id: int,
    *,
    is_public: bool,
    removed: bool = False,
) -> None:
    """Once this is committed, tell someone that they are in a room, or no longer; and the other members of a private
    one, who know each other."""
    others = [] if is_public else await _channels_of_members(session, room_id)
    audience = sorted({user_channel(user_id), *others})
    await _publish(app, session, room_id, name, audience, removed_user_ids=[user_id] if removed else None)


async def _channels_of_members(session: AsyncSession, room_id: int) -> list[str]:
    return [user_channel(user_id) for user_id in await members.ids_of_members(session, room_id)]


async def _publish(
    app: FastAPI,
    session: AsyncSession,
    room_id: int,
    name: str,
    audience: list[str],
    *,
    removed_user_ids: list[int] | None = None,
    deleted: bool = False,
) -> None:
    outbox: Outbox = app.state.outbox
    payload = {
        "room_id": room_id,
        "room": name,
        "removed_user_ids": removed_user_ids,
        "deleted": deleted,
        "audience": audience,
    }
    await outbox.publish(session, ROOM_TOPIC, payload)

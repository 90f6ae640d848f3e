"""Who hears of a change of an item: those who may read it, and those who could until now.

A published item is everyone's to read; any other its owner's and that of holders of `items:read_any`.
"""

from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.permissions import Permission
from musubi.core.realtime.announce import announce
from musubi.core.realtime.frames import Resync
from musubi.core.realtime.hub import EVERYONE, permission_channel, user_channel
from musubi.features.items.frames import ItemCreated, ItemDeleted, ItemUpdated
from musubi.features.items.models import Item, ItemStatus
from musubi.features.items.schemas import ItemRead


async def announce_created(app: FastAPI, session: AsyncSession, fields: dict[str, Any]) -> None:
    """`fields`, here and below: the item as it is read now."""
    item = ItemRead.model_validate(fields)
    frame = ItemCreated(item_id=item.id, version=item.version, data=item)
    await announce(app, session, frame, audience=readers_of(item.status, item.owner_id))


async def announce_updated(app: FastAPI, session: AsyncSession, fields: dict[str, Any], *, before: ItemStatus) -> None:
    """`before`: its status until this change."""
    item = ItemRead.model_validate(fields)
    readers = readers_of(item.status, item.owner_id)
    frame = ItemUpdated(item_id=item.id, version=item.version, data=item)
    await announce(app, session, frame, audience=readers)
    if EVERYONE in readers_of(before, item.owner_id) and EVERYONE not in readers:
        gone = ItemDeleted(item_id=item.id, version=item.version)
        await announce(app, session, gone, audience=[EVERYONE], excluded=readers)


async def announce_deleted(app: FastAPI, session: AsyncSession, item: Item) -> None:
    # One higher than any version that could be read: who goes by versions must not take it for old news.
    frame = ItemDeleted(item_id=item.id, version=item.version + 1)
    await announce(app, session, frame, audience=readers_of(ItemStatus(item.status), item.owner_id))


async def announce_many(app: FastAPI, session: AsyncSession) -> None:
    """Any number of items came, went, or changed hands, so everyone reads anew what they show."""
    await announce(app, session, Resync(room=None, reason="changed"), audience=[EVERYONE])


def readers_of(status: ItemStatus, owner_id: int) -> list[str]:
    """The channels of those who may read an item."""
    if status == ItemStatus.PUBLISHED:
        return [EVERYONE]
    return [user_channel(owner_id), permission_channel(Permission.ITEMS_READ_ANY)]

"""Who hears that files changed: whoever lists them."""

from collections.abc import Iterable

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.realtime.announce import announce
from musubi.core.realtime.hub import user_channel
from musubi.features.files.frames import FilesChanged
from musubi.features.items.live import readers_of
from musubi.features.items.models import Item, ItemStatus


async def announce_changed(
    app: FastAPI, session: AsyncSession, *, owner_ids: Iterable[int], item_ids: Iterable[int | None] = ()
) -> None:
    """Files of these owners were added, changed or removed, and they are, or were until now, attached to these items:
    tell the owners, and those who may read the items."""
    for owner_id in sorted(set(owner_ids)):
        await announce(app, session, FilesChanged(item_id=None), audience=[user_channel(owner_id)])
    some = {item_id for item_id in item_ids if item_id is not None}
    if not some:
        return
    statement = select(Item.id, Item.status, Item.owner_id).where(Item.id.in_(some)).order_by(Item.id)
    for item_id, status, owner_id in (await session.execute(statement)).all():
        audience = readers_of(ItemStatus(status), owner_id)
        await announce(app, session, FilesChanged(item_id=item_id), audience=audience)

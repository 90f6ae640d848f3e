"""What becomes of files when what they hang on, or whose they are, goes."""

from fastapi import FastAPI
from sqlalchemy import and_, delete, func, not_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.database import exclusive
from musubi.features.accounts.events import UserDeleted
from musubi.features.files import live, quota
from musubi.features.files.access import hangs_on_nothing, is_face, is_kept
from musubi.features.files.blobs import segment_prefix
from musubi.features.files.context import files_of
from musubi.features.files.models import File, ResumableUpload
from musubi.features.files.removal import remove_bytes, remove_files
from musubi.features.items.events import ItemDeleted, ItemsHandedOver
from musubi.features.items.models import Item

_UNTRACKED = {"synchronize_session": False}


async def follow_item(app: FastAPI, session: AsyncSession, event: ItemDeleted) -> None:
    """The files of an item go with it, but for those that are shown elsewhere, too: they are only detached."""
    attached = File.item_id == event.item_id
    owners = (await session.scalars(select(File.owner_id).where(attached).distinct().order_by(File.owner_id))).all()
    if not owners:
        return
    stays = is_face() | is_kept(files_of(app).kept)
    for owner_id in owners:
        await remove_files(app, session, owner_id, and_(attached, not_(stays)))
    await session.execute(update(File).where(attached).values(item_id=None), execution_options=_UNTRACKED)
    await live.announce_changed(app, session, owner_ids=owners)


async def hand_over(app: FastAPI, session: AsyncSession, event: ItemsHandedOver) -> None:
    """Whoever gets items gets what their former owner had attached to them, whether or not there is room in their
    quota."""
    await _hold(session, event.owner_id, event.heir_id)
    items = select(Item.id).where(Item.owner_id == event.heir_id)
    theirs = (File.owner_id == event.owner_id, File.item_id.in_(items))
    changed = await session.scalars(
        update(File).where(*theirs).values(owner_id=event.heir_id).returning(File.id), execution_options=_UNTRACKED
    )
    if changed.all():
        await live.announce_changed(app, session, owner_ids=[event.heir_id])


async def follow_user(app: FastAPI, session: AsyncSession, event: UserDeleted) -> None:
    """What someone uploaded goes with their account, but for what hangs on an item or is kept by a feature above; so do
    their uploads that are not finished."""
    if event.heir_id is not None or event.erases_items:
        # They change hands next, or go. Whoever deletes one of them holds it before the files of its owners, and so
        # must we.
        items = select(Item.id).where(Item.owner_id == event.user_id).with_for_update().subquery()
        await session.execute(select(func.count()).select_from(items))
        await _hold(session, event.user_id, *([] if event.heir_id is None else [event.heir_id]))
    await remove_files(app, session, event.user_id, hangs_on_nothing(files_of(app).kept))
    mine = ResumableUpload.owner_id == event.user_id
    gone = await session.scalars(
        delete(ResumableUpload).where(mine).returning(ResumableUpload.id), execution_options=_UNTRACKED
    )
    for upload_id in gone.all():
        await remove_bytes(app, session, prefix=segment_prefix(upload_id))


async def _hold(session: AsyncSession, *owner_ids: int) -> None:
    """Let nobody else decide about files of these owners: one after the other, in the order that everyone keeps."""
    for owner_id in sorted(owner_ids):
        await exclusive(session, quota.LOCK, owner_id)

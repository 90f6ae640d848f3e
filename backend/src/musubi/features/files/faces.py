"""Faces: the pictures that people have of themselves beside their names."""

from fastapi import FastAPI
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.errors import Invalid
from musubi.core.events import Events
from musubi.core.i18n import Text
from musubi.core.types import AnyRow
from musubi.features.accounts import repository as accounts
from musubi.features.accounts.events import ProfileChanged, ProfileImageChanged
from musubi.features.files import live
from musubi.features.files.access import hangs_on_nothing
from musubi.features.files.context import files_of
from musubi.features.files.models import File
from musubi.features.files.removal import remove_files
from musubi.features.files.types import Kind, content_types_of

_NOT_A_PICTURE = Text("Choose one of the pictures that you uploaded", "自分がアップロードした画像を指定してください")


async def follow(app: FastAPI, session: AsyncSession, event: ProfileImageChanged) -> None:
    """See that a face is a picture of its owner's, and remove the one that it replaces, unless that hangs on something
    else. Raises Invalid."""
    if event.after is not None:
        await _check(session, event.user_id, event.after)
    if event.before is not None:
        replaced = and_(File.stored_name == event.before, hangs_on_nothing(files_of(app).kept))
        if await remove_files(app, session, event.user_id, replaced):
            await live.announce_changed(app, session, owner_ids=[event.user_id])


async def _check(session: AsyncSession, user_id: int, stored_name: str) -> None:
    own = (File.stored_name == stored_name, File.owner_id == user_id, File.is_ready)
    picture = File.content_type.in_(content_types_of(Kind.IMAGE))
    # It stays until the commit.
    statement = select(File.id).where(*own, picture).with_for_update(read=True, key_share=True)
    if await session.scalar(statement) is None:
        raise Invalid(fields={"profile_image": _NOT_A_PICTURE})


async def give_up(app: FastAPI, session: AsyncSession, row: AnyRow) -> None:
    """A file is about to be removed: if it is its owner's face, they have none any more.

    Nobody can make it their face again in between: the account is held until the transaction ends.
    """
    owner = await accounts.get_user(session, row.owner_id, for_update=True)
    if owner is None or owner.profile_image != row.stored_name:
        return
    owner.profile_image = None
    await session.flush()
    events: Events = app.state.events
    await events.publish(session, ProfileChanged(owner.id))

"""How much room someone's files take, and whether there is room for one more.

A file counts once it is ready, a resumable upload with its whole length from when it begins until it becomes a file.
Both are decided one after another for each owner, so what was found to fit still fits when it is committed.
"""

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.core.database import exclusive
from musubi.core.errors import PayloadTooLarge
from musubi.core.i18n import Text
from musubi.features.files.models import File, ResumableUpload
from musubi.features.files.resumable.state import UNFINISHED

LOCK = "files"
"""What `exclusive` calls the files of one owner."""
_NO_ROOM = Text("There is not enough room left for this file", "空き容量が足りません")

_SIZES = select(func.coalesce(func.sum(File.size), 0), func.count()).where(
    File.owner_id == bindparam("owner_id"), File.is_ready
)
_LENGTHS = select(func.coalesce(func.sum(ResumableUpload.length), 0)).where(
    ResumableUpload.owner_id == bindparam("owner_id"),
    ResumableUpload.state.in_(UNFINISHED),
    ResumableUpload.id != bindparam("besides"),
)


@dataclass(frozen=True, slots=True)
class Usage:
    """What someone's files take."""

    used: int
    """In bytes, unfinished uploads included."""
    files: int


async def usage(connection: AsyncConnection | AsyncSession, owner_id: int, *, besides: str = "") -> Usage:
    """What the files of `owner_id` take, not counting the resumable upload `besides`."""
    size, files = (await connection.execute(_SIZES, {"owner_id": owner_id})).one()
    length = await connection.scalar(_LENGTHS, {"owner_id": owner_id, "besides": besides})
    return Usage(int(size) + int(length or 0), int(files))


def check(used: int, size: int, quota: int) -> None:
    """Raises PayloadTooLarge when `size` bytes don't fit in beside those that are used."""
    if used + size > quota:
        raise PayloadTooLarge(_NO_ROOM, details={"quota_bytes": quota, "used_bytes": used})


async def hold_room(session: AsyncSession, owner_id: int, size: int, quota: int, *, besides: str = "") -> None:
    """Let nobody else decide about files of `owner_id` until this transaction ends, and see that `size` bytes fit in.

    `besides`: the resumable upload that they came by, whose length is counted already. Raises PayloadTooLarge.
    """
    await exclusive(session, LOCK, owner_id)
    check((await usage(session, owner_id, besides=besides)).used, size, quota)

"""The SQL of resumable uploads. All that changes one is a compare-and-set of its row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.database import Database
from musubi.core.queries import Query
from musubi.core.types import AnyRow
from musubi.features.files.models import File, ResumableUpload, UploadSegment
from musubi.features.files.reading import READ_COLUMNS
from musubi.features.files.resumable.state import State

_COLUMNS = (
    ResumableUpload.id, ResumableUpload.owner_id, ResumableUpload.filename, ResumableUpload.content_type,
    ResumableUpload.description, ResumableUpload.item_id, ResumableUpload.sent_metadata, ResumableUpload.length,
    ResumableUpload.received, ResumableUpload.state, ResumableUpload.refusal, ResumableUpload.file_id,
    ResumableUpload.expires_at,
)  # fmt: skip
_SEGMENTS = (UploadSegment.offset, UploadSegment.length, UploadSegment.key)

_OF_OWNER = Query(
    select(
        *_COLUMNS,
        File.stored_name,
        select(func.count())
        .where(UploadSegment.upload_id == ResumableUpload.id)
        .correlate(ResumableUpload)
        .scalar_subquery()
        .label("segments"),
    )
    .outerjoin(File, File.id == ResumableUpload.file_id)
    .where(ResumableUpload.id == bindparam("upload_id"), ResumableUpload.owner_id == bindparam("owner_id"))
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece that is at rest, though perhaps without a row."""

    offset: int
    length: int
    key: str


async def find(database: Database, owner_id: int, upload_id: str) -> AnyRow | None:
    """An upload of this owner, with the `stored_name` of what became of it and how many `segments` it has."""
    return await _OF_OWNER.first(database, {"upload_id": upload_id, "owner_id": owner_id})


async def get(database: Database, upload_id: str) -> AnyRow | None:
    """An upload, whosoever it is."""
    async with database.reading() as reader:
        return (await reader.execute(select(*_COLUMNS).where(ResumableUpload.id == upload_id))).one_or_none()


async def file_of(database: Database, file_id: int) -> AnyRow | None:
    """The file that came of an upload, as it is read."""
    async with database.reading() as reader:
        return (await reader.execute(select(*READ_COLUMNS).where(File.id == file_id, File.is_ready))).one_or_none()


async def segments_of(database: Database, upload_id: str) -> Sequence[Segment]:
    """The pieces of an upload, from the first on."""
    statement = select(*_SEGMENTS).where(UploadSegment.upload_id == upload_id).order_by(UploadSegment.offset)
    async with database.reading() as reader:
        return [Segment(*row) for row in (await reader.execute(statement)).all()]


async def count_unfinished(session: AsyncSession, owner_id: int, now: datetime) -> int:
    """How many of this owner's uploads are under way, those that have expired aside."""
    under_way = or_(
        ResumableUpload.state == State.FINISHING,
        and_(ResumableUpload.state == State.RECEIVING, ResumableUpload.expires_at > now),
    )
    statement = select(func.count()).select_from(ResumableUpload).where(ResumableUpload.owner_id == owner_id, under_way)
    return await session.scalar(statement) or 0


async def append(session: AsyncSession, upload: AnyRow, segments: Sequence[Segment], *, kept_until: datetime) -> bool:
    """Add pieces that follow each other, unless another request went on from the same place or the upload is gone;
    whether they were added.

    With the last one the upload is FINISHING, and kept for who asks what became of it until that moment.
    """
    start, end = segments[0].offset, segments[-1].offset + segments[-1].length
    values: dict[str, Any] = {"received": end}
    if end == upload.length:
        values |= {"state": State.FINISHING, "expires_at": kept_until}
    still = and_(ResumableUpload.state == State.RECEIVING, ResumableUpload.received == start)
    if not await _change(session, upload.id, still, values):
        return False
    rows = [{"upload_id": upload.id, "offset": s.offset, "length": s.length, "key": s.key} for s in segments]
    await session.execute(insert(UploadSegment), rows)
    return True


async def settle(session: AsyncSession, upload_id: str, **values: Any) -> bool:
    """Write down what became of an upload that is FINISHING, whose pieces are needed no more; False if it isn't, or is
    gone."""
    if not await _change(session, upload_id, ResumableUpload.state == State.FINISHING, values):
        return False
    await session.execute(delete(UploadSegment).where(UploadSegment.upload_id == upload_id))
    return True


async def remove(session: AsyncSession, owner_id: int, upload_id: str) -> bool:
    """Delete an upload of this owner, with the rows of its pieces; False if there is none such."""
    mine = (ResumableUpload.id == upload_id, ResumableUpload.owner_id == owner_id)
    gone = delete(ResumableUpload).where(*mine).returning(ResumableUpload.id)
    return await session.scalar(gone, execution_options={"synchronize_session": False}) is not None


async def _change(session: AsyncSession, upload_id: str, still: ColumnElement[bool], values: dict[str, Any]) -> bool:
    statement = update(ResumableUpload).where(ResumableUpload.id == upload_id, still).values(values)
    changed = await session.scalar(
        statement.returning(ResumableUpload.id), execution_options={"synchronize_session": False}
    )
    return changed is not None

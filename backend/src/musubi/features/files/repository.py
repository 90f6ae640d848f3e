"""The SQL of files, and of listing one's own."""

from datetime import datetime
from functools import cache
from typing import cast

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.adapters.search import FIELD_SEPARATOR, text_search
from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.pagination import Listing, Ordering, Page, both_ways, paginate
from musubi.core.permissions import Principal
from musubi.core.queries import Query
from musubi.core.text import fold
from musubi.core.types import AnyRow, AnySelect
from musubi.features.files.access import removable_by
from musubi.features.files.models import File
from musubi.features.files.reading import READ_COLUMNS
from musubi.features.files.schemas import FileQuery
from musubi.features.files.types import Kind, content_types_of

_ORDERINGS: dict[str, Ordering] = {
    **both_ways("created_at", File.created_at, datetime),
    **both_ways("filename", File.filename, str),
    **both_ways("size", File.size, int),
}
_FILES = cast("Table", File.__table__)
_OWN: tuple[ColumnElement[bool], ...] = (File.owner_id == bindparam("owner_id"), File.is_ready.is_(True))


def searchable(filename: str, description: str) -> str:
    """What a search looks through. A separator in one of them is a space, so that only ours separate."""
    return FIELD_SEPARATOR.join(_searched(part) for part in (filename, description))


def _searched(text: str) -> str:
    return fold(text).replace(FIELD_SEPARATOR, " ")


async def list_own(database: Database, principal: Principal, query: FileQuery) -> Page:
    """A page of the files of `principal`."""
    listing, counting = _list(query.kind)
    if query.search:
        found = text_search(database.engine.dialect).position(_FILES.c.search_text, _searched(query.search)) > 0
        statement, count_statement = (each.where(found) for each in _limited(query.kind))
        listing, counting = Listing(statement, File.id, reused=False), Query(count_statement, reused=False)
    values = {"owner_id": principal.user_id}

    async def count() -> int:
        row = await counting.first(database, values)
        return 0 if row is None else int(row.total)

    return await paginate(database, listing, values, ordering=_ORDERINGS[query.sort], paging=query, count=count)


@cache
def _list(kind: Kind | None) -> tuple[Listing, Query]:
    statement, counting = _limited(kind)
    return Listing(statement, File.id), Query(counting)


def _limited(kind: Kind | None) -> tuple[AnySelect, AnySelect]:
    limits: list[ColumnElement[bool]] = [*_OWN]
    if kind is not None:
        # One by one: the driver knows no list of values.
        limits.append(or_(*(File.content_type == each for each in content_types_of(kind))))
    return select(*READ_COLUMNS).where(*limits), select(func.count().label("total")).select_from(File).where(*limits)


async def add_pending(session: AsyncSession, values: dict[str, object]) -> int:
    """Insert a file whose bytes are not at rest yet, and return its id."""
    statement = insert(File).returning(File.id)
    return (await session.execute(statement, {**values, "is_ready": False, "created_at": utcnow()})).scalar_one()


async def find_same(session: AsyncSession, owner_id: int, sha256: str, filename: str) -> AnyRow | None:
    """A file of this owner with the same bytes and name: its blob, and whether that has a thumbnail."""
    same = (File.owner_id == owner_id, File.is_ready, File.sha256 == sha256, File.filename == filename)
    return (await session.execute(select(File.blob, File.has_thumbnail).where(*same).limit(1))).first()


async def make_ready(session: AsyncSession, file_id: int, values: dict[str, object]) -> AnyRow | None:
    """The file as it is read once it is ready; None when it isn't pending any more."""
    pending = (File.id == file_id, File.is_ready.is_(False))
    statement = update(File).where(*pending).values(**values, is_ready=True).returning(*READ_COLUMNS)
    return (await session.execute(statement, execution_options={"synchronize_session": False})).first()


async def delete_pending(session: AsyncSession, file_id: int) -> str | None:
    """Delete a file that is not ready; its blob, or None if there is none such."""
    statement = delete(File).where(File.id == file_id, File.is_ready.is_(False)).returning(File.blob)
    return await session.scalar(statement, execution_options={"synchronize_session": False})


async def find(session: AsyncSession, principal: Principal, stored_name: str) -> AnyRow | None:
    """The file if it is ready, whoever asks, with whether `principal` may remove it. It isn't held: whoever changes it
    has to see whether it still is there."""
    may_remove = removable_by(principal).label("is_removable")
    statement = select(*READ_COLUMNS, may_remove).where(File.stored_name == stored_name, File.is_ready)
    return (await session.execute(statement)).first()


async def save(session: AsyncSession, file_id: int, values: dict[str, object]) -> AnyRow | None:
    """Change the file and return it as it is read; None when it is gone."""
    statement = update(File).where(File.id == file_id).values(**values).returning(*READ_COLUMNS)
    return (await session.execute(statement, execution_options={"synchronize_session": False})).first()

"""What is downloaded: finding it for someone, and opening it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import PurePosixPath
from typing import cast

import structlog
from fastapi import FastAPI
from sqlalchemy import BindParameter, bindparam, select

from musubi.adapters.storage import Missing, Storage, StorageUnavailable
from musubi.core.database import Database
from musubi.core.errors import Forbidden, NotFound, ServiceUnavailable
from musubi.core.http.byte_stream import BrokenOff
from musubi.core.i18n import Text
from musubi.core.permissions import Principal, Role
from musubi.core.queries import Query
from musubi.core.types import AnyRow, AnySelect
from musubi.features.files import blobs
from musubi.features.files.access import Rule, readable_by_any
from musubi.features.files.context import files_of
from musubi.features.files.links import Variant
from musubi.features.files.models import File
from musubi.features.files.reading import READ_COLUMNS, Fields, as_links
from musubi.features.files.types import type_by_content_type

log = structlog.get_logger("musubi.files")

FILE_NOT_FOUND = Text("File not found", "ファイルが見つかりません")
_NO_THUMBNAIL = Text("This file has no thumbnail", "このファイルにはサムネイルがありません")
_STORAGE_AWAY = Text("Files can't be read at the moment", "現在ファイルを読み込めません")
_LOST = Text("This file can't be read", "このファイルを読み込めません")

_COLUMNS = (File.id, File.blob, File.sha256, File.size, File.content_type, File.filename, File.has_thumbnail)
_STORE_LINK_LIFETIME = timedelta(minutes=5)
_THUMBNAIL_TYPE = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes that someone may have, and what is said of them."""

    file_id: int
    key: str
    """Where they lie in the storage."""
    tag: str
    """Their ETag: equal bytes, equal tag."""
    size: int | None
    """In bytes; None where that is known only once they are read. Those are few."""
    content_type: str
    filename: str
    is_inline: bool
    """Whether a browser may show them in place."""


async def find(app: FastAPI, principal: Principal, stored_name: str, variant: Variant) -> Download:
    """Raises NotFound; Forbidden for a file that this principal may not read."""
    finding = _finding(principal.role, principal.is_superuser, tuple(files_of(app).rules))
    row = await finding.first(app.state.database, {"stored_name": stored_name, "reader_id": principal.user_id})
    if row is None:
        raise NotFound(FILE_NOT_FOUND)
    if not row.is_readable:
        raise Forbidden
    if variant is Variant.FILE:
        return _file(row)
    if not row.has_thumbnail:
        raise NotFound(_NO_THUMBNAIL)
    return _thumbnail(row)


@cache
def _finding(role: Role, is_superuser: bool, rules: tuple[Rule, ...]) -> Query:
    """Finds a file, and whether a reader of this role may have it."""
    readable = readable_by_any(role, is_superuser, rules).label("is_readable")
    return Query(select(*_COLUMNS, readable).where(File.stored_name == bindparam("stored_name"), File.is_ready))


def _file(row: AnyRow) -> Download:
    file_type = type_by_content_type(row.content_type)
    is_inline = file_type is not None and file_type.is_shown_inline
    key, tag = blobs.file_key(row.blob), f'"{row.sha256}"'
    return Download(row.id, key, tag, row.size, row.content_type, row.filename, is_inline)


def _thumbnail(row: AnyRow) -> Download:
    name = f"{PurePosixPath(row.filename).stem}.jpg"
    key, tag = blobs.thumbnail_key(row.blob), f'"{row.sha256}-t"'
    return Download(row.id, key, tag, None, _THUMBNAIL_TYPE, name, is_inline=True)


async def opened(
    app: FastAPI, download: Download, start: int = 0, end: int | None = None
) -> tuple[bytes, AsyncGenerator[bytes, None]]:
    """The first of the bytes from `start` up to and without `end`, and the others, which have to be closed: that they
    can't be read is known while a reply can still say so.

    Raises ServiceUnavailable; NotFound if the file was removed meanwhile. The others raise BrokenOff.
    """
    pieces = _pieces(files_of(app).storage, download, start, end)
    try:
        return await anext(pieces, b""), pieces
    except StorageUnavailable as error:
        log.error("storage unavailable", reason=_reason(error))  # noqa: TRY400
        raise ServiceUnavailable(_STORAGE_AWAY, headers={"Retry-After": "5"}) from error
    except Missing:
        await _explain(app, download)
        raise


async def whole(app: FastAPI, download: Download) -> bytes:
    """All of it at once, for what is small. Raises as `opened` does."""
    first, pieces = await opened(app, download)
    async with aclosing(pieces):
        try:
            return first + b"".join([piece async for piece in pieces])
        except BrokenOff as error:
            raise ServiceUnavailable(_STORAGE_AWAY, headers={"Retry-After": "5"}) from error


async def store_link(app: FastAPI, download: Download) -> str | None:
    """Where the store gives the bytes itself, for some minutes; None if it doesn't. Raises ServiceUnavailable."""
    try:
        return await files_of(app).storage.download_url(download.key, _STORE_LINK_LIFETIME)
    except StorageUnavailable as error:
        log.error("storage unavailable", reason=_reason(error))  # noqa: TRY400
        raise ServiceUnavailable(_STORAGE_AWAY, headers={"Retry-After": "5"}) from error


async def _pieces(storage: Storage, download: Download, start: int, end: int | None) -> AsyncGenerator[bytes, None]:
    # Every storage writes it as a generator.
    source = cast("AsyncGenerator[bytes, None]", storage.read(download.key, start, end))
    has_begun = False
    async with aclosing(source):
        try:
            async for piece in source:
                has_begun = True
                yield piece
        except (Missing, StorageUnavailable) as error:
            if not has_begun:
                raise
            log.error("download broke off", file_id=download.file_id, reason=_reason(error))  # noqa: TRY400
            raise BrokenOff from error


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


async def _explain(app: FastAPI, download: Download) -> None:
    """Bytes that were looked for are not there. Raises NotFound if the file was removed in between; else it is lost,
    which 404 would deny: ServiceUnavailable."""
    database: Database = app.state.database
    async with database.reading() as reader:
        is_there = await reader.scalar(select(File.id).where(File.id == download.file_id))
    if is_there is None:
        raise NotFound(FILE_NOT_FOUND)
    log.error("file without bytes", file_id=download.file_id, key=download.key)
    raise ServiceUnavailable(_LOST)


async def links_of(app: FastAPI, principal: Principal, stored_names: list[str]) -> list[Fields]:
    """Links to those of the files that `principal` may read."""
    files = files_of(app)
    statement = _linked(principal.role, principal.is_superuser, tuple(files.rules))
    values = {"stored_names": stored_names, "reader_id": principal.user_id}
    database: Database = app.state.database
    async with database.reading() as reader:
        rows = (await reader.execute(statement, values)).all()
    return [as_links(row, files.links, principal.session_id) for row in rows]


@cache
def _linked(role: Role, is_superuser: bool, rules: tuple[Rule, ...]) -> AnySelect:
    """The files of these names that a reader of this role may have."""
    names: BindParameter[str] = bindparam("stored_names", expanding=True)
    return select(*READ_COLUMNS).where(File.stored_name.in_(names), readable_by_any(role, is_superuser, rules))

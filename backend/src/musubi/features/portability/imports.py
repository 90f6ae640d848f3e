"""What people do with archives that they bring: send one, and look what came of it."""

from collections.abc import Sequence

from fastapi import FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.adapters.storage import Description
from musubi.core.database import Database, database_of
from musubi.core.errors import BadRequest, Conflict, Invalid, Unauthorized
from musubi.core.http.content_disposition import content_disposition
from musubi.core.http.multipart import Part, read_parts
from musubi.core.i18n import Text
from musubi.core.permissions import Principal
from musubi.core.types import AnyRow
from musubi.features.accounts import repository as accounts
from musubi.features.files.context import files_of
from musubi.features.files.refusals import as_errors
from musubi.features.files.spool import Spooled, SpoolFile, in_thread, spooling
from musubi.features.portability import archive, repository
from musubi.features.portability.importing import IMPORT_ARCHIVE
from musubi.features.portability.places import import_key, new_name
from musubi.features.portability.reading import ArchiveReader, BadArchive, Contents, Flaw
from musubi.settings import Settings

PART = "file"
_REST_BYTES = 64 * 1024
"""Of everything in the form that isn't the archive."""
_REQUIRED = Text("This field is required", "入力してください")
_ONE_FILE = Text("Send one archive, and nothing else", "アーカイブを1つだけ送信してください")
_IMPORTING = Text("An import is going on already", "インポートはすでに実行中です")
_FLAWS: dict[Flaw, Text] = {
    Flaw.NO_ARCHIVE: Text("This is not a zip file, or it is damaged", "ZIPファイルではないか、壊れています"),
    Flaw.NO_EXPORT: Text(
        "This is not an archive of data from Musubi", "Musubiからエクスポートしたアーカイブではありません"
    ),
    Flaw.TOO_NEW: Text(
        "A newer version of Musubi made this archive", "新しいバージョンのMusubiで作成されたアーカイブです"
    ),
    Flaw.ALTERED: Text(
        "The archive was changed since it was made, or it is damaged",
        "アーカイブが作成後に変更されたか、壊れています",
    ),
    Flaw.TOO_MUCH: Text("The archive holds more than can be imported", "アーカイブの件数が多すぎます"),
}


async def receive(request: Request, principal: Principal) -> AnyRow:
    """Take the archive in a form: nothing of it is used before all of it was checked.

    Raises Invalid for what is no archive of ours, Conflict when one is being imported, and what reading forms, the
    spool and the storage raise.
    """
    app: FastAPI = request.app
    settings: Settings = app.state.settings
    limit = max_bytes(settings)
    files = files_of(app)
    async with database_of(request).reading() as reader:
        if await repository.is_importing(reader, principal.user_id):
            raise Conflict(_IMPORTING)
    async with spooling(files.spool, limit=limit) as file:
        spooled = await _read_form(request, file, limit)
        contents = await _check(spooled, limit)
        name = new_name()
        with as_errors():
            disposition = content_disposition("musubi.zip", is_inline=False)
            await files.storage.put_file(import_key(name), spooled.path, Description("application/zip", disposition))
        # Bytes that no row comes to know of are swept away.
        async with database_of(request).transaction() as session:
            return await _begin(app, session, principal, name, contents)


def max_bytes(settings: Settings) -> int:
    """How large an archive may be, packed or not: what one's files may take, and the documents beside them."""
    return settings.file_quota_bytes + archive.DOCUMENTS_BYTES


async def list_own(database: Database, principal: Principal) -> Sequence[AnyRow]:
    """The caller's imports, newest first."""
    async with database.reading() as reader:
        return await repository.list_imports(reader, principal.user_id)


async def _begin(app: FastAPI, session: AsyncSession, principal: Principal, name: str, contents: Contents) -> AnyRow:
    # Held: of two requests at once, the second sees what the first one wrote.
    if await accounts.get_user(session, principal.user_id, for_update=True) is None:
        raise Unauthorized
    if await repository.is_importing(session, principal.user_id):
        raise Conflict(_IMPORTING)
    row = await repository.add_import(session, principal.user_id, name, contents.name)
    await app.state.jobs.enqueue(session, IMPORT_ARCHIVE, {"import_id": row.id})
    return row


async def _read_form(request: Request, file: SpoolFile, limit: int) -> Spooled:
    """Raises Invalid, BadRequest, and what `read_parts` and `SpoolFile.write` raise."""
    settings: Settings = request.app.state.settings
    current: Part | None = None
    parts = read_parts(request, limit=limit + _REST_BYTES, idle_seconds=settings.upload_idle_seconds)
    async for part, piece in parts:
        if part is not current:
            if current is not None or part.name != PART:
                raise BadRequest(_ONE_FILE)
            if not part.filename:
                raise Invalid(fields={PART: _REQUIRED})
            current = part
        await file.write(piece)
    if current is None:
        raise Invalid(fields={PART: _REQUIRED})
    return await file.finish()


async def _check(spooled: Spooled, limit: int) -> Contents:
    def check() -> Contents:
        with ArchiveReader(spooled.path) as reader:
            return reader.check(max_bytes=limit)

    try:
        return await in_thread(check)
    except BadArchive as error:
        text = _FLAWS[error.flaw]
        raise Invalid(text, fields={PART: text}, details={"reason": error.flaw, "part": error.part}) from error

"""Taking a file: from bytes that arrived, by whichever way, to a row that is ready.

The bytes are looked into; then there is a row, pending, and committed; then they are put to rest; then one transaction
decides whether there is room, attaches the file, and makes it ready. What is refused on the way, and what fails, leaves
neither a row nor bytes; what a crash leaves is pending, and is cleared away (`clean_up`).
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import anyio
import structlog
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.adapters.storage import Description
from musubi.core.database import Database, is_unavailable
from musubi.core.errors import Forbidden, ServiceUnavailable
from musubi.core.http.content_disposition import content_disposition
from musubi.core.permissions import Principal, Role
from musubi.core.types import AnyRow
from musubi.features.accounts.models import User
from musubi.features.files import live, quota, removal, repository
from musubi.features.files.attachments import check_attachable
from musubi.features.files.blobs import file_key, new_blob, thumbnail_key
from musubi.features.files.context import files_of
from musubi.features.files.counting import counted
from musubi.features.files.inspection import Inspected, Reason
from musubi.features.files.refusals import as_errors, refusal
from musubi.features.files.spool import Spooled
from musubi.features.files.types import FileType, type_by_name

log = structlog.get_logger("musubi.files")


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of a file by whoever uploads it."""

    filename: str
    """As `names.clean_filename` gives it."""
    content_type: str
    """As declared, in lower case and without parameters; may be empty."""
    description: str = ""
    item_id: int | None = None
    """The item to attach it to."""
    upload_id: str | None = None
    """The resumable upload that it came by, whose length counts in the quota until now; None for a simple upload."""
    is_from_archive: bool = False
    """Whether it was in an archive, where kinds are taken that otherwise come by resumable uploads alone."""

    @property
    def kind(self) -> str:
        """By which way it came, as metrics call it."""
        if self.is_from_archive:
            return "archive"
        return "simple" if self.upload_id is None else "resumable"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A pending file, whose bytes are at rest."""

    file_id: int
    owner_id: int
    claim: Claim
    spooled: Spooled
    inspected: Inspected
    blob: str


Settle = Callable[[AsyncSession, AnyRow], Awaitable[None]]
"""What else is to happen in the transaction that makes the file ready; what it raises leaves no file."""


async def take(app: FastAPI, owner_id: int, spooled: Spooled, claim: Claim, *, settle: Settle | None = None) -> AnyRow:
    """Make a file of `owner_id` from what is in the spool, and return its row, as `reading.READ_COLUMNS`.

    No session may be open. Raises UnsupportedMediaType, whose details have the `reason`, for a file that isn't taken;
    PayloadTooLarge when there is no room in the quota; NotFound, Forbidden, Conflict when it can't be attached;
    InsufficientStorage and ServiceUnavailable, after which trying again may help.
    """
    async with arriving(app, owner_id, spooled, claim) as arrived:
        database: Database = app.state.database
        async with database.transaction() as session:
            row = await make_ready(app, session, arrived)
            if settle is not None:
                await settle(session, row)
    return row


def type_of(claim: Claim) -> FileType:
    """The type that a file has to be of by its name and its declaration. Raises UnsupportedMediaType."""
    named = type_by_name(claim.filename)
    came_small = claim.upload_id is None and not claim.is_from_archive
    if named is None or (named.is_resumable_only and came_small):
        raise refusal(Reason.UNKNOWN_TYPE)
    if not named.is_called(claim.content_type):
        raise refusal(Reason.DECLARED_OTHERWISE)
    return named


@asynccontextmanager
async def arriving(app: FastAPI, owner_id: int, spooled: Spooled, claim: Claim) -> AsyncIterator[Arrived]:
    """A block that makes a file ready that is pending, its bytes at rest. When it raises, the file is gone again.

    Raises as `take`.
    """
    files = files_of(app)
    with counted(claim.kind), as_errors():
        file_type = type_of(claim)
        inspected = await files.inspector.inspect(spooled.path, file_type)
    arrived = await _add(app, owner_id, spooled, claim, inspected, file_type)
    try:
        with counted(claim.kind), as_errors():
            disposition = content_disposition(claim.filename, is_inline=file_type.is_shown_inline)
            description = Description(file_type.content_type, disposition)
            await files.storage.put_file(file_key(arrived.blob), spooled.path, description)
            if inspected.thumbnail is not None:
                await files.storage.put(thumbnail_key(arrived.blob), inspected.thumbnail)
        yield arrived
    except BaseException:
        with anyio.CancelScope(shield=True):
            await _abandon(app, arrived)
        raise


async def _add(
    app: FastAPI, owner_id: int, spooled: Spooled, claim: Claim, inspected: Inspected, file_type: FileType
) -> Arrived:
    """Commit a pending row."""
    blob = new_blob()
    values: dict[str, Any] = {
        "stored_name": token_hex(16) + file_type.extensions[0],
        "owner_id": owner_id,
        "filename": claim.filename,
        "content_type": file_type.content_type,
        "size": spooled.size,
        "sha256": spooled.sha256,
        "blob": blob,
        "has_thumbnail": inspected.thumbnail is not None,
        "width": inspected.width,
        "height": inspected.height,
        "description": claim.description,
        "search_text": repository.searchable(claim.filename, claim.description),
    }
    database: Database = app.state.database
    async with database.transaction() as session:
        file_id = await repository.add_pending(session, values)
    return Arrived(file_id, owner_id, claim, spooled, inspected, blob)


async def make_ready(app: FastAPI, session: AsyncSession, arrived: Arrived) -> AnyRow:
    """Make the file its owner's, in this transaction.

    Raises PayloadTooLarge, NotFound, Forbidden, Conflict before it has changed anything; ServiceUnavailable when the
    file was pending for so long that it was cleared away.
    """
    with counted(arrived.claim.kind, completes=arrived.spooled.size):
        return await _make_ready(app, session, arrived)


async def _make_ready(app: FastAPI, session: AsyncSession, arrived: Arrived) -> AnyRow:
    claim, owner_id = arrived.claim, arrived.owner_id
    principal = await _principal(session, owner_id)
    if claim.item_id is not None:
        await check_attachable(session, principal, claim.item_id)
    limit = files_of(app).quota
    await quota.hold_room(session, owner_id, arrived.spooled.size, limit, besides=claim.upload_id or "")
    values: dict[str, Any] = {"item_id": claim.item_id}
    same = await repository.find_same(session, owner_id, arrived.spooled.sha256, claim.filename)
    if same is not None:
        values |= {"blob": same.blob, "has_thumbnail": same.has_thumbnail}
        await removal.remove_blobs(app, session, [arrived.blob])
    row = await repository.make_ready(session, arrived.file_id, values)
    if row is None:
        raise ServiceUnavailable(headers={"Retry-After": "1"})
    await live.announce_changed(app, session, owner_ids=[owner_id], item_ids=[claim.item_id])
    return row


async def _principal(session: AsyncSession, user_id: int) -> Principal:
    """Who uploaded it, and what they may do by now. Raises Forbidden when their account is gone or disabled."""
    columns = User.username, User.role, User.is_superuser
    # Held: an account that is being deleted takes its files along, which this one must be among, or come too late.
    statement = select(*columns).where(User.id == user_id, User.is_active)
    user = (await session.execute(statement.with_for_update(read=True, key_share=True))).first()
    if user is None:
        raise Forbidden
    return Principal(user_id, user.username, Role(user.role), user.is_superuser, session_id=0)


async def discard(app: FastAPI, session: AsyncSession, arrived: Arrived) -> None:
    """Let go of a file that is not ready; its bytes are removed once this transaction is committed."""
    blob = await repository.delete_pending(session, arrived.file_id)
    if blob is not None:
        await removal.remove_blobs(app, session, [blob])


async def _abandon(app: FastAPI, arrived: Arrived) -> None:
    """Leave nothing of it. What can't be done now is done by the clean-up."""
    database: Database = app.state.database
    try:
        async with database.transaction() as session:
            await discard(app, session, arrived)
    except Exception as error:
        if not is_unavailable(error):
            raise
        log.warning("a file that was not taken stays for a while", file_id=arrived.file_id)

"""The SQL of everything that is known of someone. It is read in batches, none of which holds a connection while it is
written down."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from musubi.core.database import Database
from musubi.core.types import AnyRow, AnySelect
from musubi.features.accounts import repository as accounts
from musubi.features.accounts.models import AuthSession, Identity, Passkey, RecoveryCode, TotpSecret
from musubi.features.audit.models import AuditEntry
from musubi.features.files.models import File
from musubi.features.items.models import Item
from musubi.features.mail.models import OutgoingMail
from musubi.features.notifications.models import Notification
from musubi.features.rooms.models import Message, MessageFile, Reaction, Room, RoomMember

Entry = Mapping[str, Any]
_BATCH = 200

_ITEM = (Item.id, Item.title, Item.description, Item.status, Item.tags, Item.created_at, Item.updated_at)
_FILE = (
    File.id, File.filename, File.content_type, File.description, File.item_id, File.size, File.sha256, File.width,
    File.height, File.created_at, File.blob,
)  # fmt: skip
_MESSAGE = (Message.id, Message.seq, Message.content, Message.created_at, Message.edited_at)
_NOTIFICATION = (
    Notification.id, Notification.kind, Notification.actor_id, Notification.data, Notification.created_at,
    Notification.read_at,
)  # fmt: skip
_SESSION = (
    AuthSession.id, AuthSession.created_at, AuthSession.last_used_at, AuthSession.expires_at, AuthSession.ended_at,
    AuthSession.address, AuthSession.user_agent,
)  # fmt: skip
_MAIL = (
    OutgoingMail.id, OutgoingMail.recipient, OutgoingMail.subject, OutgoingMail.template, OutgoingMail.state,
    OutgoingMail.created_at, OutgoingMail.sent_at,
)  # fmt: skip
_AUDIT = (
    AuditEntry.id, AuditEntry.at, AuditEntry.actor_id, AuditEntry.action, AuditEntry.object_type, AuditEntry.object_id,
    AuditEntry.details, AuditEntry.address,
)  # fmt: skip


async def account(database: Database, user_id: int) -> dict[str, Any] | None:
    """The profile, and which ways in there are; None when the account is gone."""
    passkey = select(Passkey.name, Passkey.created_at, Passkey.last_used_at).where(Passkey.user_id == user_id)
    identity = select(Identity.provider, Identity.issuer, Identity.subject, Identity.email, Identity.created_at)
    codes = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user_id)
    async with database.reading() as reader:
        row = await accounts.get_user_row(reader, user_id)
        if row is None:
            return None
        totp = select(TotpSecret.confirmed_at).where(TotpSecret.user_id == user_id)
        return {
            **row._mapping,
            "has_password": await accounts.password_hash_of(reader, user_id) is not None,
            "authenticator_app_since": await reader.scalar(totp),
            "recovery_codes_left": await reader.scalar(codes) or 0,
            "passkeys": _all((await reader.execute(passkey.order_by(Passkey.id))).all()),
            "connected_accounts": _all((await reader.execute(identity.where(Identity.user_id == user_id))).all()),
        }


def items(database: Database, user_id: int) -> AsyncIterator[Entry]:
    return _entries(database, select(*_ITEM).where(Item.owner_id == user_id), Item.id)


async def files(database: Database, user_id: int) -> AsyncIterator[AnyRow]:
    """The rows themselves, which name the blobs that hold the bytes."""
    async for batch in _batches(database, select(*_FILE).where(File.owner_id == user_id, File.is_ready), File.id):
        for row in batch:
            yield row


async def bytes_of_files(database: Database, user_id: int) -> int:
    """How many bytes all of them have."""
    size = select(func.coalesce(func.sum(File.size), 0)).where(File.owner_id == user_id, File.is_ready)
    async with database.reading() as reader:
        return int(await reader.scalar(size) or 0)


async def rooms(database: Database, user_id: int) -> AsyncIterator[Entry]:
    membership = and_(RoomMember.room_id == Room.id, RoomMember.user_id == user_id)
    statement = (
        select(Room.id, Room.name, Room.topic, Room.is_private, Room.created_at, Room.created_by, RoomMember.joined_at)
        .outerjoin(RoomMember, membership)
        .where(or_(Room.created_by == user_id, RoomMember.user_id.is_not(None)))
    )
    async for entry in _entries(database, statement, Room.id):
        fields = dict(entry)
        yield {**fields, "is_owner": fields.pop("created_by") == user_id}


async def messages(database: Database, user_id: int) -> AsyncIterator[Entry]:
    """What someone said, with the ids of the files it shows. What was deleted has no text any more."""
    statement = (
        select(Room.name.label("room"), *_MESSAGE)
        .join(Room, Room.id == Message.room_id)
        .where(Message.user_id == user_id, Message.deleted_at.is_(None))
    )
    async for batch in _batches(database, statement, Message.id):
        shown: dict[int, list[int]] = {}
        ids = [row.id for row in batch]
        of_these = select(MessageFile.message_id, MessageFile.file_id).where(MessageFile.message_id.in_(ids))
        async with database.reading() as reader:
            for message_id, file_id in await reader.execute(of_these.order_by(MessageFile.position)):
                shown.setdefault(message_id, []).append(file_id)
        for row in batch:
            yield {**row._mapping, "file_ids": shown.get(row.id, [])}


async def reactions(database: Database, user_id: int) -> AsyncIterator[Entry]:
    place = tuple_(Reaction.message_id, Reaction.emoji)
    statement = (
        select(Room.name.label("room"), Reaction.message_id, Reaction.emoji, Reaction.created_at)
        .join(Message, Message.id == Reaction.message_id)
        .join(Room, Room.id == Message.room_id)
        .where(Reaction.user_id == user_id)
        .order_by(Reaction.message_id, Reaction.emoji)
        .limit(_BATCH)
    )
    last: ColumnElement[bool] | None = None
    while True:
        async with database.reading() as reader:
            rows = (await reader.execute(statement if last is None else statement.where(last))).all()
        for row in rows:
            yield dict(row._mapping)
        if len(rows) < _BATCH:
            return
        last = place > (rows[-1].message_id, rows[-1].emoji)


def notifications(database: Database, user_id: int) -> AsyncIterator[Entry]:
    return _entries(database, select(*_NOTIFICATION).where(Notification.user_id == user_id), Notification.id)


def sessions(database: Database, user_id: int) -> AsyncIterator[Entry]:
    return _entries(database, select(*_SESSION).where(AuthSession.user_id == user_id), AuthSession.id)


def mails(database: Database, user_id: int) -> AsyncIterator[Entry]:
    return _entries(database, select(*_MAIL).where(OutgoingMail.user_id == user_id), OutgoingMail.id)


async def audit(database: Database, user_id: int) -> AsyncIterator[Entry]:
    """What someone did, and what was done to their account. From where others did it is their affair."""
    to_them = and_(AuditEntry.object_type == "user", AuditEntry.object_id == user_id)
    statement = select(*_AUDIT).where(or_(AuditEntry.actor_id == user_id, to_them))
    async for entry in _entries(database, statement, AuditEntry.id):
        fields = dict(entry)
        by_oneself = fields.pop("actor_id") == user_id
        yield {**fields, "by_oneself": by_oneself, "address": fields["address"] if by_oneself else None}


async def _entries(
    database: Database, statement: AnySelect, row_id: InstrumentedAttribute[int]
) -> AsyncIterator[Entry]:
    async for batch in _batches(database, statement, row_id):
        for row in batch:
            yield dict(row._mapping)


async def _batches(
    database: Database, statement: AnySelect, row_id: InstrumentedAttribute[int]
) -> AsyncIterator[list[AnyRow]]:
    """The rows by their ids, so many at a time."""
    last = 0
    while True:
        async with database.reading() as reader:
            rows = list((await reader.execute(statement.where(row_id > last).order_by(row_id).limit(_BATCH))).all())
        if rows:
            yield rows
        if len(rows) < _BATCH:
            return
        last = rows[-1].id


def _all(rows: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in rows]

"""The SQL of the outbox."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.core.database import Database
from musubi.core.pagination import Listing, Page, both_ways, paginate
from musubi.core.types import AnyRow
from musubi.features.mail.models import MailState, OutgoingMail
from musubi.features.mail.schemas import MailQuery

_READ_COLUMNS = (
    OutgoingMail.id, OutgoingMail.recipient.label("to"), OutgoingMail.subject, OutgoingMail.template,
    OutgoingMail.locale, OutgoingMail.state, OutgoingMail.protected, OutgoingMail.created_at, OutgoingMail.sent_at,
    OutgoingMail.error,
)  # fmt: skip

_NEWEST_FIRST = both_ways("created_at", OutgoingMail.created_at, datetime)["-created_at"]


async def list_mails(database: Database, query: MailQuery) -> Page:
    """Mails as `MailRead` wants them, newest first."""
    condition: list[ColumnElement[bool]] = []
    if query.search:
        term = query.search.strip()
        condition.append(
            or_(
                OutgoingMail.recipient.icontains(term, autoescape=True),
                OutgoingMail.subject.icontains(term, autoescape=True),
            )
        )
    if query.state is not None:
        condition.append(OutgoingMail.state == query.state)

    async def count() -> int:
        async with database.reading() as reader:
            return await reader.scalar(select(func.count()).select_from(OutgoingMail).where(*condition)) or 0

    listing = Listing(select(*_READ_COLUMNS).where(*condition), OutgoingMail.id, reused=False)
    return await paginate(database, listing, {}, ordering=_NEWEST_FIRST, paging=query, count=count)


async def get_mail(connection: AsyncConnection | AsyncSession, mail_id: int) -> AnyRow | None:
    """A mail as it is listed, and what is sealed of it."""
    statement = select(*_READ_COLUMNS, OutgoingMail.sealed).where(OutgoingMail.id == mail_id)
    return (await connection.execute(statement)).first()


async def change_mail(session: AsyncSession, mail_id: int, **values: Any) -> None:
    """Set columns of a mail that is not sent yet."""
    statement = update(OutgoingMail).where(OutgoingMail.id == mail_id, OutgoingMail.state != MailState.SENT)
    await session.execute(statement.values(**values).execution_options(synchronize_session=False))


async def forget_mails_of(session: AsyncSession, user_id: int) -> None:
    """Delete every mail that was written to a user."""
    statement = delete(OutgoingMail).where(OutgoingMail.user_id == user_id)
    await session.execute(statement.execution_options(synchronize_session=False))

"""Sending what was written, as a job; and forgetting it after a while."""

from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

import structlog
from fastapi import FastAPI

from musubi.adapters.mail import MailTransport, Message, Refused, Unavailable
from musubi.core import metrics
from musubi.core.clock import utcnow
from musubi.core.jobs import Discard, JobKind, Periodic
from musubi.core.jobs.deletion import delete_in_batches
from musubi.core.keyring import Unreadable
from musubi.core.types import AnyRow
from musubi.features.mail import repository
from musubi.features.mail.content import unseal
from musubi.features.mail.models import MailState, OutgoingMail
from musubi.settings import Settings

log = structlog.get_logger("musubi.mail")

GIVE_UP_AFTER = timedelta(days=2)
"""How long a server may be away. No link in a mail is good for longer."""
_MAX_ERROR = 300


async def _send(app: FastAPI, payload: dict[str, Any]) -> None:
    mail_id: int = payload["mail_id"]
    async with app.state.database.reading() as reader:
        mail = await repository.get_mail(reader, mail_id)
    if mail is None or mail.state not in (MailState.QUEUED, MailState.FAILED):
        # Its user was deleted, or the process died after sending it and before noting so here.
        return
    transport: MailTransport | None = app.state.mail_transport
    if transport is None:
        # The server was taken out of the settings meanwhile.
        await _note(app, mail_id, state=MailState.KEPT, error=None)
        metrics.mails.labels("kept").inc()
        return
    try:
        await transport.send(_message(app, mail))
    except Unreadable:
        metrics.mails.labels("unreadable").inc()
        await _give_up(app, mail_id, "It was sealed with a secret that is no longer set")
    except Refused as error:
        metrics.mails.labels("refused").inc()
        await _give_up(app, mail_id, str(error))
    except Unavailable as error:
        metrics.mails.labels("unavailable").inc()
        if utcnow() - mail.created_at >= GIVE_UP_AFTER:
            await _give_up(app, mail_id, str(error))
        await _note(app, mail_id, error=str(error)[:_MAX_ERROR])
        raise
    else:
        metrics.mails.labels("sent").inc()
        await _note(app, mail_id, state=MailState.SENT, sent_at=utcnow(), sealed=None, error=None)
        log.info("mail sent", mail_id=mail_id, template=mail.template)


def _message(app: FastAPI, mail: AnyRow) -> Message:
    settings: Settings = app.state.settings
    content = unseal(app.state.keys, mail.sealed)
    return Message(
        to=mail.to,
        subject=mail.subject,
        text=content.text,
        html=content.html,
        sender=settings.mail_sender,
        message_id=message_id(mail.id, mail.created_at, settings.mail_sender),
        written_at=mail.created_at,
        locale=mail.locale,
    )


def message_id(mail_id: int, written_at: datetime, sender: str) -> str:
    """The `Message-ID` of a mail: the same however often it is sent, and no other's, also not in another database."""
    moment = int(written_at.timestamp() * 1_000_000)
    return f"<{mail_id}.{moment}@{parseaddr(sender)[1].rpartition('@')[2]}>"


async def _give_up(app: FastAPI, mail_id: int, reason: str) -> None:
    """Note that the mail failed. What it says stays, so that an operator who mends the cause can try its job again.

    Always raises Discard.
    """
    await _note(app, mail_id, state=MailState.FAILED, error=reason[:_MAX_ERROR])
    raise Discard(reason)


async def _note(app: FastAPI, mail_id: int, **values: Any) -> None:
    async with app.state.database.transaction() as session:
        await repository.change_mail(session, mail_id, **values)


async def _clear(app: FastAPI) -> None:
    settings: Settings = app.state.settings
    outdated = OutgoingMail.created_at < utcnow() - timedelta(days=settings.mail_days)
    count = await delete_in_batches(app.state.database, OutgoingMail.id, outdated)
    log.info("old mails deleted", count=count)


SEND_MAIL = JobKind(
    "mail.send",
    _send,
    # How long it has been tried decides, not how often: see GIVE_UP_AFTER.
    max_attempts=1000,
)
CLEAR_MAILS = Periodic("mail.clear", _clear, every=timedelta(hours=6))
"""Deletes mails after `MUSUBI_MAIL_DAYS`."""

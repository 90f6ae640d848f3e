"""The outbox as tests read it: every mail that was written, with what it says."""

import re
from dataclasses import dataclass

from fastapi import FastAPI
from sqlalchemy import select

from musubi.features.mail.content import unseal
from musubi.features.mail.models import MailState, OutgoingMail


@dataclass(frozen=True)
class Mail:
    """A mail that was written."""

    id: int
    to: str
    template: str
    locale: str
    subject: str
    protected: bool
    state: MailState
    error: str | None
    text: str
    html: str

    @property
    def link(self) -> str:
        """The one link in it."""
        [link] = set(re.findall(r"https?://\S+", self.text))
        return str(link)

    @property
    def token(self) -> str:
        """What the link carries behind its `#`."""
        _, separator, token = self.link.partition("#token=")
        assert separator
        return token


async def mails(app: FastAPI, template: str | None = None, *, to: str | None = None) -> list[Mail]:
    """The mails of a template or to someone, oldest first. What was sent says nothing any more."""
    statement = select(OutgoingMail.__table__).order_by(OutgoingMail.id)
    async with app.state.database.reading() as reader:
        rows = (await reader.execute(statement)).all()
    found = []
    for row in rows:
        text, html = unseal(app.state.keys, row.sealed) if row.sealed else ("", "")
        mail = Mail(
            row.id,
            row.recipient,
            row.template,
            row.locale,
            row.subject,
            row.protected,
            row.state,
            row.error,
            text,
            html,
        )
        if template in (None, mail.template) and to in (None, mail.to):
            found.append(mail)
    return found


async def only_mail(app: FastAPI, template: str | None = None, *, to: str | None = None) -> Mail:
    """The one there is."""
    [mail] = await mails(app, template, to=to)
    return mail

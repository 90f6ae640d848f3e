"""Writing mails: each is a row of the transaction it tells about, so it exists if, and only if, the change does."""

from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core import context
from musubi.core.clock import utcnow
from musubi.core.jobs import Jobs
from musubi.core.keyring import KeyRing
from musubi.features.mail import repository
from musubi.features.mail.content import seal
from musubi.features.mail.delivery import SEND_MAIL
from musubi.features.mail.models import MailState, OutgoingMail
from musubi.features.mail.rendering import render


class Mailer:
    """Where mails are put in; `app.state.mailer`."""

    def __init__(self, jobs: Jobs, keys: KeyRing, *, sends: bool) -> None:
        """`sends`: whether there is a server to send them. If not, they are kept to be read by an administrator."""
        self._jobs = jobs
        self._keys = keys
        self._sends = sends

    async def send(
        self,
        session: AsyncSession,
        *,
        to: str,
        template: str,
        values: dict[str, Any],
        user_id: int,
        protected: bool = False,
        locale: str | None = None,
    ) -> None:
        """Write a mail in this transaction, to be sent once that is committed.

        `template` names a file in `templates`, and `values` are all that it asks for. `user_id` is whose mail it is.
        `protected`: only superusers may read it here, because it goes to one. `locale` is that of the request unless
        it is given.
        """
        locale = locale or context.locale.get()
        subject, content = render(template, locale, values)
        mail = OutgoingMail(
            user_id=user_id,
            recipient=to,
            template=template,
            locale=locale,
            subject=subject,
            sealed=seal(self._keys, content),
            protected=protected,
            state=MailState.QUEUED if self._sends else MailState.KEPT,
            created_at=utcnow(),
        )
        session.add(mail)
        if self._sends:
            await session.flush()
            await self._jobs.enqueue(session, SEND_MAIL, {"mail_id": mail.id})

    async def forget(self, session: AsyncSession, user_id: int) -> None:
        """Delete every mail to a user; one that is not sent yet never will be."""
        await repository.forget_mails_of(session, user_id)


def mailer_of(app: FastAPI) -> Mailer:
    """The application's mailer."""
    return app.state.mailer  # type: ignore[no-any-return]

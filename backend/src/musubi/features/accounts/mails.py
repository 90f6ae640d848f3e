"""What accounts write to people. Each mail is part of the transaction of what it tells about."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core import context
from musubi.core.clock import utcnow
from musubi.features.accounts import one_time
from musubi.features.accounts.device import Device
from musubi.features.accounts.models import User
from musubi.features.accounts.one_time import Purpose
from musubi.features.mail import Mailer

VERIFICATION_LIFETIME = timedelta(hours=48)
RESET_LIFETIME = timedelta(hours=1)

FactorChange = Literal[
    "totp_added", "totp_removed", "passkey_added", "passkey_removed", "codes_made", "reset",
    "identity_added", "identity_removed",
]  # fmt: skip


class AccountMails:
    """The mails of accounts. Their links begin with the configured address, whatever a request says of itself, and
    carry their tokens behind a `#`, which browsers don't send and no server logs."""

    def __init__(self, mailer: Mailer, public_url: str) -> None:
        self._mailer = mailer
        self._public_url = public_url

    async def verify_email(self, session: AsyncSession, user: User) -> None:
        """Ask whether the address of `user` is theirs."""
        link = await self._link(session, user, Purpose.VERIFY_EMAIL, VERIFICATION_LIFETIME)
        hours = VERIFICATION_LIFETIME // timedelta(hours=1)
        await self._write(session, user, "verify_email", {"link": link, "hours": hours})

    async def reset_password(self, session: AsyncSession, user: User) -> None:
        """Send a link under which `user` can set a new password; links from before no longer work."""
        await one_time.void(session, user.id, Purpose.RESET_PASSWORD)
        link = await self._link(session, user, Purpose.RESET_PASSWORD, RESET_LIFETIME)
        minutes = RESET_LIFETIME // timedelta(minutes=1)
        await self._write(session, user, "reset_password", {"link": link, "minutes": minutes})

    async def password_changed(self, session: AsyncSession, user: User, *, removed: bool = False) -> None:
        """Say that the password was changed; `removed`: and that passkeys and connected accounts are gone."""
        values = {"at": utcnow(), "address": context.client_address.get(), "removed": removed, "link": self._forgot}
        await self._write(session, user, "password_changed", values)

    async def second_factor_changed(self, session: AsyncSession, user: User, change: FactorChange) -> None:
        """Say that it takes something else to sign in from now on."""
        values = {
            "change": change,
            "at": utcnow(),
            # An administrator's is none of the user's business.
            "address": None if change == "reset" else context.client_address.get(),
            "link": f"{self._public_url}/settings",
        }
        await self._write(session, user, "second_factor_changed", values)

    async def address_changed(self, session: AsyncSession, user: User, *, old_address: str) -> None:
        """Tell the address of before that it was replaced."""
        values = {"at": utcnow(), "link": self._public_url}
        await self._write(session, user, "address_changed", values, to=old_address)

    async def new_sign_in(
        self, session: AsyncSession, user: User, *, device: Device, address: str | None, at: datetime
    ) -> None:
        """Tell of a sign-in from somewhere new."""
        values = {
            "browser": device.browser,
            "system": device.system,
            "address": address,
            "at": at,
            "link": self._forgot,
        }
        await self._write(session, user, "new_sign_in", values)

    def farewell(self, user: User) -> Callable[[AsyncSession], Awaitable[None]]:
        """What says to `user` that their account is deleted, as it is called now; to be written when it is."""
        to, protected, username = user.email, user.is_superuser, user.username

        async def write(session: AsyncSession) -> None:
            await self._mailer.send(
                session,
                to=to,
                template="account_deleted",
                values={"username": username, "at": utcnow(), "link": self._public_url},
                user_id=user.id,
                protected=protected,
            )

        return write

    async def forget(self, session: AsyncSession, user_id: int) -> None:
        """Delete every mail to a user, sent or not."""
        await self._mailer.forget(session, user_id)

    @property
    def _forgot(self) -> str:
        return f"{self._public_url}/forgot-password"

    async def _link(self, session: AsyncSession, user: User, purpose: Purpose, lifetime: timedelta) -> str:
        """A link to the page named like `purpose`, with a token that is good once and knows the address it goes to."""
        token = await one_time.issue(
            session, purpose, user_id=user.id, lifetime=lifetime, data={"address": user.email_key}
        )
        return f"{self._public_url}/{purpose}#token={token}"

    async def _write(
        self, session: AsyncSession, user: User, template: str, values: dict[str, Any], *, to: str | None = None
    ) -> None:
        await self._mailer.send(
            session,
            to=to or user.email,
            template=template,
            # Never the full name: it is free text, and whoever registers with a stranger's address chooses it.
            values={"username": user.username, **values},
            user_id=user.id,
            protected=user.is_superuser,
        )

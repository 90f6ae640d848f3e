"""Authenticator apps: six digits that change every 30 seconds (RFC 6238, as all of those apps have it)."""

import hmac
import unicodedata
from dataclasses import dataclass
from typing import Any

import pyotp
import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.clock import utcnow
from musubi.core.keyring import KeyRing, Unreadable
from musubi.features.accounts.models import TOTP_SEAL, TotpSecret

log = structlog.get_logger("musubi.accounts")

# A code counts for one step more on both sides: clocks differ, and typing takes a while.
_WINDOW = (-1, 0, 1)


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret that is about to be shared with an app."""

    secret: str
    uri: str

    def picture(self) -> str:
        """The URI as a QR code, black on white so that it can be scanned in dark mode, too."""
        # Only where it is needed: most processes never draw one.
        import segno

        return segno.make(self.uri, error="m").svg_data_uri(scale=4, dark="#000", light="#fff")


class Totp:
    """The authenticator apps of all accounts. Callers hold the user's row, so that changes come one after another."""

    def __init__(self, keys: KeyRing, *, host: str) -> None:
        """`host` tells apart, in the app, several installations."""
        self._keys = keys
        self._issuer = f"Musubi ({host})"

    async def begin(self, session: AsyncSession, user_id: int, name: str) -> NewSecret:
        """A new secret; no factor before `confirm`, and in place of one that wasn't confirmed."""
        secret = pyotp.random_base32()
        await session.merge(
            TotpSecret(user_id=user_id, sealed=self._seal(secret), confirmed_at=None, last_step=None),
        )
        await session.flush()
        return NewSecret(secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=self._issuer))

    async def is_pending(self, session: AsyncSession, user_id: int) -> bool | None:
        """Whether a secret waits for its first code; None when there is none at all."""
        row = (await session.execute(select(TotpSecret.confirmed_at).where(TotpSecret.user_id == user_id))).first()
        return None if row is None else row.confirmed_at is None

    async def confirm(self, session: AsyncSession, user_id: int, code: str) -> bool:
        """Make the pending secret a factor if `code` is right."""
        if not await self._take(session, user_id, code, confirmed=False):
            return False
        statement = update(TotpSecret).where(TotpSecret.user_id == user_id).values(confirmed_at=utcnow())
        await session.execute(statement.execution_options(synchronize_session=False))
        return True

    async def check(self, session: AsyncSession, user_id: int, code: str) -> bool:
        """Whether `code` is right now, and neither it nor a later one was taken before."""
        return await self._take(session, user_id, code, confirmed=True)

    async def remove(self, session: AsyncSession, user_id: int) -> bool:
        """Whether there was one, confirmed or not."""
        statement = delete(TotpSecret).where(TotpSecret.user_id == user_id).returning(TotpSecret.user_id)
        result = await session.execute(statement.execution_options(synchronize_session=False))
        return result.scalar() is not None

    def is_readable(self, sealed: str) -> bool:
        """Whether codes can be checked at all: not when the application's secret was lost."""
        try:
            self._keys.open(TOTP_SEAL, sealed)
        except Unreadable:
            return False
        return True

    async def _take(self, session: AsyncSession, user_id: int, code: str, *, confirmed: bool) -> bool:
        state = TotpSecret.confirmed_at.is_not(None) if confirmed else TotpSecret.confirmed_at.is_(None)
        sealed = await session.scalar(select(TotpSecret.sealed).where(TotpSecret.user_id == user_id, state))
        if sealed is None:
            return False
        try:
            secret = self._keys.open(TOTP_SEAL, sealed).decode()
        except Unreadable:
            log.error("authenticator app unusable: its secret was sealed with a key that is gone", user_id=user_id)  # noqa: TRY400
            return False
        step = _matching_step(secret, code)
        if step is None:
            return False
        values: dict[str, Any] = {"last_step": step}
        if self._keys.is_outdated(sealed):
            values["sealed"] = self._seal(secret)
        taken = await session.execute(
            update(TotpSecret)
            # Of many requests with the same code, one makes this step.
            .where(TotpSecret.user_id == user_id, (TotpSecret.last_step.is_(None)) | (TotpSecret.last_step < step))
            .values(**values)
            .returning(TotpSecret.user_id)
            .execution_options(synchronize_session=False)
        )
        return taken.scalar() is not None

    def _seal(self, secret: str) -> str:
        return self._keys.seal(TOTP_SEAL, secret.encode())


def _matching_step(secret: str, typed: str) -> int | None:
    """The step whose code this is. All of them are compared, in a time that tells nothing."""
    totp = pyotp.TOTP(secret)
    now = totp.timecode(utcnow())
    code = "".join(unicodedata.normalize("NFKC", typed).split()).replace("-", "").encode()
    matching = [
        now + offset for offset in _WINDOW if hmac.compare_digest(totp.generate_otp(now + offset).encode(), code)
    ]
    return max(matching, default=None)

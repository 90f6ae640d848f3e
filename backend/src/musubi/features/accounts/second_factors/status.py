"""What an account has to prove itself with."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from musubi.features.accounts.models import Identity, Passkey, RecoveryCode, TotpSecret, User


class SecondFactorMethod(StrEnum):
    """What confirms a sign-in."""

    TOTP = "totp"
    RECOVERY = "recovery"
    PASSKEY = "passkey"


class ProofMethod(StrEnum):
    """What someone who is signed in proves with that it is still them."""

    PASSWORD = "password"  # noqa: S105
    TOTP = "totp"
    RECOVERY = "recovery"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True)
class Factors:
    """What an account has."""

    has_password: bool
    totp: str | None
    """The sealed secret of a confirmed authenticator app."""
    recovery_codes_left: int
    passkeys: int
    identities: int

    @property
    def has_second_factor(self) -> bool:
        return self.totp is not None or self.passkeys > 0


async def factors_of(reader: AsyncConnection | AsyncSession, user_id: int) -> Factors | None:
    """None when there is no such account."""

    def how_many(model: type[RecoveryCode | Passkey | Identity]) -> ScalarSelect[int]:
        return select(func.count()).select_from(model).where(model.user_id == user_id).scalar_subquery()

    statement = select(
        User.password_hash.is_not(None),
        select(TotpSecret.sealed)
        .where(TotpSecret.user_id == user_id, TotpSecret.confirmed_at.is_not(None))
        .scalar_subquery(),
        how_many(RecoveryCode),
        how_many(Passkey),
        how_many(Identity),
    ).where(User.id == user_id, User.deleted_at.is_(None))
    row = (await reader.execute(statement)).first()
    return None if row is None else Factors(*row)

"""Asking for a second factor, and checking it: at sign-in, and when someone signed in has to prove it again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.errors import Invalid
from musubi.core.i18n import Text
from musubi.core.keyring import KeyRing
from musubi.features import audit
from musubi.features.accounts import one_time
from musubi.features.accounts.models import User
from musubi.features.accounts.one_time import Purpose
from musubi.features.accounts.second_factors import recovery_codes
from musubi.features.accounts.second_factors.passkeys import Passkeys
from musubi.features.accounts.second_factors.relying_party import RelyingParty
from musubi.features.accounts.second_factors.status import Factors, ProofMethod, SecondFactorMethod, factors_of
from musubi.features.accounts.second_factors.totp import Totp
from musubi.features.accounts.two_factor_schemas import Assertion, MfaChallenge

LIFETIME = timedelta(minutes=5)
"""How long a sign-in may wait for its second factor."""
_REQUIRED = Text("This field is required", "入力してください")


class SecondFactors:
    """What accounts have beside their passwords."""

    def __init__(self, keys: KeyRing, party: RelyingParty) -> None:
        self.totp = Totp(keys, host=party.id)
        self.passkeys = Passkeys(party)

    async def challenge(self, session: AsyncSession, user: User, *, method: str) -> MfaChallenge | None:
        """What someone who signed in by `method` is asked for besides; None when their account asks for nothing.

        The caller holds the user's row, so that a factor that is just being added is not overlooked.
        """
        factors = await factors_of(session, user.id)
        if factors is None or not factors.has_second_factor:
            return None
        token = await one_time.issue(
            session, Purpose.SECOND_FACTOR, lifetime=LIFETIME, user_id=user.id, data={"method": method}
        )
        return MfaChallenge(mfa_token=token, methods=list(self.methods(factors)))

    def methods(self, factors: Factors) -> Iterator[SecondFactorMethod]:
        """What an account can confirm a sign-in with, as things are."""
        if factors.totp is not None and self.totp.is_readable(factors.totp):
            yield SecondFactorMethod.TOTP
        if factors.recovery_codes_left:
            yield SecondFactorMethod.RECOVERY
        if factors.passkeys and self.passkeys.party.is_available:
            yield SecondFactorMethod.PASSKEY

    def proofs(self, factors: Factors) -> list[ProofMethod]:
        """What someone signed in can prove with that it is them. Where there is a second factor a password is not
        enough: whoever knows that could take the factor away."""
        if factors.has_second_factor:
            return [ProofMethod(method) for method in self.methods(factors)]
        return [ProofMethod.PASSWORD] if factors.has_password else []

    async def check(
        self,
        session: AsyncSession,
        user: User,
        method: SecondFactorMethod,
        *,
        code: str | None,
        assertion: Assertion | None,
        challenge: str | None,
    ) -> bool:
        """Whether this is a factor of `user`, who holds it now; it can't be used again. Raises Invalid when what
        `method` needs is missing."""
        if method is SecondFactorMethod.PASSKEY:
            if assertion is None:
                raise Invalid(fields={"assertion": _REQUIRED})
            return challenge is not None and await self.passkeys.check(session, user, as_json(assertion), challenge)
        if code is None:
            raise Invalid(fields={"code": _REQUIRED})
        if method is SecondFactorMethod.TOTP:
            return await self.totp.check(session, user.id, code)
        if not await recovery_codes.use(session, user.id, code):
            return False
        await audit.record(session, "recovery_code.used", object_type="user", object_id=user.id, actor_id=user.id)
        return True


def as_json(credential: Any) -> dict[str, Any]:
    """A credential as the browser gave it."""
    values: dict[str, Any] = credential.model_dump(by_alias=True)
    return values

"""The two tokens of a session.

*Access token*: a JWT (RFC 7519), HS256, short-lived; it names the session, so it dies with it.

*Refresh token*: opaque to clients. It is `<session>.<generation>.<signature>`, and the signature is an HMAC over both
and the session's random seed, keyed with a secret that is not in the database: a copy of the database is not enough
to make one. Because it can be computed again, a client that lost the reply to a refresh can be given the very same
successor, and no token is ever stored.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import jwt

from musubi.core.clock import utcnow
from musubi.core.types import MAX_ID

ALGORITHM = "HS256"
ISSUER = "musubi"
AUDIENCE = "musubi-api"


class InvalidToken(Exception):
    """A token that we did not make, or not for this."""


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a valid access token says."""

    user_id: int
    session_id: int
    generation: int
    """Which refresh of the session it was issued with."""


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """What a refresh token says of itself; believe it after `TokenMaker.verify_refresh`."""

    session_id: int
    generation: int
    signature: bytes


class TokenMaker:
    """Makes and checks tokens with keys derived from the application's secret."""

    def __init__(self, secret: bytes, *, access_lifetime: timedelta) -> None:
        self.access_lifetime = access_lifetime
        self._access_key = derive_key(secret, "access-token")
        self._refresh_key = derive_key(secret, "refresh-token")
        self._setup_key = derive_key(secret, "first-run-setup")
        # A client sends the same token many times. What it says never changes, and only good ones are kept.
        self._verified = lru_cache(maxsize=4096)(self._verify_access)

    def access_token(self, user_id: int, session_id: int, generation: int) -> str:
        now = utcnow()
        claims = {
            "sub": str(user_id),
            "sid": session_id,
            # The number in front tells whether the client got as far as using its newest tokens.
            "jti": f"{generation}.{secrets.token_urlsafe(12)}",
            "type": "access",
            "iat": now,
            "exp": now + self.access_lifetime,
            "iss": ISSUER,
            "aud": AUDIENCE,
        }
        return jwt.encode(claims, self._access_key, ALGORITHM)

    def read_access(self, token: str) -> AccessClaims:
        """Raises InvalidToken unless every check passes: signature, algorithm, expiry, issuer, audience and type."""
        claims, expires_at = self._verified(token)
        if utcnow().timestamp() >= expires_at:
            raise InvalidToken
        return claims

    def _verify_access(self, token: str) -> tuple[AccessClaims, int]:
        """What the token says, and when it expires, in seconds since 1970: the one clock of the application decides."""
        try:
            claims = jwt.decode(
                token,
                self._access_key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={
                    "require": ["sub", "sid", "jti", "type", "iat", "exp", "iss", "aud"],
                    "verify_exp": False,
                    # When it was issued decides nothing: processes whose clocks differ by a second must take each
                    # other's tokens.
                    "verify_iat": False,
                },
            )
            if claims["type"] != "access":
                raise InvalidToken
            generation = int(claims["jti"].partition(".")[0])
            return AccessClaims(int(claims["sub"]), int(claims["sid"]), generation), int(claims["exp"])
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError) as error:
            raise InvalidToken from error

    def refresh_token(self, session_id: int, generation: int, seed: str) -> str:
        signature = self._sign_refresh(session_id, generation, seed)
        return f"{session_id}.{generation}.{_encode(signature)}"

    def verify_refresh(self, claims: RefreshClaims, seed: str) -> bool:
        """Whether we issued the token that makes these claims in the session with this seed."""
        return hmac.compare_digest(claims.signature, self._sign_refresh(claims.session_id, claims.generation, seed))

    def setup_token(self) -> str:
        """The token of the one-time link under which the first superuser is made. It is worth something only as long
        as there is none, so it needs no store, and every process of an installation prints the same."""
        return hmac.digest(self._setup_key, b"setup", hashlib.sha256).hex()[:40]

    def is_setup_token(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.setup_token().encode())

    def _sign_refresh(self, session_id: int, generation: int, seed: str) -> bytes:
        return hmac.digest(self._refresh_key, f"{session_id}.{generation}.{seed}".encode(), hashlib.sha256)


def read_refresh(token: str) -> RefreshClaims:
    """Take a refresh token apart. Raises InvalidToken when it isn't one in the exact form we give out."""
    try:
        session_id, generation, signature = token.split(".")
        claims = RefreshClaims(int(session_id), int(generation), _decode(signature))
    except ValueError as error:
        raise InvalidToken from error
    in_range = 0 < claims.session_id <= MAX_ID and 0 <= claims.generation <= MAX_ID
    if not in_range or f"{claims.session_id}.{claims.generation}.{_encode(claims.signature)}" != token:
        raise InvalidToken
    return claims


def _encode(signature: bytes) -> str:
    return base64.urlsafe_b64encode(signature).decode().rstrip("=")


def _decode(signature: str) -> bytes:
    return base64.b64decode(signature + "=", altchars=b"-_", validate=True)


def new_seed() -> str:
    return secrets.token_urlsafe(32)


def derive_key(secret: bytes, purpose: str) -> bytes:
    """A key for one purpose (the expand step of HKDF, RFC 5869, for one block), so that no two uses share one."""
    return hmac.digest(secret, f"musubi {purpose}".encode() + b"\x01", hashlib.sha256)

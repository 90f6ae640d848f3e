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
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import jwt

from musubi.core.clock import utcnow
from musubi.core.keyring import Key, KeyRing
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
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """What a refresh token says of itself; believe it after `TokenMaker.verify_refresh`."""

    session_id: int
    generation: int
    signature: bytes


class TokenMaker:
    """Makes tokens with keys derived from the application's current secret; honours those made with older ones."""

    def __init__(self, keys: KeyRing, *, access_lifetime: timedelta) -> None:
        self.access_lifetime = access_lifetime
        self._keys = keys
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
        key = self._keys.current
        return jwt.encode(claims, _access_key(key), ALGORITHM, headers={"kid": key.kid})

    def read_access(self, token: str) -> AccessClaims:
        """Raises InvalidToken unless every check passes: signature, algorithm, expiry, issuer, audience and type."""
        claims = self._verified(token)
        # The one clock of the application decides.
        if utcnow() >= claims.expires_at:
            raise InvalidToken
        return claims

    def _verify_access(self, token: str) -> AccessClaims:
        """What the token says, expired or not."""
        try:
            key = self._keys.get(jwt.get_unverified_header(token)["kid"])
            if key is None:
                raise InvalidToken
            claims = jwt.decode(
                token,
                _access_key(key),
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
            expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
            return AccessClaims(int(claims["sub"]), int(claims["sid"]), generation, expires_at)
        except (jwt.InvalidTokenError, LookupError, ValueError, TypeError, AttributeError) as error:
            raise InvalidToken from error

    def refresh_token(self, session_id: int, generation: int, seed: str) -> str:
        signature = _sign_refresh(self._keys.current, session_id, generation, seed)
        return f"{session_id}.{generation}.{_encode(signature)}"

    def verify_refresh(self, claims: RefreshClaims, seed: str) -> bool:
        """Whether we issued the token that makes these claims in the session with this seed."""
        signatures = (_sign_refresh(key, claims.session_id, claims.generation, seed) for key in self._keys)
        return any(hmac.compare_digest(claims.signature, signature) for signature in signatures)

    def setup_token(self) -> str:
        """The token of the one-time link under which the first superuser is made. It is worth something only as long
        as there is none, so it needs no store, and every process of an installation prints the same."""
        return _setup_token(self._keys.current)

    def is_setup_token(self, token: str) -> bool:
        return any(hmac.compare_digest(token.encode(), _setup_token(key).encode()) for key in self._keys)


def _access_key(key: Key) -> bytes:
    return key.derive("access-token")


def _sign_refresh(key: Key, session_id: int, generation: int, seed: str) -> bytes:
    message = f"{session_id}.{generation}.{seed}".encode()
    return hmac.digest(key.derive("refresh-token"), message, hashlib.sha256)


def _setup_token(key: Key) -> str:
    return hmac.digest(key.derive("first-run-setup"), b"setup", hashlib.sha256).hex()[:40]


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

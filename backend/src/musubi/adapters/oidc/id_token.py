"""ID tokens: whether one was made by the provider, for us, now, and for the sign-in that we began (OpenID Connect Core
1.0, 3.1.3.7)."""

import warnings
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from joserfc.errors import JoseError, SecurityWarning
from joserfc.jws import CompactSignature, JWSRegistry, extract_compact, validate_compact
from joserfc.jwt import JWTClaimsRegistry
from pydantic_core import from_json

from musubi.adapters.oidc.answers import UnacceptableAnswer
from musubi.adapters.oidc.discovery import PublicKey
from musubi.core.clock import utcnow

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
"""Asymmetric ones only. With a symmetric one the provider's public key could be taken for a shared secret, and then
anyone could sign."""

_LEEWAY_SECONDS: Final = 60
_MAX_LENGTH: Final = 100_000
# What a header says beyond what we know is passed over (RFC 7515, 4), unless it is critical.
_REGISTRY: Final = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)

Claims = dict[str, Any]
FindKeys = Callable[[str | None], Awaitable[Sequence[PublicKey]]]


async def read_id_token(token: str, keys: FindKeys, *, issuer: str, client_id: str, nonce: str) -> Claims:
    """What the token claims, all of it checked that can be. `keys` finds the provider's keys by their id.

    Raises UnacceptableAnswer, and whatever `keys` raises.
    """
    if len(token) > _MAX_LENGTH:
        raise UnacceptableAnswer("the ID token is too long")
    try:
        signed = extract_compact(token.encode())
        header = signed.headers()
    except (JoseError, ValueError) as error:
        raise UnacceptableAnswer("the ID token is not one") from error
    # Before anything is looked up for it.
    if header.get("alg") not in ALGORITHMS:
        raise UnacceptableAnswer("the ID token is signed in a way that is not allowed")
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise UnacceptableAnswer("the ID token names no key")
    if not any(_is_signed_by(signed, key) for key in await keys(kid)):
        raise UnacceptableAnswer("the ID token is not signed by the provider")
    return _checked(_claims(signed), issuer=issuer, client_id=client_id, nonce=nonce)


def _is_signed_by(signed: CompactSignature, key: PublicKey) -> bool:
    try:
        with warnings.catch_warnings():
            # The name EdDSA is deprecated for being two algorithms in one (RFC 9864); providers still use it.
            warnings.simplefilter("ignore", SecurityWarning)
            return validate_compact(signed, key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError):
        # A key of another kind than the algorithm's.
        return False


def _claims(signed: CompactSignature) -> Claims:
    try:
        claims = from_json(signed.payload or b"", allow_inf_nan=False)
    except ValueError as error:
        raise UnacceptableAnswer("the ID token claims nothing") from error
    if not isinstance(claims, dict):
        raise UnacceptableAnswer("the ID token claims nothing")
    return claims


def _checked(claims: Claims, *, issuer: str, client_id: str, nonce: str) -> Claims:
    registry = JWTClaimsRegistry(
        now=int(utcnow().timestamp()),
        leeway=_LEEWAY_SECONDS,
        iss={"essential": True, "value": issuer},
        sub={"essential": True},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registry.validate(claims)
    except JoseError as error:
        raise UnacceptableAnswer(f"the ID token is not for us, or not for now: {error.error}") from error
    if claims.get("nonce") != nonce:
        raise UnacceptableAnswer("the ID token is not for the sign-in that was begun")
    audience, party = claims["aud"], claims.get("azp")
    if party is None and isinstance(audience, list) and len(audience) > 1:
        raise UnacceptableAnswer("the ID token is for several, and doesn't say for whom it was made")
    if party is not None and party != client_id:
        raise UnacceptableAnswer("the ID token was made for someone else")
    return claims

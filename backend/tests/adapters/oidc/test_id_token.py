"""ID tokens: which are believed."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey, OKPKey, RSAKey

from musubi.adapters.oidc import UnacceptableAnswer
from musubi.adapters.oidc.client import OpenIdClient
from tests.adapters.oidc.conftest import sign_in
from tests.oidc_provider import CLIENT_ID, KEY, Claims, ForgingProvider

OTHER_KEY = RSAKey.generate_key(2048, {"kid": "first"})


WRONG_CLAIMS: dict[str, Claims] = {
    "another nonce": {"nonce": "another-nonce"},
    "no nonce": {"nonce": None},
    "a nonce that is a list with ours": {"nonce": ["the-nonce"]},
    "another audience": {"aud": "someone-else"},
    "no audience": {"aud": None},
    "several, and none is ours": {"aud": ["a", "b"]},
    "several, for nobody in particular": {"aud": [CLIENT_ID, "someone-else"]},
    "several, made for another": {"aud": [CLIENT_ID, "someone-else"], "azp": "someone-else"},
    "made for another": {"azp": "someone-else"},
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "the issuer with a slash": {"iss": "{issuer}/"},
    "expired": {"exp": 1_000_000_000},
    "no expiry": {"exp": None},
    "an expiry that is a text": {"exp": "9999999999"},
    "made in the future": {"iat": 9_999_999_999},
    "not made at any time": {"iat": None},
    "not valid yet": {"nbf": 9_999_999_999},
    "nobody": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is a number": {"sub": 7},
    "a subject that is too long": {"sub": "x" * 256},
    "a subject with NUL": {"sub": "person\x00"},
}


@pytest.mark.parametrize("claims", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS)
async def test_a_token_with_wrong_claims_is_refused(
    client: OpenIdClient, provider: ForgingProvider, claims: Claims
) -> None:
    claims = {
        name: value.format(issuer=provider.issuer) if isinstance(value, str) else value
        for name, value in claims.items()
    }
    with pytest.raises(UnacceptableAnswer):
        await sign_in(client, provider, **claims)


@pytest.mark.parametrize(
    "claims", [{"aud": [CLIENT_ID]}, {"aud": [CLIENT_ID, "other"], "azp": CLIENT_ID}, {"azp": CLIENT_ID}]
)
async def test_a_token_that_is_for_others_too_is_fine(
    client: OpenIdClient, provider: ForgingProvider, claims: Claims
) -> None:
    assert (await sign_in(client, provider, **claims)).subject == "person-1"


@pytest.mark.parametrize("seconds", [-45, 45])
async def test_clocks_may_differ_a_little(client: OpenIdClient, provider: ForgingProvider, seconds: int) -> None:
    request = {"sub": "person-1", "nonce": "the-nonce"}
    honest = provider.id_token_claims(request)
    moved = {"iat": honest["iat"] + seconds, "exp": honest["iat"] + seconds}
    if seconds > 0:
        moved["exp"] += 300
    assert (await sign_in(client, provider, **moved)).subject == "person-1"


def unsigned(claims: Claims, algorithm: str = "none") -> str:
    return f"{_part({'alg': algorithm, 'kid': 'first'})}.{_part(claims)}."


def by_a_secret(claims: Claims, secret: bytes) -> str:
    """HS256, with what everyone knows for the secret."""
    message = f"{_part({'alg': 'HS256', 'kid': 'first'})}.{_part(claims)}"
    return f"{message}.{_part(hmac.digest(secret, message.encode(), 'sha256'))}"


def signed(content: object, key: RSAKey = KEY, **header: object) -> str:
    """RS256, with whatever header."""
    message = f"{_part({'alg': 'RS256', 'kid': 'first', **header})}.{_part(content)}"
    assert key.private_key is not None
    return f"{message}.{_part(key.private_key.sign(message.encode(), PKCS1v15(), SHA256()))}"


def changed_after_signing(claims: Claims) -> str:
    header, _, signature = signed(claims).split(".")
    return f"{header}.{_part({**claims, 'sub': 'person-2'})}.{signature}"


def _part(content: object) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


FORGERIES: dict[str, Callable[[Claims], Any]] = {
    "not signed": unsigned,
    "not signed, in capitals": lambda claims: unsigned(claims, "NONE"),
    "signed by nothing": lambda claims: unsigned(claims, "RS256"),
    "signed with the public key as a secret": lambda claims: by_a_secret(claims, KEY.as_pem(private=False)),
    "signed with the published key as a secret": lambda claims: by_a_secret(
        claims, json.dumps(KEY.as_dict(private=False)).encode()
    ),
    "signed with an empty secret": lambda claims: by_a_secret(claims, b""),
    "changed after signing": changed_after_signing,
    "signed with another key": lambda claims: signed(claims, OTHER_KEY),
    "signed with a key that it brings along": lambda claims: signed(
        claims, OTHER_KEY, jwk=OTHER_KEY.as_dict(private=False)
    ),
    "signed with a key from elsewhere": lambda claims: signed(claims, OTHER_KEY, jku="http://127.0.0.1:9/jwks"),
    "with a header that must be understood": lambda claims: signed(claims, crit=["x"], x=1),
    "with an algorithm that is a list": lambda claims: signed(claims, alg=["RS256"]),
    "with another algorithm than that of the key": lambda claims: signed(claims, alg="ES256"),
    "with a key that has no name": lambda claims: signed(claims, kid=7),
    "with a key that is named by nothing": lambda claims: signed(claims, kid=""),
    "no token": lambda _: "nonsense",
    "an empty one": lambda _: "",
    "three empty parts": lambda _: "..",
    "five parts": lambda claims: f"{signed(claims)}.a.b",
    "not ASCII": lambda claims: f"{signed(claims)}あ",
    "a number": lambda _: 7,
    "nothing": lambda _: None,
    "a list of claims": lambda claims: signed([claims]),
    "claims that are no JSON": lambda _: signed(b"{"),
    "claims that are endless": lambda _: signed(b"[" * 50_000),
    "a number that JSON doesn't have": lambda claims: signed({**claims, "exp": float("nan")}),
    "too long": lambda claims: signed({**claims, "x": "x" * 100_000}),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
async def test_a_forged_token_is_refused(
    client: OpenIdClient, provider: ForgingProvider, forge: Callable[[Claims], Any]
) -> None:
    provider.sign = forge
    with pytest.raises(UnacceptableAnswer):
        await sign_in(client, provider)


async def test_headers_that_mean_nothing_to_us_do_no_harm(client: OpenIdClient, provider: ForgingProvider) -> None:
    provider.sign = lambda claims: signed(claims, x5t="abc", anything=["else"])
    assert (await sign_in(client, provider)).subject == "person-1"


KEYS: dict[str, tuple[RSAKey | ECKey | OKPKey, Claims]] = {
    "RS256": (KEY, {}),
    "PS256": (KEY, {"alg": "PS256"}),
    "ES256": (ECKey.generate_key("P-256", {"kid": "curve"}), {}),
    "Ed25519": (OKPKey.generate_key("Ed25519", {"kid": "edwards"}), {}),
    "EdDSA": (OKPKey.generate_key("Ed25519", {"kid": "edwards"}), {"alg": "EdDSA"}),
}


@pytest.mark.parametrize(("key", "header"), KEYS.values(), ids=KEYS)
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
async def test_every_algorithm_that_is_allowed_works(
    client: OpenIdClient, provider: ForgingProvider, key: RSAKey | ECKey | OKPKey, header: Claims
) -> None:
    provider.key, provider.header = key, header
    provider.published.append(dict(key.as_dict(private=False)))
    assert (await sign_in(client, provider)).subject == "person-1"

"""The client of an OpenID provider: what it takes for an answer, and what it doesn't."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey, OKPKey, RSAKey
from pydantic import SecretStr

from musubi.adapters.oidc import Person, UnacceptableAnswer
from musubi.adapters.oidc.client import OpenIdClient
from tests.oidc_provider import CLIENT_ID, KEY, Claims, ForgingProvider

CALLBACK = "http://localhost:8000/api/v1/auth/oidc/forger/callback"
VERIFIER = "v" * 64
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "first"})


@pytest.fixture
def provider() -> Iterator[ForgingProvider]:
    with ForgingProvider() as running:
        yield running


@pytest.fixture
def client(provider: ForgingProvider) -> OpenIdClient:
    return OpenIdClient(provider.settings)


async def begin(client: OpenIdClient) -> str:
    return await client.authorization_url(
        redirect_uri=CALLBACK, state="the-state", nonce="the-nonce", verifier=VERIFIER
    )


async def sign_in(
    client: OpenIdClient,
    provider: ForgingProvider,
    *,
    verifier: str = VERIFIER,
    answered_as: str | None = None,
    **claims: Any,
) -> Person:
    """All the way from the start, with these claims in the ID token."""
    answer = dict(parse_qsl(urlsplit(provider.consent(await begin(client), **claims)).query))
    return await client.identify(
        code=answer["code"], answered_as=answered_as, redirect_uri=CALLBACK, nonce="the-nonce", verifier=verifier
    )


async def test_people_are_sent_with_all_that_protects_their_sign_in(
    client: OpenIdClient, provider: ForgingProvider
) -> None:
    url = await begin(client)
    query = parse_qs(urlsplit(url).query)
    challenge = query.pop("code_challenge")
    assert query == {
        "response_type": ["code"],
        "client_id": [CLIENT_ID],
        "redirect_uri": [CALLBACK],
        "scope": ["openid email profile"],
        "state": ["the-state"],
        "nonce": ["the-nonce"],
        "code_challenge_method": ["S256"],
    }
    assert len(challenge[0]) == 43
    assert VERIFIER not in url


async def test_a_query_that_the_address_has_already_stays(client: OpenIdClient, provider: ForgingProvider) -> None:
    provider.metadata = {"authorization_endpoint": f"{provider.issuer}/authorize?tenant=a%26b"}
    query = parse_qs(urlsplit(await begin(client)).query)
    assert query["tenant"] == ["a&b"]
    assert query["state"] == ["the-state"]


async def test_an_honest_answer_says_who_it_is(client: OpenIdClient, provider: ForgingProvider) -> None:
    claims: Claims = {
        "email": "hanako@example.com",
        "email_verified": True,
        "preferred_username": "hanako",
        "name": "花子",
    }
    person = await sign_in(client, provider, **claims)
    assert person == Person(provider.issuer, "person-1", "hanako@example.com", True, "hanako", "花子")
    assert provider.forms == [
        {
            "grant_type": "authorization_code",
            "code": "code-0",
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            "client_id": CLIENT_ID,
        }
    ]
    assert provider.credentials == [None]


@pytest.mark.parametrize(
    ("claimed", "verified"),
    [(True, True), ("true", True), (False, False), ("false", False), (1, True), ("yes", False), (None, False)],
)
async def test_an_address_is_verified_when_the_provider_says_so(
    client: OpenIdClient, provider: ForgingProvider, claimed: object, verified: bool
) -> None:
    person = await sign_in(client, provider, email="hanako@example.com", email_verified=claimed)
    assert person.email_verified is verified


@pytest.mark.parametrize("odd", [7, ["hanako@example.com"], {}, "", "  ", "hanako\x00@example.com"])
async def test_what_is_no_text_is_not_known(client: OpenIdClient, provider: ForgingProvider, odd: object) -> None:
    person = await sign_in(client, provider, email=odd, name=odd, preferred_username=odd)
    assert (person.email, person.name, person.preferred_username) == (None, None, None)


SECRETS = {
    "basic": (None, "Basic bXVzdWJpLXRlc3RzOnMlM0FjJTJCcmV0", {}),
    "in the form": (["client_secret_post"], None, {"client_secret": "s:c+ret"}),
    "basic where there is a choice": (
        ["client_secret_post", "client_secret_basic"], "Basic bXVzdWJpLXRlc3RzOnMlM0FjJTJCcmV0", {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("methods", "header", "extra"), SECRETS.values(), ids=SECRETS)
async def test_a_secret_is_told_in_the_way_that_the_provider_takes(
    provider: ForgingProvider, methods: list[str] | None, header: str | None, extra: dict[str, str]
) -> None:
    if methods is not None:
        provider.metadata = {"token_endpoint_auth_methods_supported": methods}
    client = OpenIdClient(replace(provider.settings, client_secret=SecretStr("s:c+ret")))
    await sign_in(client, provider)
    assert provider.credentials == [header]
    assert extra.items() <= provider.forms[0].items()


async def test_what_the_id_token_does_not_say_is_asked_for(client: OpenIdClient, provider: ForgingProvider) -> None:
    provider.metadata = {"userinfo_endpoint": f"{provider.issuer}/userinfo"}
    provider.user_info = {"sub": "person-1", "email": "hanako@example.com", "email_verified": True, "iss": "evil"}
    person = await sign_in(client, provider, name="Hanako")
    assert (person.issuer, person.email, person.email_verified) == (provider.issuer, "hanako@example.com", True)
    assert person.name == "Hanako"
    await sign_in(client, provider, email="elsewhere@example.com")
    assert provider.asked["/userinfo"] == 1


async def test_user_info_about_someone_else_is_refused(client: OpenIdClient, provider: ForgingProvider) -> None:
    provider.metadata = {"userinfo_endpoint": f"{provider.issuer}/userinfo"}
    provider.user_info = {"sub": "person-2", "email": "taro@example.com", "email_verified": True}
    with pytest.raises(UnacceptableAnswer):
        await sign_in(client, provider)


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


async def test_without_its_verifier_a_code_is_worth_nothing(client: OpenIdClient, provider: ForgingProvider) -> None:
    with pytest.raises(UnacceptableAnswer):
        await sign_in(client, provider, verifier="w" * 64)


@pytest.mark.parametrize("announced", [True, False])
async def test_an_answer_of_another_provider_is_refused(
    client: OpenIdClient, provider: ForgingProvider, announced: bool
) -> None:
    provider.metadata = {"authorization_response_iss_parameter_supported": announced}
    for wrong in ["https://evil.example", "", f"{provider.issuer}/"]:
        with pytest.raises(UnacceptableAnswer):
            await sign_in(client, provider, answered_as=wrong)
    assert provider.forms == []
    assert (await sign_in(client, provider, answered_as=provider.issuer)).subject == "person-1"


async def test_a_provider_that_says_who_answers_always_does(client: OpenIdClient, provider: ForgingProvider) -> None:
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    with pytest.raises(UnacceptableAnswer):
        await sign_in(client, provider)
    assert provider.forms == []

"""The client of an OpenID provider: what it takes for an answer, and what it doesn't."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from musubi.adapters.oidc import Person, UnacceptableAnswer
from musubi.adapters.oidc.client import OpenIdClient
from tests.adapters.oidc.conftest import CALLBACK, VERIFIER, begin, sign_in
from tests.oidc_provider import CLIENT_ID, Claims, ForgingProvider


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

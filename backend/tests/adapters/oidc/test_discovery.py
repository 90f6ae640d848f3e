"""What a provider says of itself: how often it is asked, and what is not believed."""

import asyncio
import gzip
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey
from joserfc.util import urlsafe_b64encode

from musubi.adapters.oidc import ProviderUnavailable, UnacceptableAnswer, open_providers
from musubi.adapters.oidc.client import OpenIdClient
from tests.adapters.oidc.conftest import begin, sign_in
from tests.conftest import Clock
from tests.oidc_provider import KEY, ForgingProvider, Reply
from tests.services.service import free_port

DISCOVERY = "/.well-known/openid-configuration"
NEW_KEY = RSAKey.generate_key(2048, {"kid": "second"})


def test_without_providers_nothing_is_loaded() -> None:
    """Loading the libraries would double the time that a start takes."""
    program = (
        "import sys; import musubi.app; from musubi.adapters.oidc import open_providers; assert not open_providers(());"
        "print(*{'authlib', 'joserfc', 'httpx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_providers_come_in_the_order_of_the_settings(provider: ForgingProvider) -> None:
    names = ["zeta", "alpha", "mu"]
    assert list(open_providers(replace(provider.settings, name=name) for name in names)) == names
    assert provider.asked == {}


async def test_a_provider_is_asked_once_an_hour(
    client: OpenIdClient, provider: ForgingProvider, moving_clock: Clock
) -> None:
    for _ in range(3):
        await sign_in(client, provider)
    assert (provider.asked[DISCOVERY], provider.asked["/jwks"], provider.asked["/token"]) == (1, 1, 3)
    moving_clock.forward(minutes=61)
    await sign_in(client, provider)
    assert (provider.asked[DISCOVERY], provider.asked["/jwks"]) == (2, 2)


async def test_of_many_at_once_one_asks(client: OpenIdClient, provider: ForgingProvider) -> None:
    await asyncio.gather(*(begin(client) for _ in range(20)))
    assert provider.asked[DISCOVERY] == 1


async def test_a_new_key_is_found(client: OpenIdClient, provider: ForgingProvider, moving_clock: Clock) -> None:
    await sign_in(client, provider)
    provider.key = NEW_KEY
    provider.published.append(dict(NEW_KEY.as_dict(private=False)))
    moving_clock.forward(seconds=31)
    assert (await sign_in(client, provider)).subject == "person-1"
    assert provider.asked["/jwks"] == 2


async def test_keys_that_nobody_knows_are_not_looked_for_without_end(
    client: OpenIdClient, provider: ForgingProvider, moving_clock: Clock
) -> None:
    provider.header = {"kid": "invented"}
    for _ in range(5):
        with pytest.raises(UnacceptableAnswer):
            await sign_in(client, provider)
    assert provider.asked["/jwks"] == 1
    moving_clock.forward(seconds=31)
    with pytest.raises(UnacceptableAnswer):
        await sign_in(client, provider)
    assert provider.asked["/jwks"] == 2


async def test_a_key_that_was_taken_back_signs_nothing(
    client: OpenIdClient, provider: ForgingProvider, moving_clock: Clock
) -> None:
    await sign_in(client, provider)
    provider.published = [dict(NEW_KEY.as_dict(private=False))]
    moving_clock.forward(minutes=61)
    with pytest.raises(UnacceptableAnswer):
        await sign_in(client, provider)


async def test_a_token_that_names_no_key_is_tried_with_all(client: OpenIdClient, provider: ForgingProvider) -> None:
    provider.published.insert(0, dict(NEW_KEY.as_dict(private=False)))
    provider.header = {"kid": None}
    assert (await sign_in(client, provider)).subject == "person-1"


def _small_key() -> dict[str, Any]:
    # Too small for the library to make without a warning: what is below is any number of 1024 bits.
    return {"kty": "RSA", "kid": "first", "e": "AQAB", "n": urlsafe_b64encode(b"\xc5" * 128).decode()}


UNUSABLE_KEYS: dict[str, object] = {
    "of a kind we don't know": {"kty": "AKP", "kid": "first"},
    "for encryption": {**KEY.as_dict(private=False), "use": "enc"},
    "of another algorithm": {**KEY.as_dict(private=False), "alg": "RS512"},
    "of another kind": ECKey.generate_key("P-256", {"kid": "first"}).as_dict(private=False),
    "that is a secret": OctKey.import_key(b"x" * 32, {"kid": "first"}).as_dict(),
    "that is too small": _small_key(),
    "without its number": {"kty": "RSA", "kid": "first", "e": "AQAB"},
    "of letters": {"kty": "RSA", "kid": "first", "e": "AQAB", "n": "!"},
    "off its curve": {"kty": "EC", "kid": "first", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
    "that is no object": "first",
    "that is empty": {},
}


@pytest.mark.parametrize("key", UNUSABLE_KEYS.values(), ids=UNUSABLE_KEYS)
async def test_a_key_that_can_not_be_used_is_passed_over(
    client: OpenIdClient, provider: ForgingProvider, key: Any
) -> None:
    provider.published = [key]
    with pytest.raises(UnacceptableAnswer):
        await sign_in(client, provider)
    provider.published = [key, dict(NEW_KEY.as_dict(private=False))]
    provider.key = NEW_KEY
    assert (await sign_in(OpenIdClient(provider.settings), provider)).subject == "person-1"


METADATA: dict[str, dict[str, object]] = {
    "of another issuer": {"issuer": "https://accounts.example.com"},
    "of nobody": {"issuer": None},
    "with a way that is open to all": {"token_endpoint": "http://provider.example/token"},
    "with another scheme": {"authorization_endpoint": "javascript:alert(1)"},
    "with no address": {"jwks_uri": "/jwks"},
    "with a name and password in it": {"jwks_uri": "https://a:b@provider.example/jwks"},
    "with a port that is none": {"jwks_uri": "https://provider.example:port/jwks"},
    "without an endpoint": {"token_endpoint": None},
}


@pytest.mark.parametrize("metadata", METADATA.values(), ids=METADATA)
async def test_a_description_that_can_not_be_right_is_not_believed(
    client: OpenIdClient, provider: ForgingProvider, metadata: dict[str, object]
) -> None:
    provider.metadata = metadata
    with pytest.raises(ProviderUnavailable):
        await begin(client)


REPLIES: dict[str, Reply] = {
    "none": Reply(None),
    "an error": Reply(b"{}", 500),
    "not found": Reply(b'{"issuer": "x"}', 404),
    "somewhere else": Reply(b"", 302, {"Location": "/elsewhere"}),
    "no JSON": Reply(b"<html>"),
    "no object": Reply(b"[1]"),
    "nothing": Reply(b""),
    "too much": Reply(b'{"x": "' + b"x" * 300_000 + b'"}'),
    "endless nesting": Reply(b"[" * 100_000),
    "compressed": Reply(gzip.compress(b"{}"), 200, {"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("path", [DISCOVERY, "/jwks"])
@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
async def test_a_provider_that_does_not_answer_as_it_must_is_unavailable(
    client: OpenIdClient, provider: ForgingProvider, reply: Reply, path: str
) -> None:
    provider.replies = {path: reply}
    with pytest.raises(ProviderUnavailable) as error:
        await sign_in(client, provider)
    assert "\n" not in str(error.value)
    assert provider.asked["/elsewhere"] == 0


TOKEN_REPLIES: dict[str, tuple[Reply, type[Exception]]] = {
    "none": (Reply(None), ProviderUnavailable),
    "an error": (Reply(b"{}", 503), ProviderUnavailable),
    "too many": (Reply(b"{}", 429), ProviderUnavailable),
    "too much": (Reply(b"x" * 300_000), ProviderUnavailable),
    "somewhere else": (Reply(b"", 307, {"Location": "/elsewhere"}), UnacceptableAnswer),
    "refused": (Reply(b'{"error": "invalid_grant"}', 400), UnacceptableAnswer),
    "wrong secret": (Reply(b'{"error": "invalid_client"}', 401), UnacceptableAnswer),
    "no JSON": (Reply(b"access_token=a"), UnacceptableAnswer),
    "no ID token": (Reply(b'{"access_token": "a"}'), UnacceptableAnswer),
}


@pytest.mark.parametrize(("reply", "error"), TOKEN_REPLIES.values(), ids=TOKEN_REPLIES)
async def test_a_code_that_is_not_exchanged_signs_nobody_in(
    client: OpenIdClient, provider: ForgingProvider, reply: Reply, error: type[Exception]
) -> None:
    provider.replies = {"/token": reply}
    with pytest.raises(error):
        await sign_in(client, provider)
    assert provider.asked["/elsewhere"] == 0


async def test_while_it_is_down_not_everyone_waits(
    client: OpenIdClient, provider: ForgingProvider, moving_clock: Clock
) -> None:
    provider.replies = {DISCOVERY: Reply(None)}
    for _ in range(3):
        with pytest.raises(ProviderUnavailable):
            await begin(client)
    assert provider.asked[DISCOVERY] == 1
    provider.replies = {}
    moving_clock.forward(seconds=6)
    await begin(client)


async def test_nobody_there_is_unavailable(provider: ForgingProvider) -> None:
    client = OpenIdClient(replace(provider.settings, issuer=f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(ProviderUnavailable, match="ConnectError"):
        await begin(client)

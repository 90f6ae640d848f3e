"""A provider and its client, and the way between the two."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from musubi.adapters.oidc import Person
from musubi.adapters.oidc.client import OpenIdClient
from tests.oidc_provider import ForgingProvider

CALLBACK = "http://localhost:8000/api/v1/auth/oidc/forger/callback"
VERIFIER = "v" * 64


@pytest.fixture
def provider() -> Iterator[ForgingProvider]:
    """A provider that says whatever it is told to."""
    with ForgingProvider() as running:
        yield running


@pytest.fixture
def client(provider: ForgingProvider) -> OpenIdClient:
    """A client that knows it and has asked nothing yet."""
    return OpenIdClient(provider.settings)


async def begin(client: OpenIdClient) -> str:
    """Where the client sends people."""
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

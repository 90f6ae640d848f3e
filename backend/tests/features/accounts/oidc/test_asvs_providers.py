"""What a provider's word is worth here, and for how long."""

import pytest
from httpx import AsyncClient

from musubi.adapters.oidc import ProviderUnavailable, discovery
from musubi.adapters.oidc.http import Answer
from tests.conftest import Clock
from tests.features.accounts.oidc.conftest import Browser, OpenBrowser
from tests.oidc_provider import ForgingProvider
from tests.services.openid import OpenIdProvider


async def test_a_subject_is_someone_else_at_another_provider(
    open_browser: OpenBrowser, openid: OpenIdProvider, forger: ForgingProvider
) -> None:
    first, second = await open_browser(), await open_browser()
    await first.sign_in("hanako-at-openid")
    forged = forger.consent(
        await second.start("forger"), "hanako-at-openid", email="someone@example.com", email_verified=True
    )
    await second.come_back(forged)
    assert (await second.user())["id"] != (await first.user())["id"]


@pytest.mark.parametrize("redirect", ["/", "/items?tag=a%20b"])
async def test_another_site_begins_nothing(browser: Browser, redirect: str) -> None:
    url, query = "/api/v1/auth/oidc/openid/start", {"redirect": redirect}
    reply = await browser.http.get(url, params=query, headers={"Sec-Fetch-Site": "cross-site"})
    assert reply.status_code == 303
    assert reply.headers["location"].startswith("/login?redirect=%2F")
    assert "set-cookie" not in reply.headers
    for begun_by in ("same-origin", "same-site", "none"):
        reply = await browser.http.get(url, params=query, headers={"Sec-Fetch-Site": begun_by})
        assert reply.headers["location"].startswith(browser.provider.url)


async def test_another_site_chooses_no_page_either(client: AsyncClient) -> None:
    reply = await client.get(
        "/api/v1/auth/oidc/openid/start?redirect=//evil.example", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert reply.headers["location"] == "/login?redirect=%2F"


async def test_a_session_is_no_longer_for_having_begun_elsewhere(
    browser: Browser, openid: OpenIdProvider, moving_clock: Clock
) -> None:
    await browser.sign_in("hanako-at-openid")
    moving_clock.forward(days=6, hours=23)
    assert await browser.actor() is not None
    moving_clock.forward(hours=1)
    assert await browser.actor() is None


ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")


@pytest.mark.parametrize("endpoint", [None, *ENDPOINTS])
async def test_a_provider_elsewhere_leads_nobody_to_what_listens_here(
    monkeypatch: pytest.MonkeyPatch, endpoint: str | None
) -> None:
    issuer = "https://id.example"
    description = {"issuer": issuer, **{name: f"{issuer}/{name}" for name in ENDPOINTS}}
    if endpoint is not None:
        description[endpoint] = "http://127.0.0.1:6379/"

    async def ask(_url: str) -> Answer:
        return Answer(200, description)

    monkeypatch.setattr(discovery, "ask", ask)
    if endpoint is None:
        assert (await discovery.Discovery(issuer).metadata()).token_endpoint == f"{issuer}/token_endpoint"
        return
    with pytest.raises(ProviderUnavailable, match="encrypted"):
        await discovery.Discovery(issuer).metadata()

"""Signing in at a provider, from the link to the page one came for."""

from http.cookies import SimpleCookie

import pyotp
import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from musubi.features.accounts.oidc_state import own_path
from tests.conftest import AppMaker
from tests.features.accounts.oidc.conftest import (
    CLIENT_SECRET,
    SIGNED_IN,
    Browser,
    OpenBrowser,
    actions_of,
    change_user,
)
from tests.oidc_provider import ForgingProvider, Reply
from tests.scraping import Recorded
from tests.services.openid import OpenIdProvider
from tests.support import Actor, error_of


async def test_everyone_sees_where_they_may_sign_in(client: AsyncClient) -> None:
    reply = await client.get("/api/v1/auth/oidc")
    assert reply.status_code == 200
    assert reply.json()["data"] == [
        {"name": "openid", "title": "OpenID (tests)"},
        {"name": "forger", "title": "Forger"},
    ]
    assert CLIENT_SECRET not in reply.text


async def test_without_providers_there_is_nothing_to_see(make_client: AppMaker) -> None:
    client = await make_client()
    assert (await client.get("/api/v1/auth/oidc")).json()["data"] == []
    for path in ["start", "callback?state=x&code=y"]:
        assert (await client.get(f"/api/v1/auth/oidc/openid/{path}")).status_code == 404


async def test_someone_new_gets_an_account_and_is_signed_in(
    browser: Browser, openid: OpenIdProvider, superuser: Actor
) -> None:
    url = openid.consent(await browser.start(redirect="/items?tag=a%20b#top"), "hanako-at-openid")
    reply = await browser.come_back(url)
    assert reply.status_code == 303
    assert reply.headers["location"] == "/login?redirect=/items%3Ftag%3Da%2520b%23top#signed-in"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["referrer-policy"] == "no-referrer"
    [cookie] = SimpleCookie(reply.headers["set-cookie"]).values()
    assert cookie.key == "musubi_refresh"
    assert (cookie["samesite"], cookie["httponly"]) == ("strict", True)

    user = await browser.user()
    assert user["username"] == "hanako"
    assert user["full_name"] == "山田 花子"
    assert (user["email"], user["email_verified"]) == ("hanako@example.com", True)
    assert (user["role"], user["is_superuser"]) == ("member", False)
    entries = await actions_of(superuser, "user.registered", "identity.linked", "user.signed_in")
    told = [
        (entry["action"], entry["actor_id"], entry["details"]) for entry in entries if entry["actor_id"] == user["id"]
    ]
    assert told == [
        ("user.registered", user["id"], {"method": "oidc", "provider": "openid"}),
        ("identity.linked", user["id"], {"provider": "openid"}),
        ("user.signed_in", user["id"], {"method": "oidc:openid"}),
    ]


async def test_no_password_opens_an_account_that_has_none(browser: Browser, client: AsyncClient) -> None:
    await browser.sign_in("hanako-at-openid")
    for password in ["", "None", "Tsubaki-7-kaze"]:
        reply = await client.post("/api/v1/auth/login", data={"username": "hanako", "password": password})
        assert reply.status_code in (401, 422)


async def test_the_same_person_comes_to_the_same_account(open_browser: OpenBrowser, openid: OpenIdProvider) -> None:
    first, second = await open_browser(), await open_browser()
    await first.sign_in("hanako-at-openid")
    openid.add_person("hanako-at-openid", email="elsewhere@example.com", email_verified=True, name="Someone Else")
    assert await second.sign_in("hanako-at-openid") == SIGNED_IN
    assert await second.user() == await first.user()
    actor = await second.actor()
    assert actor is not None
    [identity] = (await actor.get("/auth/two-factor")).json()["identities"]
    assert identity["email"] == "elsewhere@example.com"
    assert (identity["provider"], identity["title"]) == ("openid", "OpenID (tests)")


async def test_the_way_to_a_provider_leaves_a_cookie_that_only_comes_back_here(browser: Browser) -> None:
    reply = await browser.http.get("/api/v1/auth/oidc/openid/start")
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["referrer-policy"] == "no-referrer"
    [cookie] = SimpleCookie(reply.headers["set-cookie"]).values()
    assert cookie.key == "musubi_oidc"
    assert len(cookie.value) == 43
    assert cookie.value not in reply.headers["location"]
    assert cookie["path"] == "/api/v1/auth/oidc"
    assert (cookie["samesite"], cookie["httponly"], cookie["secure"]) == ("lax", True, "")
    assert (cookie["max-age"], cookie["domain"]) == ("600", "")


async def test_with_tls_the_cookie_needs_it(app: FastAPI) -> None:
    async with AsyncClient(transport=ASGITransport(app), base_url="https://localhost") as client:
        reply = await client.get("/api/v1/auth/oidc/openid/start")
    [cookie] = SimpleCookie(reply.headers["set-cookie"]).values()
    assert (cookie.key, cookie["secure"]) == ("__Secure-musubi_oidc", True)


async def test_people_are_sent_back_to_the_configured_address(make_client: AppMaker, forger: ForgingProvider) -> None:
    client = await make_client(base_url="https://musubi.example.org", oidc_providers=(forger.settings,))
    reply = await client.get("/api/v1/auth/oidc/forger/start", headers={"X-Forwarded-Host": "evil.example"})
    back = "redirect_uri=https%3A%2F%2Fmusubi.example.org%2Fapi%2Fv1%2Fauth%2Foidc%2Fforger%2Fcallback&"
    assert back in reply.headers["location"]


ELSEWHERE = [
    "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
    "/\n/evil.example", " //evil.example", "///evil.example", "/.//evil.example", "/items/..//evil.example",
    "/%2e/x\\y", "javascript:alert(1)", "evil.example", "", "/api/v1/auth/oidc/openid/start", "/api",
    "/items\r\nSet-Cookie: a=b", "/\u202eitems", "/" + "x" * 500,
]  # fmt: skip


@pytest.mark.parametrize("redirect", ELSEWHERE)
def test_nothing_but_a_page_of_ours_is_gone_on_to(redirect: str) -> None:
    assert own_path(redirect) == "/"


@pytest.mark.parametrize("redirect", ["/", "/items/7", "/items?search=a//b", "/apiary", "/メモ", "/" + "x" * 499])
def test_pages_of_ours_are(redirect: str) -> None:
    assert own_path(redirect) == redirect


@pytest.mark.parametrize("redirect", ["//evil.example", "/\\evil.example"])
async def test_nobody_is_led_elsewhere(browser: Browser, redirect: str) -> None:
    assert await browser.sign_in("hanako-at-openid", redirect=redirect) == SIGNED_IN


async def test_saying_no_is_no_error_of_anyone(browser: Browser, openid: OpenIdProvider) -> None:
    reply = await browser.come_back(openid.refuse(await browser.start()))
    assert (reply.status_code, reply.headers["location"]) == (303, "/login?error=cancelled")
    assert await browser.actor() is None


@pytest.mark.parametrize("query", ["error=server_error", "error=%3Cscript%3E", "", "error="])
async def test_what_a_provider_refuses_is_told(browser: Browser, forger: ForgingProvider, query: str) -> None:
    callback = forger.consent(await browser.start("forger")).replace("code=code-0", query)
    assert query in callback
    assert (await browser.come_back(callback)).headers["location"] == "/login?error=provider"


async def test_a_provider_that_is_down_is_told(browser: Browser, forger: ForgingProvider) -> None:
    forger.replies = {"/.well-known/openid-configuration": Reply(None)}
    reply = await browser.http.get("/api/v1/auth/oidc/forger/start")
    assert (reply.status_code, reply.headers["location"]) == (303, "/login?error=provider_unavailable")
    assert "set-cookie" not in reply.headers


async def test_a_provider_that_goes_down_on_the_way_is_told(browser: Browser, forger: ForgingProvider) -> None:
    callback = forger.consent(await browser.start("forger"))
    forger.replies = {"/token": Reply(b"", 503)}
    assert (await browser.come_back(callback)).headers["location"] == "/login?error=provider_unavailable"


async def test_a_token_for_someone_else_signs_nobody_in(browser: Browser, forger: ForgingProvider) -> None:
    callback = forger.consent(await browser.start("forger"), aud="another-client", email="a@example.com")
    assert (await browser.come_back(callback)).headers["location"] == "/login?error=provider"
    assert await browser.actor() is None


@pytest.mark.parametrize(
    ("language", "message"), [("en", "There is no such provider"), ("ja", "このプロバイダーはありません")]
)
async def test_an_unknown_provider_is_not_found(client: AsyncClient, language: str, message: str) -> None:
    for path in ["start", "callback?state=a&code=b"]:
        reply = await client.get(f"/api/v1/auth/oidc/other/{path}", headers={"Accept-Language": language})
        assert reply.status_code == 404
        assert error_of(reply)["message"] == message


async def test_a_disabled_account_stays_closed(browser: Browser, app: FastAPI) -> None:
    await browser.sign_in("hanako-at-openid")
    await change_user(app, (await browser.user())["id"], is_active=False)
    assert await browser.sign_in("hanako-at-openid") == "/login?error=inactive"
    assert await browser.actor() is None


async def test_a_second_factor_is_asked_for_all_the_same(
    open_browser: OpenBrowser, openid: OpenIdProvider, superuser: Actor
) -> None:
    browser, other = await open_browser(), await open_browser()
    await browser.sign_in("hanako-at-openid")
    actor = await browser.actor()
    assert actor is not None
    totp = pyotp.TOTP((await actor.post("/auth/totp")).json()["secret"])
    codes = (await actor.post("/auth/totp/confirm", json={"code": totp.now()})).json()["recovery_codes"]

    reply = await other.come_back(openid.consent(await other.start(redirect="/items"), "hanako-at-openid"))
    path, _, fragment = reply.headers["location"].partition("#")
    assert path == "/login"
    token, methods, redirect = fragment.split("&")
    assert (methods, redirect) == ("methods=totp,recovery", "redirect=/items")
    assert "musubi_refresh" not in reply.headers.get("set-cookie", "")
    assert await other.actor() is None

    answer = {"mfa_token": token.removeprefix("mfa="), "method": "recovery", "code": codes[0]}
    reply = await other.http.post("/api/v1/auth/login/mfa", json=answer)
    assert reply.status_code == 200, reply.text
    assert reply.json()["user"]["username"] == "hanako"
    methods_used = [entry["details"]["method"] for entry in await actions_of(superuser, "user.signed_in")]
    assert methods_used[-1] == "oidc:openid+recovery"


async def test_beginning_is_limited(make_client: AppMaker, forger: ForgingProvider) -> None:
    client = await make_client(oidc_providers=(forger.settings,), rate_limits=True)
    replies = [await client.get("/api/v1/auth/oidc/forger/start") for _ in range(61)]
    assert [reply.status_code for reply in replies] == [303] * 60 + [429]


async def test_sign_ins_are_counted(browser: Browser, openid: OpenIdProvider, forger: ForgingProvider) -> None:
    recorded = Recorded()
    assert await browser.sign_in("hanako-at-openid") == SIGNED_IN
    assert recorded.since("musubi_registrations_total") == 1
    assert recorded.since("musubi_sign_ins_total", method="oidc", outcome="success") == 1
    callback = forger.consent(await browser.start("forger"), email="a@example.com")
    forger.replies = {"/token": Reply(b"", 503)}
    await browser.come_back(callback)
    assert recorded.since("musubi_sign_ins_total", method="oidc", outcome="failed") == 1
    await browser.come_back(forger.consent(await browser.start("forger")).replace("code=code-0", "error=access_denied"))
    assert recorded.since("musubi_sign_ins_total", method="oidc") == 3

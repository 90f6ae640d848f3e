"""A sign-in ends in the browser that began it, once, with the provider it began with, and soon."""

import asyncio
import json
import logging
import threading
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from pydantic import SecretStr
from sqlalchemy import select
from structlog.testing import capture_logs

from musubi.core.keyring import KeyRing
from musubi.features.accounts.models import OneTimeToken
from musubi.features.audit.models import AuditEntry
from tests.conftest import AppMaker, Clock
from tests.features.accounts.oidc.conftest import CLIENT_SECRET, SIGNED_IN, Browser, OpenBrowser
from tests.oidc_provider import Claims, ForgingProvider, Reply
from tests.processes import PATIENCE_SECONDS
from tests.services.openid import OpenIdProvider
from tests.sql import watch
from tests.support import Actor

LOST = "/login?error=state"


async def test_a_callback_counts_once(browser: Browser, openid: OpenIdProvider) -> None:
    callback = openid.consent(await browser.start(), "hanako-at-openid")
    assert (await browser.come_back(callback)).headers["location"] == SIGNED_IN
    reply = await browser.come_back(callback)
    assert reply.headers["location"] == LOST
    assert "set-cookie" not in reply.headers


async def test_of_many_at_once_one_counts(browser: Browser, openid: OpenIdProvider) -> None:
    callback = openid.consent(await browser.start(), "hanako-at-openid")
    replies = await asyncio.gather(*(browser.come_back(callback) for _ in range(5)))
    assert sorted(reply.headers["location"] for reply in replies) == [*[LOST] * 4, SIGNED_IN]


async def test_nobody_finishes_what_someone_else_began(open_browser: OpenBrowser, openid: OpenIdProvider) -> None:
    """Or whoever opens a prepared link would be signed in to an account that is not theirs, and write into it."""
    attacker, victim = await open_browser(), await open_browser()
    callback = openid.consent(await attacker.start(), "taro-at-openid")
    reply = await victim.come_back(callback)
    assert reply.headers["location"] == LOST
    assert await victim.actor() is None
    # One that has begun something itself has a cookie, but another.
    await victim.start()
    callback = openid.consent(await attacker.start(), "taro-at-openid")
    assert (await victim.come_back(callback)).headers["location"] == LOST
    assert await victim.actor() is None


@pytest.mark.parametrize("cookie", ["", "x" * 43, "x", "é"])
async def test_a_cookie_that_was_made_up_is_none(browser: Browser, openid: OpenIdProvider, cookie: str) -> None:
    callback = openid.consent(await browser.start(), "hanako-at-openid")
    browser.http.cookies.clear()
    headers = [(b"cookie", b"musubi_oidc=" + cookie.encode())]
    assert (await browser.http.get(callback, headers=headers)).headers["location"] == LOST


async def test_an_answer_of_one_provider_is_none_of_another(
    browser: Browser, openid: OpenIdProvider, forger: ForgingProvider
) -> None:
    callback = openid.consent(await browser.start("openid"), "hanako-at-openid")
    mixed_up = callback.replace("/oidc/openid/callback", "/oidc/forger/callback")
    assert (await browser.come_back(mixed_up)).headers["location"] == LOST
    # Nobody's code got there.
    assert forger.forms == []


async def test_an_answer_that_says_it_is_of_another_is_none(browser: Browser, forger: ForgingProvider) -> None:
    callback = forger.consent(await browser.start("forger"), email="a@example.com")
    reply = await browser.come_back(f"{callback}&iss=https%3A%2F%2Fevil.example")
    assert reply.headers["location"] == "/login?error=provider"
    assert forger.forms == []


@pytest.mark.parametrize(("minutes", "where"), [(9, SIGNED_IN), (11, LOST)])
async def test_it_has_ten_minutes(
    browser: Browser, openid: OpenIdProvider, moving_clock: Clock, minutes: int, where: str
) -> None:
    callback = openid.consent(await browser.start(), "hanako-at-openid")
    moving_clock.forward(minutes=minutes)
    # The clock of the browser stands still, so that it is the state which has run out and not the cookie.
    assert (await browser.come_back(callback)).headers["location"] == where


async def test_a_state_that_came_to_the_wrong_browser_is_used_up(
    open_browser: OpenBrowser, openid: OpenIdProvider
) -> None:
    first, second = await open_browser(), await open_browser()
    callback = openid.consent(await first.start(), "hanako-at-openid")
    await second.start()
    for browser in (second, first):
        assert (await browser.come_back(callback)).headers["location"] == LOST


@pytest.mark.parametrize("query", ["", "code=abc", "state=", "state=unknown&code=abc", "error=access_denied"])
async def test_what_nobody_began_does_not_end(browser: Browser, query: str) -> None:
    await browser.start()
    reply = await browser.http.get(f"/api/v1/auth/oidc/openid/callback?{query}")
    assert (reply.status_code, reply.headers["location"]) == (303, LOST)


async def test_what_was_made_up_keeps_no_writer_waiting(browser: Browser, app: FastAPI) -> None:
    await browser.start()
    with watch(app) as statements:
        await browser.http.get("/api/v1/auth/oidc/openid/callback?state=made-up&code=abc")
    assert [text.split()[0] for text, _ in statements] == ["SELECT"]


async def test_nobody_waits_while_a_provider_is_asked(browser: Browser, forger: ForgingProvider, member: Actor) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def answer_late() -> Reply:
        asked.set()
        go_on.wait(PATIENCE_SECONDS)
        return Reply(b"", 503)

    callback = forger.consent(await browser.start("forger"))
    forger.replies = {"/token": answer_late}
    coming_back = asyncio.create_task(browser.come_back(callback))
    assert await asyncio.to_thread(asked.wait, PATIENCE_SECONDS)
    await member.make_item()
    assert not coming_back.done()
    go_on.set()
    assert (await coming_back).headers["location"] == "/login?error=provider_unavailable"


async def test_two_tabs_can_be_on_their_way(browser: Browser, openid: OpenIdProvider) -> None:
    first, second = await browser.start(redirect="/first"), await browser.start(redirect="/second")
    callbacks = [openid.consent(url, "hanako-at-openid") for url in (first, second)]
    replies = [await browser.come_back(callback) for callback in callbacks]
    assert [reply.headers["location"] for reply in replies] == [
        SIGNED_IN.replace("=/", f"=/{page}") for page in ("first", "second")
    ]


async def test_every_sign_in_has_secrets_of_its_own(browser: Browser) -> None:
    queries = [parse_qs(urlsplit(await browser.start()).query) for _ in range(3)]
    for name in ("state", "nonce", "code_challenge"):
        assert len({query[name][0] for query in queries}) == 3


async def test_the_database_keeps_nothing_that_would_finish_a_sign_in(
    browser: Browser, forger: ForgingProvider, app: FastAPI
) -> None:
    url = await browser.start("forger")
    query = parse_qs(urlsplit(url).query)
    async with app.state.database.reading() as reader:
        row = (await reader.execute(select(*OneTimeToken.__table__.columns))).one()
    kept = json.dumps(row._asdict(), default=str)
    await browser.come_back(forger.consent(url))
    for secret in (query["state"][0], browser.http.cookies["musubi_oidc"], forger.forms[0]["code_verifier"]):
        assert secret not in kept


async def test_a_sign_in_survives_a_new_secret_but_not_the_loss_of_the_old(
    browser: Browser, openid: OpenIdProvider, app: FastAPI
) -> None:
    oidc = app.state.oidc
    old, new = b"tests only: forty characters of secret", b"another secret of the same length, and so on"
    callback = openid.consent(await browser.start(), "hanako-at-openid")
    oidc._keys = KeyRing(new, old)
    assert (await browser.come_back(callback)).headers["location"] == SIGNED_IN
    oidc._keys = KeyRing(old)
    callback = openid.consent(await browser.start(), "hanako-at-openid")
    oidc._keys = KeyRing(new)
    assert (await browser.come_back(callback)).headers["location"] == LOST


async def test_no_secret_is_logged_or_noted(
    make_client: AppMaker, forger: ForgingProvider, caplog: pytest.LogCaptureFixture
) -> None:
    provider = replace(forger.settings, client_secret=SecretStr(CLIENT_SECRET))
    client = await make_client(oidc_providers=(provider,))
    urls: list[str] = []
    tokens: list[str] = []
    sign = forger.sign

    def sign_and_remember(claims: Claims) -> str:
        tokens.append(sign(claims))
        return tokens[-1]

    forger.sign = sign_and_remember
    with capture_logs() as logs, caplog.at_level(logging.INFO):
        for claims in ({"email": "a@example.com"}, {"nonce": "another"}):
            urls.append((await client.get("/api/v1/auth/oidc/forger/start")).headers["location"])
            await client.get(f"{forger.consent(urls[-1], **claims)}&error_description=a-secret-of-theirs")
    query = parse_qs(urlsplit(urls[0]).query)
    # What the test itself asked for is logged by its own client.
    others = [record.getMessage() for record in caplog.records if "http://localhost:8000" not in record.getMessage()]
    noted = [json.dumps(logs, default=str), "\n".join(others), json.dumps(await _audit(client))]
    assert all(noted)
    assert "provider's answer refused" in noted[0]
    secrets = [
        *(CLIENT_SECRET, "code-0", "code-1", "an-access-token", "a-secret-of-theirs"),
        *(query["state"][0], query["nonce"][0], client.cookies["musubi_oidc"]),
        *tokens,
        *(form["code_verifier"] for form in forger.forms),
    ]
    assert len(secrets) == 12
    for secret in secrets:
        assert [text for text in noted if secret in text] == []


async def _audit(client: AsyncClient) -> list[str]:
    app = client._transport.app  # type: ignore[attr-defined]
    async with app.state.database.reading() as reader:
        return [str(row) for row in await reader.execute(select(*AuditEntry.__table__.columns))]

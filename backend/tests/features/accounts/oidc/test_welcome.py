"""Who gets which account when they come from a provider for the first time."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import func, select

from musubi.features.accounts.models import Identity, User
from tests.conftest import AppMaker
from tests.features.accounts.oidc.conftest import SIGNED_IN, Browser, OpenBrowser, actions_of, change_user
from tests.oidc_provider import ForgingProvider
from tests.services.openid import OpenIdProvider
from tests.support import PASSWORD, Actor, make_actor

EXISTS = "/login?error=account_exists"


async def how_many(app: FastAPI, model: type[User | Identity]) -> int:
    async with app.state.database.reading() as reader:
        return int(await reader.scalar(select(func.count()).select_from(model)))


async def come(browser: Browser, forger: ForgingProvider, subject: str = "person-1", **claims: Any) -> str:
    """Sign in at the provider that says whatever it is told to. Where it ends."""
    forger.claims = {}
    reply = await browser.come_back(forger.consent(await browser.start("forger"), subject, **claims))
    assert reply.status_code == 303, reply.text
    return reply.headers["location"]


@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize("there", [True, False, None, "false", "true"])
async def test_an_account_is_connected_only_when_both_sides_know_the_address(
    browser: Browser, forger: ForgingProvider, app: FastAPI, member: Actor, here: bool, there: object
) -> None:
    await change_user(app, member.id, email_verified=here)
    where = await come(browser, forger, email="HANAKO@example.com", email_verified=there)
    if here and there in (True, "true"):
        assert where == SIGNED_IN
        assert (await browser.user())["id"] == member.id
    else:
        assert where == EXISTS
        assert await browser.actor() is None
        assert await how_many(app, Identity) == 0
    assert await how_many(app, User) == 1


async def test_connecting_by_address_is_noted(
    browser: Browser, openid: OpenIdProvider, app: FastAPI, member: Actor, superuser: Actor
) -> None:
    await change_user(app, member.id, email_verified=True)
    await browser.sign_in("hanako-at-openid")
    [entry] = await actions_of(superuser, "identity.linked")
    assert (entry["object_id"], entry["actor_id"]) == (member.id, member.id)
    assert entry["details"] == {"provider": "openid"}
    # The password goes on working.
    reply = await browser.http.post("/api/v1/auth/login", data={"username": "hanako", "password": PASSWORD})
    assert reply.status_code == 200


async def test_whoever_got_the_address_of_someone_else_is_someone_else(
    open_browser: OpenBrowser, forger: ForgingProvider, app: FastAPI
) -> None:
    """A company gives the address of someone who left to their successor."""
    first, second = await open_browser(), await open_browser()
    claims = {"email": "desk@example.com", "email_verified": True}
    assert await come(first, forger, "who-was-first", **claims) == SIGNED_IN
    assert await come(second, forger, "who-came-after", **claims) == EXISTS
    assert await how_many(app, Identity) == 1


async def test_a_disabled_account_is_not_connected(
    browser: Browser, openid: OpenIdProvider, app: FastAPI, member: Actor
) -> None:
    await change_user(app, member.id, email_verified=True, is_active=False)
    assert await browser.sign_in("hanako-at-openid") == "/login?error=inactive"
    assert await how_many(app, Identity) == 0


async def test_an_address_is_as_verified_as_the_provider_says(open_browser: OpenBrowser, superuser: Actor) -> None:
    hanako, taro = await open_browser(), await open_browser()
    await hanako.sign_in("hanako-at-openid")
    await taro.sign_in("taro-at-openid")
    assert (await hanako.user())["email_verified"] is True
    user = await taro.user()
    assert (user["username"], user["full_name"]) == ("Taro.Suzuki", "Taro Suzuki")
    assert (user["email"], user["email_verified"]) == ("taro@example.com", False)
    mails = (await superuser.get("/mail")).json()["data"]
    asked = {mail["to"] for mail in mails if mail["template"] == "verify_email"}
    # Hanako has nothing to confirm.
    assert asked == {"taro@example.com", superuser.user["email"]}


@pytest.mark.parametrize(
    "email", [None, "", "not an address", "a@b@c", "x" * 90 + "@example.com", "hanako@example.com\nBcc: a@b.example"]
)
async def test_an_account_needs_an_address(browser: Browser, forger: ForgingProvider, app: FastAPI, email: Any) -> None:
    assert await come(browser, forger, email=email, email_verified=True) == "/login?error=email_missing"
    assert await how_many(app, User) == 0


async def test_nobody_new_comes_when_registration_is_closed(
    open_browser: OpenBrowser, app: FastAPI, member: Actor
) -> None:
    """But those who have an account do."""
    app.state.oidc._registration_open = False
    await change_user(app, member.id, email_verified=True)
    assert await (await open_browser()).sign_in("taro-at-openid") == "/login?error=registration_closed"
    assert await (await open_browser()).sign_in("nobody-at-openid") == "/login?error=registration_closed"
    for _ in range(2):
        assert await (await open_browser()).sign_in("hanako-at-openid") == SIGNED_IN
    assert await how_many(app, User) == 1


async def test_the_setting_closes_it(make_client: AppMaker, forger: ForgingProvider) -> None:
    client = await make_client(oidc_providers=(forger.settings,), registration=False)
    url = (await client.get("/api/v1/auth/oidc/forger/start")).headers["location"]
    reply = await client.get(forger.consent(url, email="a@example.com"))
    assert reply.headers["location"] == "/login?error=registration_closed"


NAMES: dict[str, tuple[dict[str, Any], str | None]] = {
    "the one they prefer": ({"preferred_username": "Hanako"}, "Hanako"),
    "their name": ({"name": "Hanako Yamada"}, "Hanako.Yamada"),
    "their name in Japanese": ({"name": "山田 花子"}, "山田.花子"),
    "their address": ({}, "h.yamada"),
    "an address that they prefer": ({"preferred_username": "hanako@corp.example"}, "hanako"),
    "full-width letters": ({"preferred_username": "Ｈａｎａｋｏ"}, "Hanako"),
    "what no name may have": ({"preferred_username": "ha<na>ko/…!"}, "hanako"),
    "too short": ({"preferred_username": "x", "name": "ab"}, "h.yamada"),
    "only what no name may have": ({"preferred_username": "<>!", "name": "@"}, "h.yamada"),
    "too long": ({"preferred_username": "x" * 500}, "x" * 41),
    "one character that becomes many": ({"preferred_username": "\ufdfa" * 60}, None),
    "an accent without end": ({"preferred_username": "a" + "\u0301" * 5000}, None),
    "not a text": ({"preferred_username": 7, "name": ["x"]}, "h.yamada"),
}


@pytest.mark.parametrize(("claims", "username"), NAMES.values(), ids=NAMES)
async def test_a_name_is_found(
    browser: Browser, forger: ForgingProvider, claims: dict[str, Any], username: str | None
) -> None:
    assert await come(browser, forger, email="h.yamada@example.com", **claims) == SIGNED_IN
    found = (await browser.user())["username"]
    assert 3 <= len(found) <= 50
    assert username is None or found == username


async def test_a_name_that_is_taken_gets_a_number(
    open_browser: OpenBrowser, forger: ForgingProvider, member: Actor
) -> None:
    names = []
    for number in range(11):
        browser = await open_browser()
        claims = {"email": f"{number}@example.com", "preferred_username": "HANAKO"}
        assert await come(browser, forger, f"person-{number}", **claims) == SIGNED_IN
        names.append((await browser.user())["username"])
    assert names[:8] == [f"HANAKO-{number}" for number in range(2, 10)]
    assert len({name.lower() for name in names}) == 11
    assert all(len(name) == len("HANAKO-") + 8 for name in names[8:])


async def test_a_full_name_that_is_too_long_is_left_out(browser: Browser, forger: ForgingProvider) -> None:
    assert await come(browser, forger, email="a@example.com", name="x" * 101) == SIGNED_IN
    assert (await browser.user())["full_name"] is None


async def test_of_one_person_at_once_there_is_one_account(
    open_browser: OpenBrowser, openid: OpenIdProvider, app: FastAPI
) -> None:
    browsers = [await open_browser() for _ in range(4)]
    callbacks = [openid.consent(await browser.start(), "hanako-at-openid") for browser in browsers]
    replies = await asyncio.gather(*(browser.come_back(url) for browser, url in zip(browsers, callbacks, strict=True)))
    assert [reply.headers["location"] for reply in replies] == [SIGNED_IN] * 4
    assert (await how_many(app, User), await how_many(app, Identity)) == (1, 1)
    assert len({(await browser.user())["id"] for browser in browsers}) == 1


async def test_two_people_at_once_with_one_name_get_two(
    open_browser: OpenBrowser, forger: ForgingProvider, app: FastAPI
) -> None:
    browsers = [await open_browser() for _ in range(3)]
    forger.claims = {"preferred_username": "hanako"}
    callbacks = [
        forger.consent(await browser.start("forger"), f"person-{each}") for each, browser in enumerate(browsers)
    ]
    honest = forger.sign
    forger.sign = lambda claims: honest({**claims, "email": f"{claims['sub']}@example.com"})
    replies = await asyncio.gather(*(browser.come_back(url) for browser, url in zip(browsers, callbacks, strict=True)))
    assert [reply.headers["location"] for reply in replies] == [SIGNED_IN] * 3
    names = {(await browser.user())["username"] for browser in browsers}
    assert names == {"hanako", "hanako-2", "hanako-3"}


async def test_someone_who_deleted_their_account_begins_anew(
    open_browser: OpenBrowser, superuser: Actor, app: FastAPI
) -> None:
    first, second = await open_browser(), await open_browser()
    await first.sign_in("hanako-at-openid")
    old = (await first.user())["id"]
    assert (await superuser.delete(f"/users/{old}")).status_code == 204
    assert await second.sign_in("hanako-at-openid") == SIGNED_IN
    assert (await second.user())["id"] != old


async def test_an_address_of_someone_else_is_taken_with_a_password_too(
    browser: Browser, client: AsyncClient, openid: OpenIdProvider
) -> None:
    await browser.sign_in("hanako-at-openid")
    form = {"username": "another", "email": "Hanako@Example.com", "password": PASSWORD}
    assert (await client.post("/api/v1/auth/register", json=form)).status_code == 409
    await make_actor(client, "another")

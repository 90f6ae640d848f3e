"""Connecting accounts elsewhere to one's own, and disconnecting them."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select

from musubi.features.accounts.models import Identity, Passkey
from tests.conftest import Clock
from tests.features.accounts.oidc.conftest import SIGNED_IN, Browser, OpenBrowser, actions_of, change_user
from tests.oidc_provider import ForgingProvider, Reply
from tests.outbox import mails
from tests.services.openid import OpenIdProvider
from tests.support import Actor, error_of, sign_in


async def identities_of(actor: Actor) -> list[dict[str, Any]]:
    reply = await actor.get("/auth/two-factor")
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["identities"]
    return found


async def signed_in(browser: Browser, subject: str = "hanako-at-openid") -> Actor:
    """Someone whose account only a provider opens."""
    assert await browser.sign_in(subject) == SIGNED_IN
    actor = await browser.actor()
    assert actor is not None
    return actor


async def test_an_account_is_connected_and_opens_one_s_own(
    open_browser: OpenBrowser, member: Actor, superuser: Actor
) -> None:
    """Also one with another address."""
    browser, other = await open_browser(), await open_browser()
    assert await browser.connect(member, "taro-at-openid") == "/settings?linked=openid"
    [identity] = await identities_of(member)
    assert set(identity) == {"id", "provider", "title", "email", "created_at"}
    assert (identity["provider"], identity["email"]) == ("openid", "taro@example.com")
    [entry] = await actions_of(superuser, "identity.linked")
    assert (entry["actor_id"], entry["object_id"], entry["details"]) == (member.id, member.id, {"provider": "openid"})

    assert await other.sign_in("taro-at-openid") == SIGNED_IN
    assert (await other.user())["id"] == member.id


async def test_connecting_signs_nobody_in(browser: Browser, member: Actor, openid: OpenIdProvider) -> None:
    callback = openid.consent(await browser.ask_to_connect(member), "taro-at-openid")
    reply = await browser.come_back(callback)
    assert "set-cookie" not in reply.headers
    assert await browser.actor() is None


async def test_connecting_again_changes_nothing(browser: Browser, member: Actor, superuser: Actor) -> None:
    for _ in range(2):
        assert await browser.connect(member, "taro-at-openid") == "/settings?linked=openid"
    assert len(await identities_of(member)) == 1
    assert len(await actions_of(superuser, "identity.linked")) == 1


async def test_an_account_that_opens_someone_else_s_is_taken(browser: Browser, member: Actor, other: Actor) -> None:
    await browser.connect(other, "taro-at-openid")
    assert await browser.connect(member, "taro-at-openid") == "/settings?error=identity_taken"
    assert await identities_of(member) == []
    assert len(await identities_of(other)) == 1


async def test_two_who_connect_the_same_at_once(
    open_browser: OpenBrowser, member: Actor, other: Actor, openid: OpenIdProvider
) -> None:
    browsers = [await open_browser() for _ in range(2)]
    callbacks = [
        openid.consent(await browser.ask_to_connect(actor), "taro-at-openid")
        for browser, actor in zip(browsers, (member, other), strict=True)
    ]
    replies = await asyncio.gather(*(each.come_back(url) for each, url in zip(browsers, callbacks, strict=True)))
    assert sorted(reply.headers["location"] for reply in replies) == [
        "/settings?error=identity_taken",
        "/settings?linked=openid",
    ]


async def test_only_someone_signed_in_connects(client: AsyncClient) -> None:
    assert (await client.post("/api/v1/auth/oidc/openid/link")).status_code == 401
    assert (await client.delete("/api/v1/auth/identities/1")).status_code == 401


async def test_a_session_that_lies_open_connects_and_disconnects_nothing(
    browser: Browser, member: Actor, moving_clock: Clock
) -> None:
    await browser.connect(member, "taro-at-openid")
    [identity] = await identities_of(member)
    moving_clock.forward(minutes=11)
    for reply in [
        await member.post("/auth/oidc/openid/link"),
        await member.delete(f"/auth/identities/{identity['id']}"),
    ]:
        assert reply.status_code == 403
        assert error_of(reply)["details"]["reason"] == "reauthentication_required"


async def test_whoever_signed_out_meanwhile_connects_nothing(
    browser: Browser, member: Actor, client: AsyncClient, openid: OpenIdProvider
) -> None:
    callback = openid.consent(await browser.ask_to_connect(member), "taro-at-openid")
    await member.post("/auth/logout")
    assert (await browser.come_back(callback)).headers["location"] == "/settings?error=state"
    assert await identities_of(await sign_in(client, "hanako")) == []


async def test_a_disabled_account_connects_nothing(
    browser: Browser, member: Actor, app: FastAPI, openid: OpenIdProvider
) -> None:
    callback = openid.consent(await browser.ask_to_connect(member), "taro-at-openid")
    await change_user(app, member.id, is_active=False)
    assert (await browser.come_back(callback)).headers["location"] == "/settings?error=state"


async def test_another_browser_connects_nothing(
    open_browser: OpenBrowser, member: Actor, openid: OpenIdProvider
) -> None:
    """Or someone could have others connect their accounts elsewhere to his."""
    attacker, victim = await open_browser(), await open_browser()
    callback = openid.consent(await attacker.ask_to_connect(member), "taro-at-openid")
    assert (await victim.come_back(callback)).headers["location"] == "/login?error=state"
    assert await identities_of(member) == []


async def test_what_goes_wrong_is_told_in_the_settings(
    browser: Browser, member: Actor, openid: OpenIdProvider, forger: ForgingProvider
) -> None:
    reply = await browser.come_back(openid.refuse(await browser.ask_to_connect(member)))
    assert reply.headers["location"] == "/settings?error=cancelled"
    callback = forger.consent(await browser.ask_to_connect(member, "forger"), nonce="another")
    assert (await browser.come_back(callback)).headers["location"] == "/settings?error=provider"


@pytest.mark.parametrize(
    ("language", "message"), [("en", "The service is temporarily unavailable"), ("ja", "一時的に利用できません")]
)
async def test_a_provider_that_is_down_is_an_error_of_the_api(
    member: Actor, forger: ForgingProvider, language: str, message: str
) -> None:
    forger.replies = {"/.well-known/openid-configuration": Reply(None)}
    reply = await member.post("/auth/oidc/forger/link", headers={"Accept-Language": language})
    assert reply.status_code == 503
    assert (error_of(reply)["code"], error_of(reply)["message"]) == ("SERVICE_UNAVAILABLE", message)
    assert (await member.post("/auth/oidc/unknown/link")).status_code == 404


async def test_disconnecting(browser: Browser, member: Actor, other: Actor, superuser: Actor) -> None:
    await browser.connect(member, "hanako-at-openid")
    [identity] = await identities_of(member)
    path = f"/auth/identities/{identity['id']}"
    assert (await other.delete(path)).status_code == 404
    reply = await member.delete(path)
    assert (reply.status_code, reply.content) == (204, b"")
    assert await identities_of(member) == []
    assert error_of(await member.delete(path))["code"] == "NOT_FOUND"
    [entry] = await actions_of(superuser, "identity.unlinked")
    assert (entry["actor_id"], entry["object_id"], entry["details"]) == (member.id, member.id, {"provider": "openid"})
    assert await browser.sign_in("hanako-at-openid") == "/login?error=account_exists"


async def test_the_owner_hears_of_both(browser: Browser, app: FastAPI, member: Actor) -> None:
    await browser.connect(member, "hanako-at-openid")
    [identity] = await identities_of(member)
    await member.delete(f"/auth/identities/{identity['id']}")
    connected, disconnected = await mails(app, "second_factor_changed")
    assert connected.to == disconnected.to == "hanako@example.com"
    assert "was connected to your account" in connected.text
    assert "was disconnected from your account" in disconnected.text


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("en", "Set a password or add a passkey first: nothing else would open your account"),
        ("ja", "先にパスワードを設定するかパスキーを追加してください（ほかにログインする方法がなくなります）"),
    ],
)
async def test_the_last_way_in_stays(browser: Browser, language: str, message: str) -> None:
    actor = await signed_in(browser)
    [identity] = await identities_of(actor)
    reply = await actor.delete(f"/auth/identities/{identity['id']}", headers={"Accept-Language": language})
    assert reply.status_code == 409
    assert error_of(reply)["message"] == message
    assert await identities_of(actor) == [identity]


async def test_a_passkey_is_a_way_in(browser: Browser, app: FastAPI) -> None:
    actor = await signed_in(browser)
    [identity] = await identities_of(actor)
    async with app.state.database.transaction() as session:
        session.add(Passkey(user_id=actor.id, name="Phone", credential_id="abc", public_key=b"key", sign_count=0))
    assert (await actor.delete(f"/auth/identities/{identity['id']}")).status_code == 204


async def test_another_account_elsewhere_is_a_way_in(browser: Browser) -> None:
    actor = await signed_in(browser)
    await browser.connect(actor, "taro-at-openid")
    first, second = await identities_of(actor)
    assert (await actor.delete(f"/auth/identities/{first['id']}")).status_code == 204
    assert (await actor.delete(f"/auth/identities/{second['id']}")).status_code == 409


async def test_an_account_at_a_provider_that_is_gone_opens_nothing(browser: Browser, app: FastAPI) -> None:
    actor = await signed_in(browser)
    async with app.state.database.transaction() as session:
        session.add(Identity(user_id=actor.id, provider="closed", issuer="https://closed.example", subject="1"))
    [current, gone] = await identities_of(actor)
    assert gone["title"] == "closed"
    assert (await actor.delete(f"/auth/identities/{current['id']}")).status_code == 409
    assert (await actor.delete(f"/auth/identities/{gone['id']}")).status_code == 204


async def test_of_two_last_ways_that_are_closed_at_once_one_stays(browser: Browser, app: FastAPI) -> None:
    actor = await signed_in(browser)
    await browser.connect(actor, "taro-at-openid")
    paths = [f"/auth/identities/{each['id']}" for each in await identities_of(actor)]
    replies = await asyncio.gather(*(actor.delete(path) for path in paths))
    assert sorted(reply.status_code for reply in replies) == [204, 409]
    async with app.state.database.reading() as reader:
        assert len((await reader.execute(select(Identity.id))).all()) == 1

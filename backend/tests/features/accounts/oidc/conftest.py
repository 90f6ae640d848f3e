"""An application that knows two providers, and browsers that go back and forth between them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from pydantic import SecretStr
from sqlalchemy import update

from musubi.core.identity_provider import IdentityProvider
from musubi.features.accounts.models import User
from tests.conftest import AppMaker
from tests.oidc_provider import ForgingProvider
from tests.services.openid import OpenIdProvider
from tests.support import Actor

HERE = "http://localhost:8000"
CLIENT_SECRET = "a-secret-that-nobody-sees"
SIGNED_IN = "/login?redirect=/#signed-in"
"""Where a sign-in ends that was begun without a page to go on to."""


@dataclass
class Browser:
    """Someone's browser: it has cookies of its own, and follows where it is sent."""

    http: AsyncClient
    provider: OpenIdProvider

    async def start(self, provider: str = "openid", **query: str) -> str:
        """Follow the link to a provider. The address it leads to."""
        reply = await self.http.get(f"/api/v1/auth/oidc/{provider}/start", params=query)
        assert reply.status_code == 303, reply.text
        return reply.headers["location"]

    async def come_back(self, url: str) -> Response:
        """Follow the provider's redirect."""
        assert url.startswith(f"{HERE}/api/v1/auth/oidc/")
        return await self.http.get(url)

    async def sign_in(self, subject: str, **query: str) -> str:
        """All the way. Where it ends."""
        reply = await self.come_back(self.provider.consent(await self.start(**query), subject))
        assert reply.status_code == 303, reply.text
        return reply.headers["location"]

    async def actor(self) -> Actor | None:
        """Who is signed in here, as the application finds out when it is loaded."""
        headers = {"X-Session-Transport": "cookie", "Sec-Fetch-Site": "same-origin"}
        reply = await self.http.post("/api/v1/auth/refresh", headers=headers)
        if reply.status_code == 401:
            return None
        assert reply.status_code == 200, reply.text
        body = reply.json()
        assert body["refresh_token"] is None
        return Actor(self.http, body["user"], body["access_token"], "")

    async def user(self) -> dict[str, Any]:
        """The account that is signed in here."""
        actor = await self.actor()
        assert actor is not None
        return actor.user

    async def connect(self, actor: Actor, subject: str, provider: str = "openid") -> str:
        """Connect `subject` to the account of `actor`, whose page is open here. Where it ends."""
        reply = await self.come_back(self.provider.consent(await self.ask_to_connect(actor, provider), subject))
        assert reply.status_code == 303, reply.text
        return reply.headers["location"]

    async def ask_to_connect(self, actor: Actor, provider: str = "openid") -> str:
        reply = await self.http.post(f"/api/v1/auth/oidc/{provider}/link", headers=actor.headers)
        assert reply.status_code == 200, reply.text
        url: str = reply.json()["url"]
        return url


OpenBrowser = Callable[[], Awaitable[Browser]]


@pytest.fixture(scope="session")
def openid_process() -> Iterator[OpenIdProvider]:
    """A provider in a process of its own."""
    with OpenIdProvider() as running:
        yield running


@pytest.fixture
def openid(openid_process: OpenIdProvider) -> OpenIdProvider:
    """The same, which knows three people. (What it knew from other tests, it says again.)"""
    openid_process.add_person(
        "hanako-at-openid",
        email="hanako@example.com",
        email_verified=True,
        preferred_username="hanako",
        name="山田 花子",
    )
    openid_process.add_person("taro-at-openid", email="taro@example.com", email_verified=False, name="Taro Suzuki")
    openid_process.add_person("nobody-at-openid")
    return openid_process


@pytest.fixture
def forger() -> Iterator[ForgingProvider]:
    """A provider that does what a test wants."""
    with ForgingProvider() as running:
        yield running


@pytest.fixture
def providers(openid: OpenIdProvider, forger: ForgingProvider) -> tuple[IdentityProvider, ...]:
    return (
        IdentityProvider("openid", "OpenID (tests)", openid.url, "musubi", SecretStr(CLIENT_SECRET)),
        forger.settings,
    )


@pytest.fixture
async def client(make_client: AppMaker, providers: tuple[IdentityProvider, ...]) -> AsyncClient:
    """A client of an application that knows both."""
    return await make_client(oidc_providers=providers)


@pytest.fixture
async def open_browser(app: FastAPI, openid: OpenIdProvider) -> AsyncIterator[OpenBrowser]:
    async with AsyncExitStack() as stack:

        async def open_one() -> Browser:
            client = AsyncClient(transport=ASGITransport(app, raise_app_exceptions=False), base_url=HERE)
            return Browser(await stack.enter_async_context(client), openid)

        yield open_one


@pytest.fixture
async def browser(open_browser: OpenBrowser) -> Browser:
    return await open_browser()


async def change_user(app: FastAPI, user_id: int, **values: object) -> None:
    """Change an account behind the application's back."""
    async with app.state.database.transaction() as session:
        await session.execute(update(User).where(User.id == user_id).values(**values))


async def actions_of(superuser: Actor, *names: str) -> list[dict[str, Any]]:
    """The entries of the audit log with these actions, oldest first."""
    reply = await superuser.get("/audit", params={"limit": 100})
    assert reply.status_code == 200, reply.text
    return [entry for entry in reversed(reply.json()["data"]) if entry["action"] in names]

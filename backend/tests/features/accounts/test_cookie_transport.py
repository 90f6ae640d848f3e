"""The browser's way: the refresh token in a cookie that no script reads and no other site can use."""

from collections.abc import AsyncIterator
from datetime import timedelta
from http.cookies import Morsel, SimpleCookie

import jwt
import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import select

from musubi.features.accounts.models import AuthSession
from tests.conftest import AppMaker, Clock
from tests.support import PASSWORD, error_of, make_actor, sign_in

HERE = "http://localhost:8000"
BY_COOKIE = {"X-Session-Transport": "cookie"}
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
WEEK = 7 * 24 * 3600

OURS = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin", "Origin": HERE},
    {"Origin": HERE},
    # On the list of origins, which development has by default.
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:5173"},
    {"Origin": "http://localhost:3000"},
]
FOREIGN = [
    {},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "cross-site", "Origin": HERE},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    # A sibling: the browser calls it the same site, and sends it our cookies.
    {"Sec-Fetch-Site": "same-site", "Origin": "http://blog.localhost:8000"},
    {"Origin": "http://blog.localhost:8000"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://evil.example"},
    {"Origin": "http://localhost:8001"},
    {"Origin": "https://localhost:8000"},
    {"Origin": "http://localhost:8000.evil.example"},
    {"Origin": "http://localhost:5173.evil.example"},
    {"Origin": "http://localhost"},
    {"Referer": f"{HERE}/items"},
]


@pytest.fixture
async def browser(client: AsyncClient) -> AsyncClient:
    """A client that keeps cookies, as all do here, and that registered as a browser does."""
    form = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
    reply = await client.post("/api/v1/auth/register", json=form, headers=BY_COOKIE)
    assert reply.status_code == 201
    return client


@pytest.fixture
async def tls_browser(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(app), base_url="https://localhost") as browser:
        yield browser


async def login(browser: AsyncClient) -> Response:
    form = {"username": "hanako", "password": PASSWORD}
    reply = await browser.post("/api/v1/auth/login", data=form, headers=BY_COOKIE)
    assert reply.status_code == 200
    return reply


async def refresh(browser: AsyncClient, headers: dict[str, str] = SAME_ORIGIN) -> Response:
    return await browser.post("/api/v1/auth/refresh", headers=headers)


def cookie_of(reply: Response) -> Morsel[str]:
    """The one cookie that the reply sets."""
    lines = reply.headers.get_list("set-cookie")
    assert len(lines) == 1
    (morsel,) = SimpleCookie(lines[0]).values()
    return morsel


async def generation(app: FastAPI) -> int:
    async with app.state.database.reading() as reader:
        return int(await reader.scalar(select(AuthSession.generation)))


async def test_the_token_is_only_in_the_cookie(browser: AsyncClient) -> None:
    reply = await login(browser)
    assert reply.json()["refresh_token"] is None
    cookie = cookie_of(reply)
    assert cookie.value not in reply.text
    assert cookie.key == "musubi_refresh"
    assert cookie["httponly"] is True
    assert cookie["samesite"].lower() == "strict"
    assert cookie["path"] == "/"
    assert cookie["domain"] == ""
    assert cookie["secure"] == ""
    assert WEEK - 5 <= int(cookie["max-age"]) <= WEEK


async def test_under_tls_the_cookie_is_bound_to_the_host(client: AsyncClient, tls_browser: AsyncClient) -> None:
    await make_actor(client, "hanako")
    cookie = cookie_of(await login(tls_browser))
    assert cookie.key == "__Host-musubi_refresh"
    assert cookie["secure"] is True
    assert cookie["httponly"] is True
    assert cookie["path"] == "/"
    assert cookie["domain"] == ""
    assert (await refresh(tls_browser)).status_code == 200


async def test_a_cookie_set_without_tls_counts_for_nothing_under_tls(
    browser: AsyncClient, tls_browser: AsyncClient
) -> None:
    token = browser.cookies["musubi_refresh"]
    reply = await tls_browser.post("/api/v1/auth/refresh", headers={**SAME_ORIGIN, "Cookie": f"musubi_refresh={token}"})
    assert reply.status_code == 401


async def test_without_the_header_there_is_no_cookie(client: AsyncClient) -> None:
    await make_actor(client, "hanako")
    assert not client.cookies
    reply = await client.post("/api/v1/auth/login", data={"username": "hanako", "password": PASSWORD})
    assert "set-cookie" not in reply.headers
    assert reply.json()["refresh_token"]


async def test_the_first_superuser_gets_one_too(client: AsyncClient, app: FastAPI) -> None:
    token = app.state.accounts.sessions.tokens.setup_token()
    form = {"username": "root", "email": "root@example.com", "password": PASSWORD, "token": token}
    reply = await client.post("/api/v1/setup", json=form, headers=BY_COOKIE)
    assert reply.json()["refresh_token"] is None
    assert cookie_of(reply).value


@pytest.mark.parametrize("headers", OURS)
async def test_refresh_from_our_own_pages(browser: AsyncClient, app: FastAPI, headers: dict[str, str]) -> None:
    before = browser.cookies["musubi_refresh"]
    reply = await refresh(browser, headers)
    assert reply.status_code == 200, reply.text
    assert reply.json()["refresh_token"] is None
    assert browser.cookies["musubi_refresh"] != before
    assert await generation(app) == 1


@pytest.mark.parametrize("headers", FOREIGN)
async def test_no_refresh_from_elsewhere(browser: AsyncClient, app: FastAPI, headers: dict[str, str]) -> None:
    reply = await refresh(browser, headers)
    assert reply.status_code == 403
    assert error_of(reply)["code"] == "FORBIDDEN"
    assert "set-cookie" not in reply.headers
    assert await generation(app) == 0


@pytest.mark.parametrize("headers", OURS)
async def test_logout_from_our_own_pages(browser: AsyncClient, headers: dict[str, str]) -> None:
    token = browser.cookies["musubi_refresh"]
    reply = await browser.post("/api/v1/auth/logout", headers=headers)
    assert reply.status_code == 200
    cookie = cookie_of(reply)
    assert cookie.key == "musubi_refresh"
    assert cookie["max-age"] == "0"
    assert "musubi_refresh" not in browser.cookies
    # Not "storage": that would take the theme and the installed application away.
    assert reply.headers["Clear-Site-Data"] == '"cache"'
    assert (await browser.post("/api/v1/auth/refresh", json={"refresh_token": token})).status_code == 401


@pytest.mark.parametrize("headers", FOREIGN)
async def test_no_logout_from_elsewhere(browser: AsyncClient, headers: dict[str, str]) -> None:
    assert (await browser.post("/api/v1/auth/logout", headers=headers)).status_code == 403
    assert (await refresh(browser)).status_code == 200


async def test_no_origin_is_listed_in_production_by_default(make_client: AppMaker) -> None:
    client = await make_client(cors_origins=())
    await make_actor(client, "hanako")
    await login(client)
    assert (await refresh(client, {"Origin": "http://localhost:5173"})).status_code == 403
    assert (await refresh(client)).status_code == 200


async def test_subdomains_that_may_call_the_api_may_not_use_the_cookie(make_client: AppMaker) -> None:
    client = await make_client(cors_parent_domain="example.com")
    await make_actor(client, "hanako")
    await login(client)
    origin = {"Origin": "https://blog.example.com"}
    assert (await client.get("/api/v1/setup", headers=origin)).headers["Access-Control-Allow-Origin"]
    for headers in (origin, {**origin, "Sec-Fetch-Site": "same-site"}):
        assert (await refresh(client, headers)).status_code == 403
        assert (await client.post("/api/v1/auth/logout", headers=headers)).status_code == 403
    assert (await refresh(client)).status_code == 200


async def test_a_script_does_not_get_to_see_the_token_by_asking_otherwise(browser: AsyncClient) -> None:
    reply = await refresh(browser, {**SAME_ORIGIN, "X-Session-Transport": "json"})
    assert reply.status_code == 200
    assert reply.json()["refresh_token"] is None
    assert cookie_of(reply).value not in reply.text


async def test_refreshing_does_not_make_the_cookie_last_longer(browser: AsyncClient, moving_clock: Clock) -> None:
    moving_clock.forward(days=3)
    cookie = cookie_of(await refresh(browser))
    left = timedelta(seconds=int(cookie["max-age"]))
    assert timedelta(days=3, hours=23) < left <= timedelta(days=4)


async def test_a_cookie_that_is_not_ours(browser: AsyncClient) -> None:
    browser.cookies.clear()
    browser.cookies.set("musubi_refresh", "1.0.nonsense")
    assert (await refresh(browser)).status_code == 401
    assert (await browser.post("/api/v1/auth/logout", headers=SAME_ORIGIN)).status_code == 401


async def test_a_token_in_the_body_comes_before_the_cookie(browser: AsyncClient) -> None:
    reply = await browser.post("/api/v1/auth/refresh", json={"refresh_token": "1.0.nonsense"}, headers=SAME_ORIGIN)
    assert reply.status_code == 401


async def test_logout_with_an_access_token_that_ran_out(browser: AsyncClient, moving_clock: Clock) -> None:
    access_token = (await refresh(browser)).json()["access_token"]
    token = browser.cookies["musubi_refresh"]
    moving_clock.forward(hours=2)
    headers = {"Authorization": f"Bearer {access_token}", **SAME_ORIGIN}
    assert (await browser.post("/api/v1/auth/logout", headers=headers)).status_code == 200
    assert (await browser.post("/api/v1/auth/refresh", json={"refresh_token": token})).status_code == 401


async def test_logout_with_an_access_token_clears_the_cookie(browser: AsyncClient) -> None:
    access_token = (await refresh(browser)).json()["access_token"]
    reply = await browser.post("/api/v1/auth/logout", headers={"Authorization": f"Bearer {access_token}"})
    assert reply.status_code == 200
    assert cookie_of(reply)["max-age"] == "0"


async def test_a_cookie_alone_opens_nothing_else(browser: AsyncClient) -> None:
    assert (await browser.get("/api/v1/auth/me", headers=SAME_ORIGIN)).status_code == 401


async def test_whether_there_is_tls_is_not_for_strangers_to_say(client: AsyncClient) -> None:
    await make_actor(client, "hanako")
    form = {"username": "hanako", "password": PASSWORD}
    headers = {**BY_COOKIE, "X-Forwarded-Proto": "https"}
    reply = await client.post("/api/v1/auth/login", data=form, headers=headers)
    assert cookie_of(reply).key == "musubi_refresh"


async def test_a_trusted_proxy_says_whether_there_is_tls(make_client: AppMaker) -> None:
    client = await make_client(trusted_proxies=("127.0.0.1",))
    await make_actor(client, "hanako")
    form = {"username": "hanako", "password": PASSWORD}
    headers = {**BY_COOKIE, "X-Forwarded-Proto": "https"}
    reply = await client.post("/api/v1/auth/login", data=form, headers=headers)
    assert cookie_of(reply).key == "__Host-musubi_refresh"


async def test_both_transports_are_sessions_of_their_own(browser: AsyncClient) -> None:
    by_cookie = (await refresh(browser)).json()["access_token"]
    app_client = await sign_in(browser, "hanako")
    numbers = {
        jwt.decode(token, options={"verify_signature": False})["sid"] for token in (by_cookie, app_client.access_token)
    }
    assert len(numbers) == 2

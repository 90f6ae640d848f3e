"""Limits at routes: whom they count, what they tell, and that the contract and operators know of them."""

import asyncio
import re
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends
from httpx import AsyncClient, Response

import musubi.app
from musubi.app import FEATURES, create_app
from musubi.core.feature import Feature
from musubi.core.http.rate_limit import Attempts, Limited, LimitedAttempts, Rule, by_what, limits_of
from musubi.core.http.route import Route
from musubi.core.http.route_limits import limits_in_force
from musubi.core.limits import Limit
from musubi.core.openapi import api_routes
from musubi.core.permissions import public
from musubi.settings import ConfigurationError, Environment, Settings
from tests.conftest import AppMaker
from tests.limits import LimitedMaker, app_of, elsewhere, limited_maker, log_in, remaining
from tests.support import PASSWORD, make_actor


@pytest.fixture
def make_limited(make_client: AppMaker) -> LimitedMaker:
    return limited_maker(make_client)


async def register(client: AsyncClient, username: str, **headers: str) -> Response:
    form = {"username": username, "email": f"{username}@example.com", "password": PASSWORD}
    return await client.post("/api/v1/auth/register", json=form, headers=headers)


async def refresh(client: AsyncClient, token: str = "1.1.x") -> Response:
    return await client.post("/api/v1/auth/refresh", json={"refresh_token": token})


async def test_every_reply_tells_what_is_left(make_limited: LimitedMaker) -> None:
    client = await make_limited()
    replies = [await register(client, name) for name in ("hanako", "hanako", "!")]
    assert [reply.status_code for reply in replies] == [201, 409, 422]
    assert {reply.headers["RateLimit-Policy"] for reply in replies} == {'"register";q=20;w=3600'}
    assert [remaining(reply) for reply in replies] == [19, 18, 17]
    assert replies[0].headers["RateLimit"] == '"register";r=19;t=3600'
    for _ in range(17):
        await register(client, "!")
    refused = await register(client, "taro")
    assert refused.status_code == 429
    assert remaining(refused) == 0
    assert 3500 < int(refused.headers["Retry-After"]) <= 3600


async def test_other_routes_tell_nothing(make_limited: LimitedMaker) -> None:
    client = await make_limited()
    await register(client, "hanako")
    assert "RateLimit" not in (await client.get("/api/v1/setup")).headers


async def test_a_hundred_refreshes_at_once_pass(make_limited: LimitedMaker) -> None:
    client = await make_limited()
    hanako = await make_actor(client, "hanako")
    replies = await asyncio.gather(*(refresh(client, hanako.refresh_token) for _ in range(100)))
    assert {reply.status_code for reply in replies} == {200}


async def test_too_many_refreshes_are_refused(make_limited: LimitedMaker) -> None:
    client = await make_limited("refresh=3/1m")
    assert [(await refresh(client)).status_code for _ in range(4)] == [401, 401, 401, 429]


async def test_a_page_of_another_origin_can_read_it(make_limited: LimitedMaker) -> None:
    client = await make_limited("register=1/1h")
    origin = {"Origin": "http://localhost:5173"}
    for reply in (await register(client, "hanako", **origin), await register(client, "taro", **origin)):
        assert reply.headers["Access-Control-Allow-Origin"] == origin["Origin"]
        exposed = set(reply.headers["Access-Control-Expose-Headers"].split(", "))
        assert exposed >= {"RateLimit", "RateLimit-Policy", "Retry-After"}


ADDRESSES = [
    ("192.0.2.1", "192.0.2.1", True),
    ("192.0.2.1", "192.0.2.2", False),
    ("192.0.2.1", "::ffff:192.0.2.1", True),
    ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
    ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", True),
    ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
    ("fe80::1%eth0", "fe80::2%eth1", True),
    ("a socket", "a socket", True),
    ("a socket", "192.0.2.1", False),
]


@pytest.mark.parametrize(("one", "another", "together"), ADDRESSES)
async def test_which_addresses_count_together(
    make_limited: LimitedMaker, one: str, another: str, together: bool
) -> None:
    client = await make_limited("refresh=1/1h")
    assert (await refresh(elsewhere(client, one))).status_code == 401
    assert (await refresh(elsewhere(client, another))).status_code == (429 if together else 401)


async def test_a_claimed_address_changes_nothing(make_limited: LimitedMaker) -> None:
    client = await make_limited("register=2/1h")
    found = [
        (await register(client, f"user{number}", **{"X-Forwarded-For": f"192.0.2.{number}"})).status_code
        for number in range(3)
    ]
    assert found == [201, 201, 429]


async def test_behind_a_trusted_proxy_its_clients_count(make_limited: LimitedMaker) -> None:
    client = await make_limited("register=1/1h", trusted_proxies=("10.0.0.0/8",))
    proxy = elsewhere(client, "10.1.2.3")

    async def through_proxy(username: str, forwarded: str) -> int:
        return (await register(proxy, username, **{"X-Forwarded-For": forwarded})).status_code

    assert await through_proxy("hanako", "192.0.2.1") == 201
    assert await through_proxy("taro", "192.0.2.2") == 201
    assert await through_proxy("jiro", "192.0.2.1") == 429
    # What the client wrote stands before what the proxy saw.
    assert await through_proxy("jiro", "192.0.2.99, 192.0.2.1") == 429
    # Someone who isn't the proxy says the same.
    outside = elsewhere(client, "198.51.100.1")
    assert (await register(outside, "jiro", **{"X-Forwarded-For": "192.0.2.98"})).status_code == 201
    assert (await register(outside, "saburo", **{"X-Forwarded-For": "192.0.2.97"})).status_code == 429


@pytest.mark.parametrize(
    ("env", "chosen", "limited"),
    [
        (Environment.TEST, None, False),
        (Environment.TEST, True, True),
        (Environment.DEVELOPMENT, None, True),
        (Environment.DEVELOPMENT, False, False),
        (Environment.PRODUCTION, None, True),
    ],
)
async def test_where_limits_hold(
    make_limited: LimitedMaker, env: Environment, chosen: bool | None, limited: bool
) -> None:
    client = await make_limited("register=1/1h", env=env, rate_limits=chosen)
    replies = [await register(client, name) for name in ("hanako", "taro")]
    assert [reply.status_code for reply in replies] == ([201, 429] if limited else [201, 201])
    assert [name in reply.headers for reply in replies for name in ("RateLimit", "RateLimit-Policy")] == [limited] * 4
    assert bool(limits_in_force(app_of(client))) == limited
    await log_in(client, "hanako", PASSWORD)


async def test_a_clean_start_forgets_what_was_counted(make_limited: LimitedMaker) -> None:
    client = await make_limited("refresh=1/1h", env=Environment.TEST)
    assert [(await refresh(client)).status_code for _ in range(2)] == [401, 429]
    assert (await client.post("/api/v1/test/setup")).status_code == 200
    assert (await refresh(client)).status_code == 401


async def test_operators_see_which_limits_hold(make_limited: LimitedMaker) -> None:
    limits = {limit.name: limit for limit in limits_in_force(app_of(await make_limited("register=7/2d")))}
    assert list(limits) == sorted(limits)
    assert limits["register"] == Limit("register", 7, 2 * 86400)
    assert limits["login"] == Limit("login", 5, 1800)
    assert {"refresh", "login-address", "login-account", "proof", "setup"} <= set(limits)


def test_a_limit_that_does_not_exist_stops_the_start(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"^MUSUBI_LIMITS: there is no limit 'logins'; there are: .*login, "):
        create_app(settings.model_copy(update={"limits": (Limit("logins", 1, 1),)}))


def extra_route(*dependencies: Any) -> Feature:
    router = APIRouter(prefix="/extra", tags=["extra"], route_class=Route)

    @router.get("", dependencies=[Depends(public), *(Depends(each) for each in dependencies)])
    async def get_extra() -> None:
        """Only here."""

    return Feature("extra", routers=(router,))


def test_two_limits_can_not_share_a_name(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = extra_route(Limited(Limit("login", 99, 60)))
    monkeypatch.setattr(musubi.app, "FEATURES", (extra, *FEATURES))
    with pytest.raises(RuntimeError, match="'login'"):
        create_app(settings)


async def test_what_is_limited_twice_tells_both(make_limited: LimitedMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    mails = LimitedAttempts(Rule(Limit("mails", 2, 60), by_what))
    router = APIRouter(prefix="/extra", tags=["extra"], route_class=Route)

    @router.get("/{name}", dependencies=[Depends(public), Depends(Limited(Limit("asking", 4, 60)))])
    async def get_extra(name: str, attempts: Annotated[Attempts, Depends(mails)]) -> None:
        """Count by what is asked for, too."""
        await attempts.count(name)

    monkeypatch.setattr(musubi.app, "FEATURES", (Feature("extra", routers=(router,)), *FEATURES))
    client = await make_limited()
    replies = [await client.get(f"/api/v1/extra/{name}") for name in ("a", "a", "a", "b", "b")]
    assert [reply.status_code for reply in replies] == [200, 200, 429, 200, 429]
    told = [reply.headers["RateLimit"].partition(";t")[0] for reply in replies]
    assert told == ['"mails";r=1', '"mails";r=0', '"mails";r=0', '"asking";r=0', '"asking";r=0']
    both = '"asking";q=4;w=60, "mails";q=2;w=60'
    assert [reply.headers["RateLimit-Policy"] for reply in replies] == [both] * 4 + ['"asking";q=4;w=60']


def test_the_contract_names_the_refusal_where_there_is_a_limit(settings: Settings) -> None:
    app = create_app(settings)
    limited = {
        (path, method.lower())
        for route in api_routes(app)
        for path in [route.path_format]
        for method in route.methods or ()
        if any(limits_of(route.dependant))
    }
    described = {
        (path, method)
        for path, item in app.openapi()["paths"].items()
        for method, operation in item.items()
        if "429" in operation["responses"]
    }
    assert described == limited
    for name in ("auth/register", "auth/login", "auth/refresh", "users/me/password", "setup"):
        assert (f"/api/v1/{name}", "post") in described


def documented_limits() -> list[Limit]:
    page = (Path(__file__).resolve().parents[4] / "docs/settings.md").read_text(encoding="utf-8")
    section = page.partition("\n## Limits\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| `([0-9]+/[0-9]+[smhd])` \|", section, re.MULTILINE)
    return sorted((Limit.parse(f"{name}={numbers}") for name, numbers in rows), key=lambda limit: limit.name)


async def test_the_table_for_operators_is_whole(make_limited: LimitedMaker) -> None:
    assert documented_limits() == limits_in_force(app_of(await make_limited()))

"""Which pages of other origins may call the API."""

import pytest
from httpx import AsyncClient

from musubi.settings import Environment
from tests.conftest import AppMaker

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
EXPOSED = {"X-Total-Count", "X-Request-ID", "ETag", "Retry-After", "RateLimit", "RateLimit-Policy", "Location"}
SENT = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Session-Transport, Accept-Language, "
    "traceparent, tracestate"
)


async def admits(client: AsyncClient, origin: str) -> bool:
    """Whether a browser would let a page of `origin` make a request and read the reply."""
    asking = {"Origin": origin, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": SENT}
    preflight = await client.options("/api/v1/items/1", headers=asking)
    reply = await client.get("/api/v1/items", headers={"Origin": origin})
    told = {each.headers.get("Access-Control-Allow-Origin") for each in (preflight, reply)}
    assert told in ({None}, {origin})
    assert "Origin" in reply.headers["Vary"]
    assert preflight.status_code == (200 if told == {origin} else 400)
    return told == {origin}


async def test_a_listed_origin_may_do_everything(client: AsyncClient) -> None:
    origin = "http://localhost:5173"
    headers = {"Origin": origin, "Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": SENT}
    preflight = await client.options("/api/v1/items/1", headers=headers)
    assert preflight.status_code == 200
    assert set(preflight.headers["Access-Control-Allow-Methods"].split(", ")) == METHODS
    assert preflight.headers["Access-Control-Allow-Credentials"] == "true"
    allowed = {each.strip().lower() for each in preflight.headers["Access-Control-Allow-Headers"].split(",")}
    assert {each.lower() for each in SENT.split(", ")} <= allowed
    reply = await client.get("/api/v1/items", headers={"Origin": origin})
    assert reply.headers["Access-Control-Allow-Origin"] == origin
    assert reply.headers["Access-Control-Allow-Credentials"] == "true"
    assert set(reply.headers["Access-Control-Expose-Headers"].split(", ")) >= EXPOSED


async def test_the_origins_of_development_are_listed_by_default(client: AsyncClient) -> None:
    assert await admits(client, "http://localhost:3000")
    assert await admits(client, "http://localhost:5173")


@pytest.mark.parametrize(
    "origin",
    [
        "https://localhost:5173",
        "http://localhost:5174",
        "http://localhost",
        "http://127.0.0.1:5173",
        "https://evil.com",
        "null",
    ],
)
async def test_a_foreign_origin_is_not_admitted(client: AsyncClient, origin: str) -> None:
    assert not await admits(client, origin)


async def test_an_unusual_request_is_not_admitted(client: AsyncClient) -> None:
    origin = {"Origin": "http://localhost:5173"}
    for asking in (
        {"Access-Control-Request-Method": "TRACE"},
        {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "X-Else"},
    ):
        assert (await client.options("/api/v1/items", headers={**origin, **asking})).status_code == 400


async def test_errors_can_be_read_too(make_client: AppMaker) -> None:
    client = await make_client(max_body_bytes=2048)
    origin = "http://localhost:5173"
    replies = [
        await client.get("/api/v1/items", headers={"Origin": origin}),
        await client.get("/api/nothing", headers={"Origin": origin}),
        await client.get("/api/v1/items?search=%00", headers={"Origin": origin}),
        await client.put("/health", headers={"Origin": origin}),
        await client.post("/api/v1/auth/register", json={}, headers={"Origin": origin}),
        await client.post("/api/v1/auth/register", content=b"x" * 2049, headers={"Origin": origin}),
    ]
    assert [reply.status_code for reply in replies] == [401, 404, 400, 405, 422, 413]
    assert {reply.headers["Access-Control-Allow-Origin"] for reply in replies} == {origin}


async def test_https_subdomains_of_the_parent_domain_are_admitted(make_client: AppMaker) -> None:
    client = await make_client(cors_parent_domain="example.org", cors_origins=("https://exact.test",))
    for origin in (
        "https://app.example.org",
        "https://a.b-c.example.org",
        "https://xn--zckzah.example.org",
        "https://exact.test",
    ):
        assert await admits(client, origin), origin
    for origin in (
        "http://app.example.org",
        "https://example.org",
        "https://evil-example.org",
        "https://evilexample.org",
        "https://example.org.evil.com",
        "https://app.example.org.evil.com",
        "https://evil.com/.example.org",
        "https://evil.com#.example.org",
        "https://evil.com?.example.org",
        "https://user@app.example.org",
        "https://appXexampleYorg",
        "https://app.exampleXorg",
        "https://app.example.orgs",
        "https://.example.org",
        "https://app..example.org",
        "https://app.example.org:8443",
        "https://sub.exact.test",
        "http://localhost:3000",
    ):
        assert not await admits(client, origin), origin


async def test_in_production_nobody_is_admitted_by_default(make_client: AppMaker) -> None:
    client = await make_client(env=Environment.PRODUCTION)
    assert not await admits(client, "http://localhost:3000")
    listed = await make_client(env=Environment.PRODUCTION, cors_origins=("https://app.example.org",))
    assert await admits(listed, "https://app.example.org")

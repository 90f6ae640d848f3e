"""What browsers are told about our pages and replies."""

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from musubi.core.http.security_headers import API_CSP, SPA_CSP
from tests.asgi import call
from tests.conftest import AppMaker
from tests.support import Actor


async def test_replies_of_the_api_are_data_and_private(client: AsyncClient, member: Actor) -> None:
    replies = [
        await client.get("/health"),
        await client.get("/api/v1/items"),
        await client.get("/api/nothing"),
        await client.get("/api"),
        await client.post("/api/v1/auth/login"),
        await member.get("/items"),
    ]
    for reply in replies:
        assert reply.headers["Content-Security-Policy"] == API_CSP, reply.url
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "same-origin"
        assert reply.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert reply.headers["Content-Type"] == "application/json"


@pytest.mark.usefixtures("built_application")
async def test_pages_run_nothing_but_their_own_files(client: AsyncClient) -> None:
    for path in ("/", "/items", "/healthy-living", "/favicon.svg", "/static/app-4f2a.js"):
        reply = await client.get(path)
        assert reply.status_code == 200
        assert reply.headers["Content-Security-Policy"] == SPA_CSP, path
        assert reply.headers["X-Frame-Options"] == "DENY"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert reply.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in reply.headers["Permissions-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in SPA_CSP.split(";"))
    assert directives["default-src"] == directives["script-src"] == directives["style-src"] == "'self'"
    assert directives["object-src"] == directives["base-uri"] == directives["frame-ancestors"] == "'none'"
    assert "unsafe" not in SPA_CSP


async def test_an_origin_on_the_list_reads_replies_all_the_same(client: AsyncClient) -> None:
    # Cross-Origin-Resource-Policy is about what a page embeds without asking; what it fetches is for CORS to say.
    reply = await client.get("/api/v1/setup", headers={"Origin": "http://localhost:5173"})
    assert reply.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"
    assert reply.headers["Cross-Origin-Resource-Policy"] == "same-origin"


async def test_a_reply_that_sets_a_header_keeps_its_own(app: FastAPI, client: AsyncClient) -> None:
    docs = await client.get("/api/docs")
    assert len(docs.headers.get_list("Content-Security-Policy")) == 1
    assert docs.headers["Content-Security-Policy"] != API_CSP
    assert docs.headers["X-Content-Type-Options"] == "nosniff"


async def test_encryption_is_insisted_on_where_it_is_used(app: FastAPI) -> None:
    for path in (b"/health", b"/api/v1/items", b"/", b"/api/docs"):
        encrypted = await call(app, path=path, scheme="https")
        plain = await call(app, path=path)
        assert encrypted.headers["Strict-Transport-Security"].startswith("max-age=31536000"), path
        assert "Strict-Transport-Security" not in plain.headers, path


async def test_the_server_does_not_say_what_it_is(make_client: AppMaker) -> None:
    client = await make_client()
    assert "server" not in (await client.get("/health")).headers
    assert "x-powered-by" not in (await client.get("/health")).headers

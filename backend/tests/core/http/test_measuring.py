"""Requests are counted by method, route and status, of which there are only so many."""

import asyncio

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from musubi.core.http.request_context import RequestContext
from tests.scraping import Recorded
from tests.support import Actor

REQUESTS, DURATION = "musubi_http_requests_total", "musubi_http_request_duration_seconds_count"
IN_PROGRESS = "musubi_http_requests_in_progress"


@pytest.mark.parametrize(
    ("method", "path", "labels"),
    [
        ("GET", "/health/live", {"method": "GET", "route": "/health/live", "status": "200"}),
        ("GET", "/api/v1/items/1", {"method": "GET", "route": "/api/v1/items/{item_id}", "status": "401"}),
        ("HEAD", "/api/v1/items/1", {"method": "HEAD", "route": "/api/v1/items/{item_id}", "status": "405"}),
        ("GET", "/api/v1/nothing", {"method": "GET", "route": "unknown", "status": "404"}),
        ("BREW", "/api/v1/items/1", {"method": "other", "route": "/api/v1/items/{item_id}", "status": "405"}),
        ("GET", "/api/docs", {"method": "GET", "route": "other", "status": "200"}),
        ("GET", "/api/v1/items/%00", {"method": "GET", "route": "unknown", "status": "400"}),
    ],
)
async def test_labels(client: AsyncClient, method: str, path: str, labels: dict[str, str]) -> None:
    recorded = Recorded()
    await client.request(method, path)
    assert recorded.since(REQUESTS, **labels) == 1
    assert recorded.since(REQUESTS) == 1
    assert recorded.since(DURATION, method=labels["method"], route=labels["route"]) == 1
    assert recorded.since(IN_PROGRESS) == 0


async def test_a_preflight_has_no_route(client: AsyncClient) -> None:
    recorded = Recorded()
    headers = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    assert (await client.options("/api/v1/items", headers=headers)).status_code == 200
    assert recorded.since(REQUESTS, method="OPTIONS", route="unknown", status="200") == 1


async def test_an_unexpected_error_counts_as_500(app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ValueError

    monkeypatch.setattr(app.state.database, "reading", broken)
    recorded = Recorded()
    assert (await member.get("/items/stats")).status_code == 500
    assert recorded.since(REQUESTS, route="/api/v1/items/stats", status="500") == 1


async def test_a_client_that_hangs_up_gets_no_status(app: FastAPI) -> None:
    begun = asyncio.Event()

    async def waiting(*_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    scope = {
        "type": "http", "method": "GET", "path": "/api/v1/items", "raw_path": b"/api/v1/items", "query_string": b"",
        "headers": [], "client": ("127.0.0.1", 1), "app": app,
    }  # fmt: skip
    recorded = Recorded()
    request = asyncio.create_task(RequestContext(waiting)(scope, waiting, waiting))  # type: ignore[arg-type]
    await begun.wait()
    assert recorded.since(IN_PROGRESS) == 1
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    assert recorded.since(REQUESTS, method="GET", status="aborted") == 1
    assert recorded.since(IN_PROGRESS) == 0

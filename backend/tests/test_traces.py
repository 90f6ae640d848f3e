"""What a collector hears of requests, frames and jobs, and what it never hears."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from tests.collector import CLIENT, CONSUMER, SERVER, Collector, Span, collecting, tree
from tests.conftest import REDIS_URL, AppMaker
from tests.live_server import dialled, served
from tests.mail_server import mail_server
from tests.support import PASSWORD, Actor, make_actor, sign_in

BROWSERS_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
BROWSERS_SPAN = "00f067aa0ba902b7"
TRACEPARENT = f"00-{BROWSERS_TRACE}-{BROWSERS_SPAN}-01"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


def app_of(client: AsyncClient) -> FastAPI:
    assert isinstance(client._transport, ASGITransport)
    assert isinstance(client._transport.app, FastAPI)
    return client._transport.app


def root_of(spans: list[Span], name: str) -> Span:
    """The one span with this name that began something."""
    [root] = [span for span in spans if span.name == name and span.kind in (SERVER, CONSUMER)]
    return root


async def test_one_request_is_one_trace(make_client: AppMaker, collector: Collector) -> None:
    client = await make_client(otlp_endpoint=collector.url, rate_limits=True)
    member = await make_actor(client, "hanako")
    item = await member.make_item()
    headers = {"traceparent": TRACEPARENT, "X-Request-ID": "the-one-we-follow"}
    assert (await member.get(f"/items/{item['id']}", headers=headers)).status_code == 200
    spans = collector.of(app_of(client))
    [root] = [span for span in spans if span.parent_id == BROWSERS_SPAN]
    assert (root.name, root.kind, root.trace_id) == ("GET /api/v1/items/{item_id}", SERVER, BROWSERS_TRACE)
    assert root.attributes == {
        "http.request.method": "GET",
        "http.route": "/api/v1/items/{item_id}",
        "http.response.status_code": 200,
        "url.path": f"/api/v1/items/{item['id']}",
        "musubi.request_id": "the-one-we-follow",
        "user.id": str(member.id),
    }
    below = tree(spans, root)[1:]
    assert {span.trace_id for span in below} == {BROWSERS_TRACE}
    assert [span for span in below if span.attributes.get("db.query.text", "").startswith("SELECT items.id")]
    assert not root.has_failed
    if REDIS_URL is not None:
        assert [span for span in below if span.attributes.get("db.statement", "").startswith("EVALSHA ?")]
    assert {span.trace_id for span in spans} != {BROWSERS_TRACE}
    assert collector.resource["service.name"] == "musubi"
    assert {"service.version", "service.instance.id"} <= set(collector.resource)

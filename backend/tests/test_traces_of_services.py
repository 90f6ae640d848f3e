"""Traces of what only runs with PostgreSQL and Redis. Not collected without them."""

from collections.abc import Iterator

import pytest
from httpx import AsyncClient

from tests.collector import Collector, Span, began, collecting, tree
from tests.conftest import AppMaker
from tests.limits import app_of
from tests.support import make_actor


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture
async def client(make_client: AppMaker, collector: Collector) -> AsyncClient:
    return await make_client(otlp_endpoint=collector.url, rate_limits=True)


def commands(spans: list[Span]) -> list[str]:
    """What Redis was sent."""
    return [span.attributes["db.statement"] for span in spans if "db.statement" in span.attributes]


async def test_redis_is_part_of_it(client: AsyncClient, collector: Collector) -> None:
    member = await make_actor(client, "hanako")
    assert (await member.get("/items")).status_code == 200
    spans = collector.of(app_of(client))
    registering = tree(spans, began(spans, "POST /api/v1/auth/register"))
    listing = tree(spans, began(spans, "GET /api/v1/items"))
    # Of the limiter, how often this address came; of the cache, how many items there are.
    assert [command for command in commands(registering) if command.startswith("EVALSHA ? ?")]
    assert [command for command in commands(listing) if command.startswith("GET ?")]
    assert not any("musubi:" in command for command in commands(spans))


async def test_what_is_asked_of_the_driver_is_part_of_it_once(client: AsyncClient, collector: Collector) -> None:
    member = await make_actor(client, "hanako")
    assert (await member.get("/items")).status_code == 200
    spans = collector.of(app_of(client))
    below = tree(spans, began(spans, "GET /api/v1/items"))
    statements = [span.attributes["db.query.text"] for span in below if "db.query.text" in span.attributes]
    [session] = [statement for statement in statements if "FROM auth_sessions" in statement]
    assert session.endswith("WHERE auth_sessions.id = $1::BIGINT")
    assert {span.attributes["db.system.name"] for span in below if "db.query.text" in span.attributes} == {"postgresql"}


async def test_a_redis_that_is_away_is_marked(make_client: AppMaker, collector: Collector) -> None:
    client = await make_client(otlp_endpoint=collector.url, rate_limits=True, redis_url="redis://127.0.0.1:1/0")
    member = await make_actor(client, "hanako")
    assert (await member.get("/items")).status_code == 200
    spans = collector.of(app_of(client))
    failed = [span for span in spans if span.has_failed]
    assert failed
    assert all("db.redis.pipeline_length" in span.attributes or "db.statement" in span.attributes for span in failed)
    assert b"Connect call failed" not in b"".join(collector.bodies)

"""The total of a list is right after every change, and is not counted anew when nothing changed."""

from collections.abc import Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from musubi.adapters.cache import redis
from musubi.app import create_app
from musubi.settings import Settings
from tests.services import Valkey, valkey
from tests.services.service import free_port
from tests.sql import watch
from tests.support import Actor, make_actor

LISTS: list[dict[str, Any]] = [
    {},
    {"status": "published"},
    {"status": "draft"},
    {"tag": "x"},
    {"search": "item"},
    {"search": "an", "tag": "x"},
    {"skip": 1, "limit": 1},
]


async def check_totals(*actors: Actor) -> None:
    """Every list says how long it is."""
    for actor in actors:
        for query in LISTS:
            page = (await actor.get("/items", params=query)).json()
            whole = (await actor.get("/items", params={**query, "skip": 0, "limit": 100})).json()
            assert page["meta"]["total"] == len(whole["data"]), query


async def test_totals_follow_every_change(member: Actor, other: Actor, admin: Actor) -> None:
    everyone = (member, other, admin)
    items = [await member.make_item(status="published", tags=["x"]) for _ in range(3)]
    await check_totals(*everyone)
    changes: list[dict[str, Any]] = [{"status": "draft"}, {"tags": []}, {"title": "something else"}]
    for change in changes:
        await member.patch(f"/items/{items[0]['id']}", json=change)
        await check_totals(*everyone)
    await admin.delete(f"/items/{items[1]['id']}")
    await check_totals(*everyone)
    assert (await other.get("/items")).json()["meta"]["total"] == 1
    assert (await member.get("/items")).json()["meta"]["total"] == 2


async def test_totals_follow_a_change_that_fails(member: Actor) -> None:
    await member.make_item()
    assert (await member.get("/items")).headers["X-Total-Count"] == "1"
    assert (await member.post("/items", json={"title": ""})).status_code == 422
    assert (await member.get("/items")).headers["X-Total-Count"] == "1"


async def test_totals_follow_the_items_to_an_heir(member: Actor, superuser: Actor) -> None:
    await member.make_item()
    await superuser.make_item()
    mine = {"owner_id": superuser.id}
    assert (await superuser.get("/items", params=mine)).json()["meta"]["total"] == 1
    await superuser.delete(f"/users/{member.id}", params={"transfer_items_to": superuser.id})
    assert (await superuser.get("/items", params=mine)).json()["meta"]["total"] == 2


def counting(statements: list[tuple[str, Any]]) -> int:
    return sum("count(" in statement for statement, _ in statements)


async def test_a_list_is_counted_once(app: FastAPI, member: Actor) -> None:
    await member.make_item()
    for times, query in ((1, {}), (0, {}), (0, {"limit": 1, "sort": "title"}), (1, {"status": "draft"})):
        with watch(app) as statements:
            await member.get("/items", params=query)
        assert counting(statements) == times, query
    await member.make_item()
    with watch(app) as statements:
        await member.get("/items")
    assert counting(statements) == 1


async def test_what_another_may_read_is_counted_for_them(app: FastAPI, member: Actor, other: Actor) -> None:
    await member.make_item()
    assert (await member.get("/items")).json()["meta"]["total"] == 1
    assert (await other.get("/items")).json()["meta"]["total"] == 0


@asynccontextmanager
async def member_of(settings: Settings, redis_url: str) -> Any:
    """Someone who uses an application with this cache."""
    app = create_app(settings.model_copy(update={"redis_url": redis_url}))
    async with app.router.lifespan_context(app):
        transport = ASGITransport(app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            yield await make_actor(client, "hanako")


async def test_totals_are_right_without_the_cache(settings: Settings) -> None:
    async with member_of(settings, f"redis://127.0.0.1:{free_port()}/0") as member:
        await check_totals(member)
        for _ in range(2):
            await member.make_item(tags=["x"])
            await check_totals(member)
        ready = await member.client.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["error"]["details"] == {"failing": "redis"}


@pytest.fixture
def server() -> Iterator[Valkey]:
    """A server of the test's own, to be killed."""
    with valkey() as started:
        yield started


async def test_totals_are_right_while_the_cache_dies_and_comes_back(
    settings: Settings, server: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = 1000.0
    monkeypatch.setattr(redis, "time", SimpleNamespace(monotonic=lambda: seconds))
    async with member_of(settings, server.url) as member:
        await member.make_item()
        await check_totals(member)
        server.kill()
        for _ in range(2):
            await member.make_item(tags=["x"])
            await check_totals(member)
        server.start()
        await member.make_item(status="published")
        await check_totals(member)
        seconds += 3
        await check_totals(member)
        await member.make_item()
        await check_totals(member)

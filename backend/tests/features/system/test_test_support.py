"""The routes that browser tests empty the database with."""

import pytest
from httpx import AsyncClient

from musubi.settings import Environment
from tests.conftest import AppMaker
from tests.support import error_of, make_actor

ROUTES = ("setup", "cleanup")


@pytest.fixture
async def in_test_mode(make_client: AppMaker) -> AsyncClient:
    return await make_client(env=Environment.TEST)


@pytest.mark.parametrize("route", ROUTES)
async def test_it_empties_the_database(in_test_mode: AsyncClient, route: str) -> None:
    actor = await make_actor(in_test_mode, "hanako")
    await actor.make_item("Tea", tags=["tea"], status="published")
    await actor.post("/items", json={"title": "Rice"}, headers={"Idempotency-Key": "rice"})
    assert (await actor.get("/items")).json()["meta"]["total"] == 2
    reply = await in_test_mode.post(f"/api/v1/test/{route}")
    assert reply.status_code == 200
    assert set(reply.json()) == {"success", "message", "timestamp"}
    assert (await actor.get("/auth/me")).status_code == 401
    again = await make_actor(in_test_mode, "hanako")
    assert (await again.get("/items")).json()["meta"]["total"] == 0
    assert (await again.get("/items/tags")).json()["data"] == []


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("env", [Environment.DEVELOPMENT, Environment.PRODUCTION])
async def test_it_exists_in_no_other_mode(make_client: AppMaker, env: Environment, route: str) -> None:
    client = await make_client(env=env)
    actor = await make_actor(client, "hanako")
    for method in ("POST", "GET"):
        reply = await client.request(method, f"/api/v1/test/{route}")
        assert reply.status_code == 404
        assert error_of(reply)["code"] == "NOT_FOUND"
    assert (await actor.get("/auth/me")).status_code == 200


@pytest.mark.parametrize("env", list(Environment))
async def test_it_is_in_no_contract_but_its_own(make_client: AppMaker, env: Environment) -> None:
    client = await make_client(env=env, docs=True)
    paths = (await client.get("/api/openapi.json")).json()["paths"]
    assert any("/test/" in path for path in paths) == (env is Environment.TEST)

"""Whatever a client was told is there, however the server died: kill -9 under writes, again and again."""

import asyncio
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.processes import MusubiServer, Variables
from tests.services import Postgres, Valkey, environment, postgres, valkey
from tests.support import PASSWORD

ROUNDS = 8
WRITERS = 6
# How many are acknowledged in a round before the server is killed: chance draws a number of this range.
ACKNOWLEDGED = range(20, 50)


@dataclass
class Log:
    """What the writers of a round were told, and what they were not."""

    goal: int
    """How many acknowledged items are enough."""
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    acknowledged: dict[str, int] = field(default_factory=dict)
    """Title → id of the items that were answered with 201."""
    unanswered: dict[str, str] = field(default_factory=dict)
    """Title → Idempotency-Key of the requests that got no answer."""


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> MusubiServer:
    """A server on the embedded database, and one on PostgreSQL and Valkey."""
    if request.param == "sqlite":
        return MusubiServer(tmp_path)
    database, store = request.getfixturevalue("services")
    variables = environment(database, store)
    changes: Variables = {
        "DATABASE_URL": variables["MUSUBI_TEST_POSTGRES_URL"],
        "REDIS_URL": variables["MUSUBI_TEST_REDIS_URL"],
        "MUSUBI_AUTO_MIGRATE": "true",
    }
    return MusubiServer(tmp_path, changes=changes)


@pytest.fixture
def services() -> Iterator[tuple[Postgres, Valkey]]:
    with postgres() as database, valkey() as store:
        yield database, store


async def write(client: httpx.AsyncClient, log: Log) -> None:
    """Create items until the server is gone."""
    while True:
        title, key = uuid.uuid4().hex, uuid.uuid4().hex
        try:
            reply = await client.post("/items", json={"title": title}, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            log.unanswered[title] = key
            return
        assert reply.status_code == 201, reply.text
        log.acknowledged[title] = reply.json()["id"]
        if len(log.acknowledged) >= log.goal:
            log.enough.set()


async def round_of_writes(server: MusubiServer, headers: dict[str, str], chance: random.Random) -> Log:
    """Let writers write, and kill the server among them."""
    log = Log(goal=chance.choice(ACKNOWLEDGED))
    async with (
        httpx.AsyncClient(base_url=f"{server.url}/api/v1", headers=headers, timeout=60) as client,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(WRITERS):
            group.create_task(write(client, log))
        await log.enough.wait()
        server.kill()
    return log


async def titles_of(client: httpx.AsyncClient) -> list[str]:
    """The titles of every item, by walking the list."""
    titles: list[str] = []
    query: dict[str, str | int] = {"limit": 100}
    while True:
        page = (await client.get("/items", params=query)).json()
        titles += [item["title"] for item in page["data"]]
        if page["meta"]["next_cursor"] is None:
            return titles
        query["cursor"] = page["meta"]["next_cursor"]


async def test_what_was_acknowledged_is_there_and_a_retry_makes_nothing_twice(server: MusubiServer) -> None:
    chance = random.Random(20261122)  # noqa: S311 - the same kills in every run
    acknowledged: dict[str, int] = {}
    with server:
        form = {"username": "writer", "email": "writer@example.com", "password": PASSWORD}
        async with httpx.AsyncClient(base_url=f"{server.url}/api/v1", timeout=60) as client:
            reply = await client.post("/auth/register", json=form)
            headers = {"Authorization": f"Bearer {reply.json()['access_token']}"}
            client.headers.update(headers)
            for _ in range(ROUNDS):
                log = await round_of_writes(server, headers, chance)
                server.start()
                acknowledged |= log.acknowledged
                for title, key in log.unanswered.items():
                    again = await client.post("/items", json={"title": title}, headers={"Idempotency-Key": key})
                    # 409: the process died with the claim in its hands, which is another's only after a while.
                    assert again.status_code in (201, 409), again.text
                    if again.status_code == 201:
                        acknowledged[title] = again.json()["id"]
            titles = await titles_of(client)
            assert len(titles) == len(set(titles)), "an item was made twice"
            assert acknowledged.keys() <= set(titles), "an acknowledged item is lost"
            for title, item_id in acknowledged.items():
                assert (await client.get(f"/items/{item_id}")).json()["title"] == title
        server.stop()

"""`/system`: what the installation runs on."""

from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient

from musubi import __version__
from musubi.core.clock import utcnow
from musubi.core.jobs import Job
from musubi.core.limits import parse_limits
from musubi.core.smtp_url import parse_smtp_url
from tests.conftest import REDIS_URL, AppMaker, Clock
from tests.sql import database_of
from tests.support import Actor, make_actor


async def overview(actor: Actor) -> dict[str, Any]:
    reply = await actor.get("/system")
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def job(number: int, **values: Any) -> Job:
    """A job that has been due for `number` seconds."""
    now = utcnow()
    fields = {"kind": "test.work", "payload": {}, "due_at": now - timedelta(seconds=number), "locale": "en"}
    return Job(**{**fields, "created_at": now, **values})


async def test_what_it_runs_on(app: FastAPI, admin: Actor, moving_clock: Clock) -> None:
    before = await overview(admin)
    assert (before["version"], before["environment"]) == (__version__, "development")
    database = before["database"]
    assert database["kind"] == ("sqlite" if database_of(app).is_sqlite else "postgresql")
    assert [part.isdigit() for part in database["version"].split(".")][:2] == [True, True]
    assert 50_000 < database["size_bytes"] < 100_000_000
    assert before["cache"] == {"kind": "redis" if REDIS_URL else "memory", "reachable": True}
    assert before["mail"] == {"kind": "outbox"}
    assert before["limits"] == []
    moving_clock.forward(minutes=5)
    after = await overview(admin)
    assert after["started_at"] == before["started_at"]
    assert 300 <= after["uptime_seconds"] - before["uptime_seconds"] < 360


async def test_it_grows_with_what_is_kept(admin: Actor) -> None:
    before = (await overview(admin))["database"]["size_bytes"]
    for number in range(20):
        await admin.make_item(f"Item {number}", description="結" * 5000)
    assert (await overview(admin))["database"]["size_bytes"] > before


async def test_the_jobs_are_counted(app: FastAPI, admin: Actor) -> None:
    assert (await overview(admin))["jobs"] == {"waiting": 0, "running": 0, "dead": 0, "oldest_waiting_seconds": None}
    async with database_of(app).transaction() as session:
        session.add_all(
            [
                job(-3600),
                job(100),
                job(20),
                job(10, lease="of a process that died"),
                job(-20, lease="held"),
                job(500, dead_at=utcnow()),
                job(900, dead_at=utcnow()),
                job(900, schedule="test.periodic"),
                job(-20, schedule="test.running", lease="held"),
            ]
        )
    found = (await overview(admin))["jobs"]
    assert 100 <= found.pop("oldest_waiting_seconds") < 160
    assert found == {"waiting": 4, "running": 2, "dead": 2}


async def test_jobs_that_are_not_due_keep_nobody_waiting(app: FastAPI, admin: Actor) -> None:
    async with database_of(app).transaction() as session:
        session.add(job(-3600))
    found = (await overview(admin))["jobs"]
    assert (found["waiting"], found["oldest_waiting_seconds"]) == (1, None)


async def administrator_of(client: AsyncClient) -> Actor:
    setup_token = client._transport.app.state.accounts.sessions.tokens.setup_token()  # type: ignore[attr-defined]
    return await make_actor(client, "root", setup_token=setup_token)


async def test_a_cache_that_is_away_is_said_to_be(make_client: AppMaker) -> None:
    # Nobody listens at this port.
    actor = await administrator_of(await make_client(redis_url="redis://127.0.0.1:9/0"))
    assert (await overview(actor))["cache"] == {"kind": "redis", "reachable": False}


async def test_that_a_server_sends_mail(make_client: AppMaker) -> None:
    # Nobody listens at this port, and nobody is asked: it is only what the settings say.
    actor = await administrator_of(
        await make_client(smtp_url=parse_smtp_url("smtp://127.0.0.1:9"), base_url="http://localhost")
    )
    assert (await overview(actor))["mail"] == {"kind": "smtp"}


async def test_the_limits_that_hold(make_client: AppMaker) -> None:
    actor = await administrator_of(await make_client(rate_limits=True, limits=parse_limits("register=7/2h")))
    limits = (await overview(actor))["limits"]
    assert {"name": "register", "policy": '"register";q=7;w=7200'} in limits
    assert {"name": "login", "policy": '"login";q=5;w=1800'} in limits
    assert [limit["name"] for limit in limits] == sorted(limit["name"] for limit in limits)

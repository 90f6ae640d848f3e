"""`/jobs`: what operators see of jobs, and what they can do about those that failed."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select

import musubi.app
from musubi.app import FEATURES
from musubi.core.clock import utcnow
from musubi.core.feature import Feature
from musubi.core.jobs import Discard, Job, JobKind, Jobs
from musubi.features.audit.models import AuditEntry
from tests.conftest import Clock
from tests.sql import database_of
from tests.support import Actor, error_of

FIELDS = {"id", "kind", "state", "attempts", "last_error", "due_at", "dead_at", "created_at", "request_id"}
SECRET = "what was to be done"


class Switch:
    """A job that is discarded until someone turns the switch."""

    def __init__(self) -> None:
        self.on = False
        self.kind = JobKind("extra.work", self._handle)

    async def _handle(self, _app: FastAPI, _payload: dict[str, Any]) -> None:
        if not self.on:
            raise Discard("The switch is off")


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> Switch:
    switch = Switch()
    monkeypatch.setattr(musubi.app, "FEATURES", (Feature("extra", jobs=(switch.kind,)), *FEATURES))
    return switch


@pytest.fixture
def client(switch: Switch, client: AsyncClient) -> AsyncClient:
    """A client of an application that has the job as well."""
    return client


@pytest.fixture
def jobs(app: FastAPI) -> Jobs:
    found = app.state.jobs
    assert isinstance(found, Jobs)
    return found


async def put(app: FastAPI, switch: Switch, *, delay: timedelta = timedelta()) -> None:
    async with database_of(app).transaction() as session:
        await app.state.jobs.enqueue(session, switch.kind, {"secret": SECRET}, not_before=utcnow() + delay)


async def listed(actor: Actor, **query: Any) -> list[dict[str, Any]]:
    reply = await actor.get("/jobs", params=query)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["data"]
    return found


async def only(actor: Actor, state: str) -> dict[str, Any]:
    [job] = await listed(actor, state=state)
    return job


async def audited(app: FastAPI) -> list[tuple[str, int | None, int | None, dict[str, Any]]]:
    columns = AuditEntry.action, AuditEntry.actor_id, AuditEntry.object_id, AuditEntry.details
    statement = select(*columns).where(AuditEntry.object_type == "job").order_by(AuditEntry.id)
    async with database_of(app).reading() as reader:
        return [tuple(row) for row in await reader.execute(statement)]


async def take(app: FastAPI) -> None:
    """Leave a job as a process has it that is just doing it."""
    async with database_of(app).transaction() as session:
        job = (await session.execute(select(Job).where(Job.schedule.is_(None)))).scalar_one()
        job.lease, job.due_at, job.attempts = "held", utcnow() + timedelta(seconds=30), 1


async def test_a_job_through_its_states(
    app: FastAPI, jobs: Jobs, switch: Switch, superuser: Actor, moving_clock: Clock
) -> None:
    await put(app, switch)
    waiting = await only(superuser, "waiting")
    assert set(waiting) == FIELDS
    assert (waiting["kind"], waiting["attempts"], waiting["last_error"]) == ("extra.work", 0, None)
    assert waiting["due_at"] == waiting["created_at"]

    await take(app)
    running = await only(superuser, "running")
    assert (running["id"], running["attempts"], running["due_at"]) == (waiting["id"], 1, None)
    moving_clock.forward(seconds=31)
    assert (await only(superuser, "waiting"))["id"] == waiting["id"], "its process must have died"

    await jobs.drain()
    dead = await only(superuser, "dead")
    assert (dead["attempts"], dead["last_error"], dead["due_at"]) == (2, "The switch is off", None)
    assert dead["dead_at"] > dead["created_at"]


async def test_what_a_job_is_about_is_not_shown(app: FastAPI, jobs: Jobs, switch: Switch, superuser: Actor) -> None:
    await put(app, switch)
    await jobs.drain()
    assert SECRET not in (await superuser.get("/jobs")).text


async def test_periodic_jobs_are_scheduled(jobs: Jobs, superuser: Actor) -> None:
    await jobs.drain()
    scheduled = await listed(superuser, state="scheduled")
    assert "system.clear_idempotency_keys" in [job["kind"] for job in scheduled]
    assert all(job["due_at"] and not job["dead_at"] for job in scheduled)
    assert await listed(superuser, state="waiting") == []


async def test_the_list_is_paged(app: FastAPI, switch: Switch, superuser: Actor) -> None:
    for _ in range(5):
        await put(app, switch)
    everything = [job["id"] for job in await listed(superuser)]
    assert everything == sorted(everything, reverse=True)
    first = (await superuser.get("/jobs", params={"limit": 2, "state": "waiting"})).json()
    assert first["meta"]["total"] == 5
    rest = await listed(superuser, state="waiting", cursor=first["meta"]["next_cursor"])
    assert [job["id"] for job in [*first["data"], *rest]] == everything
    assert (await superuser.get("/jobs", params={"state": "nonsense"})).status_code == 422


async def test_a_dead_job_that_is_retried_has_all_its_attempts_again(
    app: FastAPI, jobs: Jobs, switch: Switch, admin: Actor
) -> None:
    await put(app, switch)
    await jobs.drain()
    dead = await only(admin, "dead")
    switch.on = True
    reply = await admin.post(f"/jobs/{dead['id']}/retry")
    assert reply.status_code == 200
    assert reply.json() == {
        **dead,
        "state": "waiting",
        "attempts": 0,
        "dead_at": None,
        "due_at": reply.json()["due_at"],
    }
    assert reply.json() == await only(admin, "waiting")
    assert await jobs.drain() == 1
    assert [job for job in await listed(admin) if job["state"] != "scheduled"] == []
    assert await audited(app) == [("job.retried", admin.id, dead["id"], {"kind": "extra.work"})]


async def test_a_job_that_waits_is_done_before_its_time(
    app: FastAPI, jobs: Jobs, switch: Switch, superuser: Actor
) -> None:
    switch.on = True
    await put(app, switch, delay=timedelta(days=1))
    assert await jobs.drain() == 0
    waiting = await only(superuser, "waiting")
    assert (await superuser.post(f"/jobs/{waiting['id']}/retry")).status_code == 200
    assert await jobs.drain() == 1


async def test_a_periodic_job_is_run_before_its_time(jobs: Jobs, superuser: Actor) -> None:
    await jobs.drain()
    [job] = [job for job in await listed(superuser) if job["kind"] == "system.clear_idempotency_keys"]
    reply = await superuser.post(f"/jobs/{job['id']}/retry")
    assert reply.json()["state"] == "scheduled"
    assert await jobs.drain() == 1
    assert await jobs.drain() == 0


async def test_a_retry_wakes_the_runner(
    app: FastAPI, jobs: Jobs, switch: Switch, superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[int] = []
    await put(app, switch)
    monkeypatch.setattr(jobs._runner, "wake", lambda: woken.append(1))
    await superuser.post(f"/jobs/{(await only(superuser, 'waiting'))['id']}/retry")
    assert woken == [1]


async def test_a_dead_job_can_be_deleted(app: FastAPI, jobs: Jobs, switch: Switch, superuser: Actor) -> None:
    await put(app, switch)
    await jobs.drain()
    dead = await only(superuser, "dead")
    assert (await superuser.delete(f"/jobs/{dead['id']}")).status_code == 204
    assert await listed(superuser, state="dead") == []
    assert await audited(app) == [("job.deleted", superuser.id, dead["id"], {"kind": "extra.work"})]


async def test_only_a_dead_job_can_be_deleted(app: FastAPI, jobs: Jobs, switch: Switch, superuser: Actor) -> None:
    await put(app, switch)
    await jobs._schedules.keep()
    for state in ("waiting", "scheduled"):
        for job in await listed(superuser, state=state):
            assert error_of(await superuser.delete(f"/jobs/{job['id']}"))["code"] == "CONFLICT"
    await take(app)
    running = await only(superuser, "running")
    assert (await superuser.delete(f"/jobs/{running['id']}")).status_code == 409
    assert (await superuser.post(f"/jobs/{running['id']}/retry")).status_code == 409
    assert await audited(app) == []


async def test_a_job_that_is_not_there(superuser: Actor) -> None:
    assert error_of(await superuser.post("/jobs/4711/retry"))["code"] == "NOT_FOUND"
    assert error_of(await superuser.delete("/jobs/4711"))["code"] == "NOT_FOUND"
    assert (await superuser.delete(f"/jobs/{2**63}")).status_code == 422


async def test_operators_only(client: AsyncClient, member: Actor, editor: Actor) -> None:
    for method, path in (("GET", "/jobs"), ("POST", "/jobs/1/retry"), ("DELETE", "/jobs/1"), ("GET", "/system")):
        assert (await client.request(method, f"/api/v1{path}")).status_code == 401
        for actor in (member, editor):
            assert (await actor.request(method, path)).status_code == 403

"""What is reported of an error nobody expected, what never is, and that nobody waits for it."""

import time
from collections.abc import Iterator
from socket import socket
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from httpx import AsyncClient
from pydantic import SecretStr
from sqlalchemy import exc, text

from musubi import __version__
from musubi.adapters.reports.sentry import SentryReporter
from musubi.app import create_app
from musubi.core.database import Database, SessionDep
from musubi.core.http.route import Route
from musubi.core.jobs import Discard, Jobs
from musubi.core.permissions import SignedIn, public
from musubi.settings import ConfigurationError, Settings
from tests.conftest import AppMaker
from tests.core.jobs.work import Work, failing
from tests.ingest import Ingest, reporting
from tests.limits import app_of
from tests.live import listen
from tests.support import PASSWORD, error_of, make_actor

router = APIRouter(prefix="/api/v1/broken", route_class=Route)


@router.post("/{number}")
async def break_down(number: int, principal: SignedIn, form: dict[str, str]) -> None:
    password = form["password"]
    raise RuntimeError(f"not {number} of {len(password)}, at redis://:hunter2@cache/0")


@router.get("/conflict", dependencies=[Depends(public)])
async def conflict(session: SessionDep) -> None:
    await session.execute(text("INSERT INTO users SELECT * FROM users"))


@router.get("/away", dependencies=[Depends(public)])
async def away() -> None:
    raise ConnectionRefusedError


@pytest.fixture
def ingest() -> Iterator[Ingest]:
    with reporting() as ingest:
        yield ingest


@pytest.fixture
async def client(make_client: AppMaker, ingest: Ingest) -> AsyncClient:
    client = await make_client(sentry_dsn=SecretStr(ingest.dsn))
    app_of(client).include_router(router)
    return client


async def reported(client: AsyncClient, ingest: Ingest) -> list[dict[str, Any]]:
    """Everything, once it has been sent."""
    await app_of(client).state.reporter.close()
    return ingest.events


async def test_an_unexpected_error_is_reported_under_the_id_that_the_client_was_told(
    client: AsyncClient, ingest: Ingest
) -> None:
    member = await make_actor(client, "hanako")
    headers = {"User-Agent": "a browser", "X-Request-ID": "the-one-we-follow", "Cookie": "musubi_refresh=unmistakable"}
    reply = await member.post("/broken/42?token=unmistakable", json={"password": PASSWORD}, headers=headers)
    assert reply.status_code == 500
    [event] = await reported(client, ingest)
    assert event["transaction"] == "POST /api/v1/broken/{number}"
    assert event["tags"] == {"request_id": "the-one-we-follow", "error_id": error_of(reply)["id"]}
    assert event["user"] == {"id": str(member.id)}
    assert event["request"] == {"headers": {"User-Agent": "a browser"}}
    assert event["release"] == f"musubi@{__version__}"
    assert event["environment"] == "development"
    [error] = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("RuntimeError", "not 42 of 14, at redis://:[redacted]@cache/0")
    assert error["stacktrace"]["frames"][-1]["function"] == "break_down"
    assert not [frame for frame in error["stacktrace"]["frames"] if "vars" in frame]
    whole = ingest.bodies[0].decode()
    for secret in (PASSWORD, member.access_token, "unmistakable", "hanako", "hunter2@"):
        assert secret not in whole


async def test_what_a_row_says_stays_here(client: AsyncClient, ingest: Ingest) -> None:
    await make_actor(client, "hanako")
    reply = await client.get("/api/v1/broken/conflict")
    assert reply.status_code == 500
    [event] = await reported(client, ingest)
    assert [error["type"] for error in event["exception"]["values"]][-1] == exc.IntegrityError.__name__
    assert "hanako" not in ingest.bodies[0].decode()


async def test_a_detail_that_quotes_a_row_is_left_out(ingest: Ingest) -> None:
    reporter = SentryReporter(ingest.dsn, environment="test")
    said = "duplicate key value\nDETAIL:  Key (email)=(hanako@example.com) already exists.\nHINT: another"
    reporter.report(ValueError(said), where="a test", details={"nothing": None, "number": 3})
    await reporter.close()
    [event] = ingest.events
    [error] = event["exception"]["values"]
    assert error["value"] == "duplicate key value\nDETAIL: [left out]\nHINT: another"
    assert event["tags"] == {"number": "3"}
    assert "user" not in event


async def test_what_is_expected_is_not_reported(client: AsyncClient, ingest: Ingest) -> None:
    assert (await client.get("/api/v1/items")).status_code == 401
    assert (await client.get("/api/v1/broken/nowhere/at/all")).status_code == 404
    assert (await client.get("/api/v1/broken/away")).status_code == 503
    assert await reported(client, ingest) == []


async def test_a_frame_and_a_message_that_fail_are_reported(
    client: AsyncClient, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_of(client)
    member = await make_actor(client, "hanako")
    listener = await listen(app, member)

    async def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(app.state.dispatch, "_handlers", dict.fromkeys(app.state.dispatch._handlers, fail))
    await listener.send(type="ping")
    monkeypatch.setitem(app.state.outbox._receivers, "frame", fail)
    await member.make_item()
    events = await reported(client, ingest)
    assert {event["transaction"] for event in events} == {"frame ping", "message frame"}
    [conn_id] = [event["tags"]["conn_id"] for event in events if event["transaction"] == "frame ping"]
    assert conn_id == listener.socket.conn_id


def jobs_of(settings: Settings, ingest: Ingest, *works: Work) -> tuple[FastAPI, Jobs]:
    """An application that is nothing but jobs, and reports what becomes of them."""
    app = FastAPI()
    app.state.database = Database(settings.database)
    app.state.reporter = SentryReporter(ingest.dsn, environment="test")
    return app, Jobs(app, (work.kind for work in works), workers=0)


async def test_dead_jobs_are_reported_and_those_tried_again_are_not(settings: Settings, ingest: Ingest) -> None:
    hopeless = Work("test.hopeless", failing(Discard("550 5.1.1 <hana+ko@mail.example.com>: nobody there")))
    last = Work("test.last", failing(ValueError("password=x no answer")), max_attempts=1)
    patient = Work("test.patient", failing(ValueError("not yet")), max_attempts=5)
    app, jobs = jobs_of(settings, ingest, hopeless, last, patient)
    async with app.state.database.transaction() as session:
        for work in (hopeless, last, patient):
            await jobs.enqueue(session, work.kind, {"secret": "unmistakable"})
    await jobs.drain()
    await app.state.reporter.close()
    await app.state.database.dispose()
    assert {event["transaction"] for event in ingest.events} == {"job test.hopeless", "job test.last"}
    for event in ingest.events:
        assert event["tags"]["attempts"] == "1"
        assert int(event["tags"]["job_id"]) > 0
    texts = {error["value"] for event in ingest.events for error in event["exception"]["values"]}
    assert texts == {"550 5.1.1 <[address]>: nobody there", "password=x no answer"}
    assert b"unmistakable" not in b"".join(ingest.bodies)


async def test_without_an_address_nothing_is_reported(make_client: AppMaker) -> None:
    client = await make_client()
    app_of(client).include_router(router)
    assert app_of(client).state.reporter is None
    member = await make_actor(client, "hanako")
    assert (await member.post("/broken/42", json={"password": "x"})).status_code == 500


@pytest.mark.parametrize("dsn", ["nonsense", "https://example.org", "https://key@example.org/not-a-number/"])
def test_an_address_that_is_none_is_refused_without_repeating_it(settings: Settings, dsn: str) -> None:
    with pytest.raises(ConfigurationError, match="MUSUBI_SENTRY_DSN") as refused:
        create_app(settings.model_copy(update={"sentry_dsn": SecretStr(dsn)}))
    assert dsn not in str(refused.value)


async def test_a_place_that_says_nothing_is_not_waited_for(make_client: AppMaker) -> None:
    with socket() as black_hole:
        black_hole.bind(("127.0.0.1", 0))
        black_hole.listen()
        client = await make_client(sentry_dsn=SecretStr(f"http://key@127.0.0.1:{black_hole.getsockname()[1]}/7"))
        app_of(client).include_router(router)
        member = await make_actor(client, "hanako")
        started = time.monotonic()
        for _ in range(300):
            assert (await member.post("/broken/42", json={"password": "x"})).status_code == 500
        asked = time.monotonic()
        await app_of(client).state.reporter.close()
        assert time.monotonic() - asked < 4
        # None of them waited: together they would have for hours.
        assert asked - started < 60

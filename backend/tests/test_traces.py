"""What a collector hears of requests, frames and jobs, and what it never hears."""

import time
from collections.abc import Iterator
from pathlib import Path
from socket import socket

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from httpx import AsyncClient
from opentelemetry.trace import SpanKind
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from musubi.core.http.route import Route
from musubi.core.permissions import public
from musubi.core.smtp_url import Encryption, SmtpServer
from musubi.features.accounts.models import User
from tests.collector import CLIENT, CONSUMER, SERVER, Collector, began, collecting, names, tree
from tests.conftest import AppMaker
from tests.features.files.support import uploaded
from tests.limits import app_of
from tests.live_server import dialled, served
from tests.mail_server import mail_server
from tests.processes import MusubiServer, Variables
from tests.services.service import free_port
from tests.support import PASSWORD, make_actor, sign_in

BROWSERS_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
BROWSERS_SPAN = "00f067aa0ba902b7"
TRACEPARENT = f"00-{BROWSERS_TRACE}-{BROWSERS_SPAN}-01"

router = APIRouter(prefix="/api/v1/broken", route_class=Route, dependencies=[Depends(public)])


@router.get("/unexpected")
async def unexpected() -> None:
    raise RuntimeError("what only the log may say")


# All but the id: the other row is one too many only for its names.
_COLUMNS = [column for column in User.__table__.columns if column.key != "id"]


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture
async def client(make_client: AppMaker, collector: Collector) -> AsyncClient:
    """A client of an application that tells a collector of everything."""
    return await make_client(otlp_endpoint=collector.url, rate_limits=True)


async def test_one_request_is_one_trace(client: AsyncClient, collector: Collector) -> None:
    member = await make_actor(client, "hanako")
    item = await member.make_item()
    headers = {"traceparent": TRACEPARENT, "tracestate": "browser=1", "X-Request-ID": "the-one-we-follow"}
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
    assert {span.kind for span in below} == {CLIENT}
    assert [span for span in below if "FROM items" in span.attributes.get("db.query.text", "")]
    assert {span.trace_id for span in spans if span.trace_id == BROWSERS_TRACE} == {span.trace_id for span in below}
    assert not any(span.has_failed for span in (root, *below))
    assert collector.resource["service.name"] == "musubi"
    assert {"service.version", "service.instance.id"} <= set(collector.resource)


async def test_a_path_without_a_route_names_no_one(client: AsyncClient, collector: Collector) -> None:
    await client.get("/api/v1/nowhere/at-all?token=of-someone")
    [span] = collector.of(app_of(client))
    assert span.name == "GET"
    assert "http.route" not in span.attributes
    assert span.attributes["url.path"] == "/api/v1/nowhere/at-all"


async def test_probes_are_not_traced(client: AsyncClient, collector: Collector) -> None:
    for path in ("/health", "/health/ready", "/health/live"):
        assert (await client.get(path)).status_code == 200
    assert collector.of(app_of(client)) == []


async def test_what_fails_is_marked(client: AsyncClient, collector: Collector) -> None:
    app_of(client).include_router(router)
    assert (await client.get("/api/v1/broken/unexpected")).status_code == 500
    assert (await client.get("/api/v1/items")).status_code == 401
    spans = collector.of(app_of(client))
    broken, refused = began(spans, "GET /api/v1/broken/unexpected"), began(spans, "GET /api/v1/items")
    assert broken.has_failed
    assert broken.attributes["http.response.status_code"] == 500
    # A refusal is an answer.
    assert not refused.has_failed


async def test_files_and_passwords_are_part_of_it(client: AsyncClient, collector: Collector) -> None:
    member = await make_actor(client, "hanako")
    file = await uploaded(member)
    assert (await client.get(file["url"])).status_code == 200
    spans = collector.of(app_of(client))
    registering = names(tree(spans, began(spans, "POST /api/v1/auth/register")))
    uploading = names(tree(spans, began(spans, "POST /api/v1/upload/files")))
    reading = names(tree(spans, began(spans, "GET /api/v1/upload/files/{stored_name}")))
    assert "password hash" in registering
    assert {"file inspect", "storage put_file"} <= set(uploading)
    assert "storage read" in reading


async def test_a_job_is_a_trace_with_the_id_of_who_asked(make_client: AppMaker, collector: Collector) -> None:
    async with mail_server() as server:
        client = await make_client(
            otlp_endpoint=collector.url,
            smtp_url=SmtpServer("127.0.0.1", server.port, Encryption.NONE),
            mail_from="no-reply@musubi.example",
            base_url="https://musubi.example",
        )
        await make_actor(client, "hanako")
        await app_of(client).state.jobs.drain()
        assert len(server.mails) == 1
    spans = collector.of(app_of(client))
    request, job = began(spans, "POST /api/v1/auth/register"), began(spans, "job mail.send")
    assert job.kind == CONSUMER
    assert job.trace_id != request.trace_id
    assert job.attributes["musubi.request_id"] == request.attributes["musubi.request_id"]
    assert job.attributes["musubi.attempts"] == 1
    assert not job.has_failed
    assert "mail send" in names(tree(spans, job))
    # What comes round by itself is there, and looking for work isn't.
    assert {span.kind for span in spans if not span.parent_id} == {SERVER, CONSUMER}


async def test_a_job_that_fails_is_marked(make_client: AppMaker, collector: Collector) -> None:
    client = await make_client(
        otlp_endpoint=collector.url,
        smtp_url=SmtpServer("127.0.0.1", free_port(), Encryption.NONE),
        mail_from="no-reply@musubi.example",
        base_url="https://musubi.example",
    )
    await make_actor(client, "hanako")
    await app_of(client).state.jobs.drain()
    spans = collector.of(app_of(client))
    job = began(spans, "job mail.send")
    assert job.has_failed
    assert job.attributes["error.type"] == "Unavailable"
    [sending] = [span for span in tree(spans, job) if span.name == "mail send"]
    assert sending.has_failed


async def test_each_frame_is_a_trace(client: AsyncClient, collector: Collector) -> None:
    member = await make_actor(client, "hanako")
    app = app_of(client)
    async with served(app) as address, dialled(f"{address}/ws/general?token={member.access_token}") as line:
        hello = await line.expect("hello")
        await line.ask("pong", type="ping")
        await line.ask("message", type="message", content="結び", cid="c1")
        spans = collector.of(app)
        handshake, frame = began(spans, "live connect"), began(spans, "frame message")
        assert handshake.attributes["http.response.status_code"] == 101
        assert frame.attributes["musubi.conn_id"] == hello["conn_id"]
        assert frame.attributes["user.id"] == str(member.id)
        assert frame.attributes["musubi.request_id"] == handshake.attributes["musubi.request_id"]
        assert frame.trace_id != handshake.trace_id
        assert "INSERT" in names(tree(spans, frame))
        assert "frame ping" not in names(spans)


async def test_what_goes_on_after_a_handshake_is_no_part_of_it(client: AsyncClient, collector: Collector) -> None:
    """The first connection starts what looks for missed messages for as long as the process lives."""
    member = await make_actor(client, "hanako")
    app = app_of(client)
    async with served(app) as address, dialled(f"{address}/ws/general?token={member.access_token}") as line:
        await line.expect("hello")
        handshake = began(collector.of(app), "live connect")
        before = len(tree(collector.spans, handshake))
        for _ in range(3):
            await app.state.outbox._sweep()
            app.state.outbox.look_now()
            app.state.rooms.streams.look_now()
            await line.ask("pong", type="ping")
        assert len(tree(collector.of(app), handshake)) == before


async def test_no_value_is_ever_told(client: AsyncClient, collector: Collector) -> None:
    app = app_of(client)
    app.include_router(router)
    member = await make_actor(client, "hanako")
    form = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
    assert (await client.post("/api/v1/auth/register", json=form)).status_code == 409
    wrong = {"username": "hanako", "password": "Wrong-password-9"}
    assert (await client.post("/api/v1/auth/login", data=wrong)).status_code == 401
    again = await sign_in(client, "hanako")
    renewed = await client.post("/api/v1/auth/refresh", json={"refresh_token": again.refresh_token})
    item = await member.make_item("An unmistakable title", tags=["unmistakable-tag"])
    await member.get("/items", params={"search": "unmistakable-search"})
    await member.patch(f"/items/{item['id']}", json={"title": "Unmistakable, too"})
    file = await uploaded(member, "unmistakable-name.png")
    await client.get(file["url"])
    await client.get("/api/v1/broken/unexpected")
    with app.state.tracing.span("a conflict", kind=SpanKind.SERVER):
        async with app.state.database.transaction() as session:
            with pytest.raises(IntegrityError):
                await session.execute(insert(User).from_select(_COLUMNS, select(*_COLUMNS).select_from(User)))
    spans = collector.of(app)
    assert [span for span in spans if span.has_failed and span.name == "INSERT"]
    secrets = [
        PASSWORD, "Wrong-password-9", member.access_token, member.refresh_token, again.access_token,
        again.refresh_token, renewed.json()["access_token"], file["url"].partition("signature=")[2], "nmistakable",
        "hanako@example.com", "what only the log may say",
    ]  # fmt: skip
    told = b"".join(collector.bodies).decode("latin-1")
    for secret in secrets:
        assert secret not in told


@pytest.mark.parametrize("flags", ["00", "01"])
async def test_a_client_cannot_have_more_told_than_the_ratio(
    make_client: AppMaker, collector: Collector, flags: str
) -> None:
    client = await make_client(otlp_endpoint=collector.url, trace_ratio=0.0)
    for trace in (BROWSERS_TRACE, "0" * 31 + "1", "f" * 32):
        headers = {"traceparent": f"00-{trace}-{BROWSERS_SPAN}-{flags}"}
        assert (await client.get("/api/v1/setup", headers=headers)).status_code == 200
    assert collector.of(app_of(client)) == []


async def test_a_client_may_ask_not_to_be_told_of(client: AsyncClient, collector: Collector) -> None:
    headers = {"traceparent": f"00-{BROWSERS_TRACE}-{BROWSERS_SPAN}-00"}
    assert (await client.get("/api/v1/setup", headers=headers)).status_code == 200
    assert collector.of(app_of(client)) == []


@pytest.mark.parametrize(
    "traceparent",
    ["", "nonsense", f"00-{'0' * 32}-{BROWSERS_SPAN}-01", f"ff-{BROWSERS_TRACE}-{BROWSERS_SPAN}-01", "00-" * 500],
)
async def test_a_trace_that_cannot_be_read_is_none(client: AsyncClient, collector: Collector, traceparent: str) -> None:
    headers = {"traceparent": traceparent, "tracestate": "=,=" * 300}
    assert (await client.get("/api/v1/setup", headers=headers)).status_code == 200
    root = began(collector.of(app_of(client)), "GET /api/v1/setup")
    assert root.parent_id == ""
    assert root.trace_id != BROWSERS_TRACE


def test_what_is_left_is_sent_when_the_server_stops(tmp_path: Path, new_database: str, collector: Collector) -> None:
    changes: Variables = {
        "DATABASE_URL": new_database, "MUSUBI_AUTO_MIGRATE": "true", "MUSUBI_OTLP_ENDPOINT": collector.url,
    }  # fmt: skip
    with MusubiServer(tmp_path, changes=changes) as server:
        assert httpx.get(f"{server.url}/api/v1/setup", headers={"traceparent": TRACEPARENT}).status_code == 200
        server.stop()
    assert began(collector.spans, "GET /api/v1/setup").trace_id == BROWSERS_TRACE


async def test_a_collector_that_says_nothing_is_not_waited_for(make_client: AppMaker) -> None:
    with socket() as black_hole:
        black_hole.bind(("127.0.0.1", 0))
        black_hole.listen()
        client = await make_client(otlp_endpoint=f"http://127.0.0.1:{black_hole.getsockname()[1]}")
        member = await make_actor(client, "hanako")
        for _ in range(20):
            assert (await member.get("/items")).status_code == 200
        app: FastAPI = app_of(client)
        started = time.monotonic()
        await app.state.tracing.close()
        assert time.monotonic() - started < 4
        # And what comes after that is served, too.
        assert (await member.get("/items")).status_code == 200

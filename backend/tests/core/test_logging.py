"""What is logged: enough to follow a request, one line per event, and never a credential."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import Any

import httpx
import pytest

from musubi.core.logging import redact
from tests.conftest import redis_database
from tests.live_server import dialled
from tests.processes import PATIENCE_SECONDS, MusubiServer, Variables
from tests.services.service import free_port
from tests.support import PASSWORD

SECRET_KEY = "6f1c0d0b7d6a4be2a1c94f0c5fd02a77"
REQUEST_ID = "the-request-we-follow"
FORGED = "FORGED the log is mine"


@contextmanager
def serving(folder: Path, changes: Variables) -> Iterator[tuple[MusubiServer, httpx.Client]]:
    with MusubiServer(folder, changes=changes) as server, httpx.Client(base_url=server.url) as client:
        yield server, client


def sign_in_and_out(client: httpx.Client) -> list[str]:
    """Every way a credential can come in; returns all of them."""
    wrong, form = "Wrong-password-9", {"username": "hanako", "password": PASSWORD}
    register = {**form, "email": "hanako@example.com"}
    first = client.post("/api/v1/auth/register", json=register).json()
    client.post("/api/v1/auth/register", json={**register, "password": wrong, "role": "admin"})
    client.post("/api/v1/auth/login", data={**form, "password": wrong})
    second = client.post("/api/v1/auth/login", data=form).json()
    client.post("/api/v1/auth/login", params=form)
    refresh = {"refresh_token": second["refresh_token"]}
    third = client.post("/api/v1/auth/refresh", json=refresh).json()
    client.post("/api/v1/auth/refresh", params=refresh)
    client.get("/api/v1/auth/me", params={"access_token": first["access_token"], "token": first["access_token"]})
    client.get(
        "/api/v1/auth/me", headers={"Authorization": f"Bearer {third['access_token']}", "X-Request-ID": REQUEST_ID}
    )
    client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {third['access_token']}x"})
    by_cookie = {"X-Session-Transport": "cookie", "Sec-Fetch-Site": "same-origin"}
    client.post("/api/v1/auth/login", data=form, headers=by_cookie)
    cookie = client.cookies["musubi_refresh"]
    client.post("/api/v1/auth/refresh", headers=by_cookie)
    client.post("/api/v1/auth/logout", headers=by_cookie)
    client.post("/api/v1/auth/logout", headers={"Authorization": f"Bearer {third['access_token']}"})
    tokens = [body[kind] for body in (first, second, third) for kind in ("access_token", "refresh_token")]
    return [PASSWORD, wrong, SECRET_KEY, *tokens, cookie, *(token.rpartition(".")[2] for token in (*tokens, cookie))]


def try_to_forge(client: httpx.Client) -> None:
    """Requests that would write lines of their own if their parts were logged as they came."""
    for line_break in ("%0A", "%0D%0A", "%E2%80%A8", "%C2%85"):
        client.get(f"/api/v1/{line_break}{FORGED.replace(' ', '%20')}")
        client.get(f"/api/v1/nowhere?a{line_break}{FORGED.replace(' ', '+')}=b")
    client.get("/api/v1/nowhere", headers={"X-Request-ID": f"x {FORGED}"})
    client.get("/api/v1/nowhere", headers={"User-Agent": FORGED})


@pytest.fixture
def services(new_database: str, worker_id: str) -> Variables:
    return {"DATABASE_URL": new_database, "REDIS_URL": redis_database(worker_id), "MUSUBI_AUTO_MIGRATE": "true"}


def test_in_production_every_line_is_json(tmp_path: Path, services: Variables) -> None:
    production: Variables = {
        **services, "MUSUBI_ENV": "production", "SECRET_KEY": SECRET_KEY, "MUSUBI_LOG_LEVEL": "DEBUG",
        "MUSUBI_PASSWORD_MEMORY_KIB": "19456", "MUSUBI_PASSWORD_ITERATIONS": "2",
    }  # fmt: skip
    with serving(tmp_path, production) as (server, client):
        credentials = sign_in_and_out(client)
        try_to_forge(client)
        server.stop()
        log = server.log
    for credential in credentials:
        assert credential not in log
    lines: list[dict[str, Any]] = [json.loads(line) for line in log.splitlines()]
    for line in lines:
        assert {"timestamp", "level", "event", "logger"} <= set(line)
    requests = [line for line in lines if line["logger"] == "musubi.access"]
    assert len(requests) > 20
    for line in requests:
        assert {"method", "path", "query", "status", "duration_ms", "client", "request_id", "user_id"} <= set(line)
    (followed,) = [line for line in requests if line["request_id"] == REQUEST_ID]
    assert (followed["method"], followed["path"], followed["status"]) == ("GET", "/api/v1/auth/me", 200)
    assert followed["user_id"] > 0
    assert ["access_token", "token"] in [line["query"] for line in requests]
    assert not any(line["event"].startswith("FORGED") for line in lines)


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_every_line_says_what_it_belongs_to(tmp_path: Path, services: Variables) -> None:
    """With a collector, and a mail server, that nobody reaches: it serves, says what failed, and stops in time."""
    with socket() as black_hole:
        black_hole.bind(("127.0.0.1", 0))
        black_hole.listen()
        changes: Variables = {
            **services, "MUSUBI_ENV": "production", "SECRET_KEY": SECRET_KEY, "MUSUBI_PASSWORD_MEMORY_KIB": "19456",
            "MUSUBI_PASSWORD_ITERATIONS": "2", "MUSUBI_BASE_URL": "http://localhost",
            "MUSUBI_SMTP_URL": f"smtp://127.0.0.1:{free_port()}?starttls=never",
            "MUSUBI_OTLP_ENDPOINT": f"http://127.0.0.1:{black_hole.getsockname()[1]}",
        }  # fmt: skip
        with serving(tmp_path, changes) as (server, client):
            form = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
            headers = {"X-Request-ID": REQUEST_ID, "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
            token = client.post("/api/v1/auth/register", json=form, headers=headers).json()["access_token"]
            address = f"{server.url.replace('http://', 'ws://')}/api/v1/ws?token={token}"
            async with dialled(address, additional_headers={"X-Request-ID": "the-live-one"}) as line:
                hello = await line.expect("hello")
            started = time.monotonic()
            while not {"job failed", "connection closed"} <= {line["event"] for line in lines_of(server)}:
                assert time.monotonic() - started < PATIENCE_SECONDS
                client.get("/health")
            started = time.monotonic()
            server.stop()
            assert time.monotonic() - started < 15
            lines = lines_of(server)
    [registering] = [line for line in lines if line["event"] == "request" and line["request_id"] == REQUEST_ID]
    assert registering["trace_id"] == TRACE
    assert len(registering["span_id"]) == 16
    [failed] = [line for line in lines if line["event"] == "job failed"]
    assert (failed["job"], failed["request_id"], failed["attempts"]) == ("mail.send", REQUEST_ID, 1)
    assert failed["job_id"] > 0
    assert failed["trace_id"] != TRACE
    live = {line["event"]: line for line in lines if "conn_id" in line}
    assert {"connection opened", "connection closed"} <= set(live)
    for entry in live.values():
        assert (entry["conn_id"], entry["user_id"]) == (hello["conn_id"], hello["user"]["id"])
        assert entry["request_id"] == "the-live-one"
    assert "trace_id" in live["connection opened"]
    # One line for an outage, however many attempts.
    told = [line for line in lines if "collector" in line["event"] or "urllib3" in line["logger"]]
    assert len(told) <= 1


def lines_of(server: MusubiServer) -> list[dict[str, Any]]:
    """What it has logged by now, in whole lines."""
    return [json.loads(line) for line in server.log.splitlines(keepends=True) if line.endswith("\n")]


def test_in_development_it_is_readable(tmp_path: Path, services: Variables) -> None:
    with serving(tmp_path, {**services, "SECRET_KEY": SECRET_KEY, "MUSUBI_LOG_LEVEL": "DEBUG"}) as (server, client):
        credentials = sign_in_and_out(client)
        try_to_forge(client)
        server.stop()
        log = server.log
    for credential in credentials:
        assert credential not in log
    lines = log.splitlines()
    assert not any(line.startswith("FORGED") for line in lines)
    # Each begins with its time: none was begun by a client, and none is a frame of a traceback.
    assert all(re.match(r"\d{4}-\d\d-\d\d", line) for line in lines), log
    assert any(REQUEST_ID in line and "/api/v1/auth/me" in line for line in lines)


FAILURE = """
import logging, sys
import structlog
from musubi.core.logging import configure_logging

configure_logging("INFO", sys.argv[1])

def check(password):
    token = "t" + password
    raise ValueError("the reason")

try:
    check("Tsubaki" + "-7-kaze")
except ValueError:
    structlog.get_logger("musubi.errors").exception("unexpected error", error_id="42", password="Tsubaki-8-kaze")
    logging.getLogger("a.library").exception("could not reach postgresql://musubi:Tsubaki-9-kaze@db/musubi")
logging.getLogger("a.library").info("Authorization: Bearer Tsubaki-10-kaze")
logging.getLogger("a.library").debug("nobody asked for this")
"""


@pytest.mark.parametrize("style", ["console", "json"])
def test_a_failure_is_told_without_the_values_of_variables(style: str) -> None:
    process = subprocess.run([sys.executable, "-c", FAILURE, style], capture_output=True, text=True, check=True)
    assert process.stdout == ""
    assert process.stderr.count("ValueError: the reason") == 2
    for told in ("unexpected error", "42", "postgresql://musubi:[redacted]@db/musubi", "Bearer [redacted]"):
        assert told in process.stderr
    # The traceback shows the code, and the code of this test is where the only one of these stands.
    assert re.findall(r"Tsubaki-\d+-kaze", process.stderr) == []
    assert "nobody asked" not in process.stderr


def test_no_library_writes_down_what_goes_through_it(tmp_path: Path, services: Variables) -> None:
    with MusubiServer(tmp_path, changes={**services, "MUSUBI_LOG_LEVEL": "DEBUG"}) as server:
        with httpx.Client(base_url=f"{server.url}/api/v1") as client:
            form = {"username": "hanako", "email": "a-very-private-address@example.com", "password": PASSWORD}
            assert client.post("/auth/register", json=form).status_code == 201
        server.stop()
        assert "a-very-private-address" not in server.log


@pytest.mark.parametrize(
    ("event", "kept"),
    [
        ({"refresh_token": "x", "Password": "x", "secret_key": "x", "set-cookie": "x"}, "[redacted]"),
        ({"url": "/api/v1/ws?token=abc.def&x=1"}, "/api/v1/ws?token=[redacted]&x=1"),
        ({"url": "redis://:hunter2@cache/0"}, "redis://:[redacted]@cache/0"),
        ({"header": "bearer abc.def.ghi"}, "bearer [redacted]"),
        ({"status": 200}, 200),
        ({"event": "signed in"}, "signed in"),
    ],
)
def test_the_last_line_of_defence(event: dict[str, Any], kept: object) -> None:
    assert set(redact(None, "info", event).values()) == {kept}

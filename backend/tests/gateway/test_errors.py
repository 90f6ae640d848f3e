"""What the gateway itself says when it can't, or won't, pass a request on."""

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.gateway.conftest import ROOT, Installation
from tests.gateway.raw import exchange
from tests.gateway.standin import stand_in
from tests.services.nginx import Nginx
from tests.services.service import free_port
from tests.support import error_of

BURST = 5


@pytest.fixture(scope="module")
def alone(installation: Installation) -> Iterator[Nginx]:
    """A gateway with nobody behind it, and little patience with those before it."""
    settings = {"GATEWAY_RATE": "1", "GATEWAY_BURST": str(BURST)}
    with Nginx([free_port()], installation.web, settings=settings) as gateway:
        yield gateway


@pytest.fixture
async def lonely(alone: Nginx) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=alone.url, verify=alone.trust) as client:
        yield client


async def test_nobody_is_there_and_then_it_is_too_much(lonely: httpx.AsyncClient) -> None:
    reply = await lonely.get("/api/v1/items")
    assert (reply.status_code, error_of(reply)["code"]) == (502, "HTTP_502")
    assert reply.headers["Retry-After"] == "5"
    page = await lonely.get("/items", headers={"Accept-Language": "ja-JP,ja;q=0.9,en;q=0.8"})
    assert page.status_code == 502
    assert '<html lang="ja">' in page.text
    assert "一時的に利用できません" in page.text

    replies = [await lonely.get("/health") for _ in range(BURST)]
    assert (replies[-1].status_code, error_of(replies[-1])["code"]) == (429, "RATE_LIMITED")
    assert replies[-1].headers["Retry-After"] == "1"
    japanese = await lonely.post("/api/v1/items", headers={"Accept-Language": "ja"})
    assert error_of(japanese)["message"] == "リクエストが多すぎます。しばらくしてからお試しください"
    # Files don't count.
    assert (await lonely.get("/static/docs/swagger-ui.css")).status_code == 200


async def test_a_backend_that_doesnt_answer(installation: Installation) -> None:
    changes = {"proxy_read_timeout 60s": "proxy_read_timeout 1s"}
    async with stand_in(answers=False) as (backend, port):
        with Nginx([port], installation.web, changes=changes) as gateway:
            async with httpx.AsyncClient(base_url=gateway.url, verify=gateway.trust) as client:
                reply = await client.post("/api/v1/items", json={})
                assert (reply.status_code, error_of(reply)["code"]) == (504, "HTTP_504")
                # It may have been done: only who asked can say whether to ask again.
                assert backend.requests.qsize() == 1
            while not backend.requests.empty():
                backend.requests.get_nowait().may_be_answered.set()


async def test_as_many_at_once_as_are_allowed(installation: Installation) -> None:
    settings = {"GATEWAY_CONNECTIONS": "2"}
    async with stand_in(answers=False) as (backend, port):
        with Nginx([port], installation.web, settings=settings) as gateway:
            async with httpx.AsyncClient(base_url=gateway.url, verify=gateway.trust) as client:
                held = [asyncio.create_task(client.get("/api/v1/items")) for _ in range(2)]
                requests = [await backend.requests.get() for _ in held]
                reply = await client.get("/api/v1/items")
                assert (reply.status_code, error_of(reply)["code"]) == (429, "RATE_LIMITED")
                for request in requests:
                    request.may_be_answered.set()
                assert [reply.status_code for reply in await asyncio.gather(*held)] == [200, 200]


@pytest.mark.parametrize(
    ("head", "status", "code"),
    [
        (f"GET /api/{'a' * 20_000} HTTP/1.1\r\nHost: localhost\r\n", 414, "HTTP_414"),
        (f"GET /api/v1/items HTTP/1.1\r\nHost: localhost\r\nX-Long: {'a' * 20_000}\r\n", 431, "HTTP_431"),
        ("GET /api/v1/items HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n", 400, "BAD_REQUEST"),
        ("POST /api/v1/items HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n", 413, "PAYLOAD_TOO_LARGE"),
        ("TRACE /api/v1/items HTTP/1.1\r\nHost: localhost\r\n", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_what_is_refused_before_it_is_passed_on(gateway: Nginx, head: str, status: int, code: str) -> None:
    received = exchange(gateway, f"{head}Connection: close\r\n\r\n".encode(), seconds=0.5)
    headers, _, body = received.partition(b"\r\n\r\n")
    assert headers.startswith(f"HTTP/1.1 {status} ".encode())
    reply = httpx.Response(status, content=body)
    assert error_of(reply)["code"] == code
    assert gateway.entry(error_of(reply)["id"])["status"] == status


def test_the_page_stands_by_itself(alone: Nginx) -> None:
    """Its style is what its policy allows, and it needs nothing else."""
    received = exchange(alone, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    head, _, page = received.decode().partition("\r\n\r\n")
    (style,) = re.findall(r"<style>(.*?)</style>", page)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in head
    assert re.findall(r"src=|href=|<script", page) == []
    assert '<html lang="en">' in page


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("ja", "ja"), ("ja-JP,en;q=0.5", "ja"), ("en-GB,ja;q=0.5", "en"), ("fr,ja;q=0.5", "ja"), ("fr", "en"), ("", "en")],
)
async def test_in_the_readers_language(visitor: httpx.AsyncClient, accepted: str, language: str) -> None:
    page = await visitor.get("/metrics", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}">' in page.text


def test_the_rules_are_clean(gateway: Nginx) -> None:
    assert "test is successful" in gateway.run("-t")
    assert "[warn]" not in gateway.run("-t")
    assert (ROOT / "deploy" / "nginx" / "render.sh").stat().st_mode & 0o111

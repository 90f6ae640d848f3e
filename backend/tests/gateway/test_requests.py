"""What of a request reaches the backends, and what of a reply the client."""

from collections import Counter
from uuid import uuid4

import httpx
import pytest

from musubi.core.errors import BY_STATUS
from tests.gateway.conftest import ROOT, Installation
from tests.gateway.raw import exchange, statuses
from tests.gateway.standin import stand_in
from tests.services.nginx import Nginx
from tests.support import PASSWORD, Actor, make_actor

OF_THE_SERVER = {"server", "date", "etag", "last-modified", "content-length", "connection", "x-request-id", "vary"}
FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "musubi.invalid",
    "X-Real-IP": "203.0.113.9",
    "Forwarded": "for=203.0.113.9;proto=http;host=musubi.invalid",
}


def from_address(gateway: Nginx, address: str) -> httpx.AsyncClient:
    """A client with another address of this machine."""
    transport = httpx.AsyncHTTPTransport(verify=gateway.trust, local_address=address)
    return httpx.AsyncClient(base_url=gateway.url, transport=transport)


def headers_of(reply: httpx.Response) -> dict[str, str]:
    """Those that say what a browser may do with it."""
    return {name: value for name, value in reply.headers.items() if name not in OF_THE_SERVER}


async def directly(installation: Installation, path: str) -> httpx.Response:
    """What a backend itself says to that, as to a request that came by https."""
    headers = {"X-Forwarded-Proto": "https", "Host": "localhost"}
    async with httpx.AsyncClient(headers=headers) as client:
        return await client.get(f"http://127.0.0.1:{installation.backends[0].port}{path}")


@pytest.mark.parametrize(
    "path", ["/", "/items", "/favicon.svg", "/health", "/api/v1/items", "/api/docs", "/api/v1/nothing", "/static/no.js"]
)
async def test_a_reply_is_the_backends_own(installation: Installation, visitor: httpx.AsyncClient, path: str) -> None:
    reply = await visitor.get(path, headers={"Accept-Encoding": "identity"})
    own = await directly(installation, path)
    assert (reply.status_code, reply.headers["content-type"]) == (own.status_code, own.headers["content-type"])
    assert headers_of(reply) == headers_of(own)
    names = Counter(name.lower() for name, _ in reply.headers.raw)
    assert [name for name, count in names.items() if count > 1 and name != b"vary"] == []


@pytest.mark.parametrize(("path", "like"), [("/api/v1/test/setup", "/api/v1/nothing"), ("/metrics", "/")])
async def test_what_is_refused_here_is_as_safe(
    installation: Installation, visitor: httpx.AsyncClient, path: str, like: str
) -> None:
    reply, own = headers_of(await visitor.get(path)), headers_of(await directly(installation, like))
    if not path.startswith("/api/"):
        assert reply.pop("content-security-policy").startswith("default-src 'none'; style-src 'sha256-")
        own.pop("content-security-policy")
        assert (reply.pop("cache-control"), own.pop("cache-control")) == ("no-store", "no-cache")
        own.pop("accept-ranges", None)
    assert reply == own


async def test_an_id_goes_all_the_way(installation: Installation, visitor: httpx.AsyncClient) -> None:
    chosen = f"chosen.{uuid4()}"
    reply = await visitor.get("/api/v1/items?token=shibori", headers={"X-Request-ID": chosen})
    assert reply.headers["X-Request-ID"] == chosen
    installation.expect_logged(chosen)
    entry = installation.gateway.entry(chosen)
    assert (entry["path"], entry["status"], entry["client"]) == ("/api/v1/items", 401, "127.0.0.1")
    assert entry["upstream_status"] == "401"
    assert entry["timestamp"].endswith("Z")

    made = (await visitor.get("/api/v1/setup")).headers["X-Request-ID"]
    assert len(made) == 32
    installation.expect_logged(made)
    assert installation.gateway.entry(made)["status"] == 200
    for bad in ("short", "x" * 129, "with space", 'quo"te-and-more'):
        assert (await visitor.get("/health", headers={"X-Request-ID": bad})).headers["X-Request-ID"] != bad


async def test_no_log_has_what_a_query_holds(installation: Installation, visitor: httpx.AsyncClient) -> None:
    secret = uuid4().hex
    await visitor.get(f"/api/v1/ws?ticket={secret}")
    await visitor.get(f"/static/nothing.js?{secret}")
    await visitor.get(f"/metrics?{secret}", headers={"Referer": f"https://localhost/?{secret}"})
    await visitor.get("/api/v1/items", headers={"Authorization": f"Bearer {secret}", "Cookie": f"a={secret}"})
    # It speaks of requests that go wrong, too.
    exchange(installation.gateway, f"GET /?{secret} HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n".encode())
    assert secret not in installation.gateway.access_log
    assert secret not in (installation.gateway.folder / "error.log").read_text()


async def test_backends_are_told_who_it_is_and_nothing_else(gateway: Nginx, installation: Installation) -> None:
    """With headers of which each could do harm, were it believed."""
    hops = {"Connection": "close, X-Hop", "Keep-Alive": "timeout=9", "TE": "trailers", "Trailer": "X", "Upgrade": "h2c"}
    hops |= {"Proxy": "http://203.0.113.9", "Proxy-Connection": "close", "Proxy-Authorization": "Basic eA=="}
    async with stand_in() as (backend, port):
        with Nginx([port], installation.web) as other:
            async with from_address(other, "127.0.0.2") as client:
                await client.get("/api/v1/items?a=b", headers={**FORGED, **hops, "X_Forwarded_For": "203.0.113.9"})
        request = await backend.requests.get()
    host = f"localhost:{other.port}"
    assert request.line == "GET /api/v1/items?a=b HTTP/1.1"
    assert request.values("Host") == [host]
    assert request.values("X-Forwarded-For") == ["127.0.0.2"]
    assert request.values("X-Forwarded-Proto") == ["https"]
    assert request.values("X-Forwarded-Host") == [host]
    assert len(request.values("X-Request-ID")) == 1
    assert b"203.0.113.9" not in request.head
    assert b"musubi.invalid" not in request.head
    assert [name for name in hops if request.values(name)] == []


async def test_forged_addresses_dont_count(installation: Installation, gateway: Nginx) -> None:
    """Neither for limits nor in the audit log."""
    async with from_address(gateway, "127.0.0.3") as client, from_address(gateway, "127.0.0.4") as other:
        replies = [
            await client.post(
                "/api/v1/auth/forgot-password",
                json={"email": f"nobody-{number}@example.com"},
                headers={**FORGED, "X-Forwarded-For": f"203.0.113.{number}"},
            )
            for number in range(21)
        ]
        assert [reply.status_code for reply in replies[-2:]] == [202, 429]
        mail = {"email": "somebody@example.com"}
        assert (await other.post("/api/v1/auth/forgot-password", json=mail)).status_code == 202

    token = "".join(installation.backends[0].printed).partition("#token=")[2].split()[0]
    async with from_address(gateway, "127.0.0.5") as client:
        admin = await make_actor(client, "ichiro", setup_token=token)
        form = {"username": "ichiro", "password": PASSWORD}
        assert (await client.post("/api/v1/auth/login", data=form, headers=FORGED)).status_code == 200
        entries = (await admin.get("/audit", params={"limit": 5})).json()["data"]
    assert {entry["address"] for entry in entries if entry["actor_name"] == "ichiro"} == {"127.0.0.5"}


async def test_both_backends_get_requests(installation: Installation, visitor: httpx.AsyncClient) -> None:
    ids = [uuid4().hex for _ in range(10)]
    for each in ids:
        assert (await visitor.get("/health", headers={"X-Request-ID": each})).status_code == 200
    asked = Counter(installation.gateway.entry(each)["upstream"] for each in ids)
    assert len(asked) == 2


@pytest.mark.parametrize("path", ["/metrics", "/metrics/x", "/%6detrics", "/static/../metrics", "/api/v1/%74est/setup"])
async def test_what_is_not_for_the_public(gateway: Nginx, installation: Installation, path: str) -> None:
    request_id = uuid4().hex
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: {request_id}\r\nConnection: close\r\n\r\n"
    assert statuses(exchange(gateway, head.encode())) == [404]
    assert request_id not in installation.logs


async def test_json_is_compressed_and_credentials_are_not(person: Actor) -> None:
    item = await person.make_item("Item", description="和紙" * 400)
    reply = await person.get("/items", headers={"Accept-Encoding": "gzip"})
    assert reply.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in reply.headers["Vary"]
    # Its tag was weakened on the way, and is taken all the same.
    reply = await person.get(f"/items/{item['id']}", headers={"Accept-Encoding": "gzip"})
    assert reply.headers["ETag"].startswith('W/"')
    tag = {"If-Match": reply.headers["ETag"]}
    assert (await person.patch(f"/items/{item['id']}", json={"title": "New"}, headers=tag)).status_code == 200
    assert (await person.patch(f"/items/{item['id']}", json={"title": "Old"}, headers=tag)).status_code == 412
    form = {"username": person.user["username"], "password": PASSWORD}
    for path, arguments in (("/auth/login", {"data": form}), ("/ws/ticket", {})):
        reply = await person.post(path, headers={"Accept-Encoding": "gzip"}, **arguments)
        assert reply.status_code == 200
        assert "Content-Encoding" not in reply.headers, path


def test_errors_say_the_same_here_and_there() -> None:
    rules = (ROOT / "deploy" / "nginx" / "snippets" / "errors.conf").read_text()
    for status in (400, 403, 404, 405, 408, 412, 413, 415, 416, 429):
        text = BY_STATUS[status].text
        assert f'en{status} "{text.en}";' in rules
        assert f'ja{status} "{text.ja}";' in rules
        if BY_STATUS[status].code != f"HTTP_{status}":
            assert f"{status} {BY_STATUS[status].code};" in rules


@pytest.mark.parametrize("path", ["/api", "/api/v1/auth", "/api/v1/upload", "/api/v1/upload/resumable", "/api/v1/ws"])
async def test_no_address_is_sent_elsewhere(visitor: httpx.AsyncClient, path: str) -> None:
    """By itself nginx answers with one that ends in a slash, which a POST would not follow."""
    assert (await visitor.post(path)).status_code in (401, 404, 405, 412)

"""Which names the application answers to, and whom it believes about a request."""

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from structlog.testing import CapturingLogger

from musubi.core.http import request_context
from musubi.settings import Environment
from tests.asgi import call
from tests.conftest import AppMaker
from tests.support import PASSWORD, error_of


def app_of(client: AsyncClient) -> FastAPI:
    transport = client._transport
    assert isinstance(transport, ASGITransport)
    assert isinstance(transport.app, FastAPI)
    return transport.app


async def answers(app: FastAPI, host: str, server: str = "127.0.0.1") -> bool:
    """Whether a request to `host`, which came in at the address `server`, is served."""
    reply = await call(app, host=host.encode(), server=(server, 8000))
    if reply.status_code != 200:
        assert reply.status_code == 400
        error = error_of(reply)
        assert (error["code"], error["message"]) == ("BAD_REQUEST", "This host name is not served here")
        assert host not in reply.text or not host
    return reply.status_code == 200


async def test_by_default_it_answers_to_its_own_machine(app: FastAPI) -> None:
    for host in ("localhost", "LOCALHOST", "localhost:8000", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8000"):
        assert await answers(app, host), host
    for host in (
        "",
        "example.org",
        "localhost.example.org",
        "example.org:8000",
        "127.0.0.1.nip.io",
        "127.0.0.2",
        "2130706433",
        "[::2]",
        "::1",
        "user@localhost",
        "localhost/",
        "localhost#",
        "*",
        "*.example.org",
    ):
        assert not await answers(app, host), host


async def test_pages_and_api_are_treated_alike(app: FastAPI) -> None:
    for path in (b"/", b"/api/v1/items", b"/static/x.js", b"/api/docs"):
        assert (await call(app, path=path, host=b"example.org")).status_code == 400


async def test_it_answers_to_the_address_it_was_reached_at(app: FastAPI) -> None:
    assert await answers(app, "192.168.1.5:8000", server="192.168.1.5")
    assert await answers(app, "[fe80::1]:8000", server="fe80:0:0:0:0:0:0:1")
    assert not await answers(app, "192.168.1.5", server="192.168.1.6")
    assert not await answers(app, "printer.local", server="192.168.1.5")
    assert not await answers(app, "", server="")


async def test_it_answers_to_the_names_it_was_given(make_client: AppMaker) -> None:
    app = app_of(
        await make_client(
            allowed_hosts=("app.example.org", "*.example.net"),
            host="0.0.0.0",  # noqa: S104
            base_url="https://musubi.example.com",
        )
    )
    for host in ("app.example.org", "APP.example.org:443", "a.example.net", "a.b.example.net", "musubi.example.com"):
        assert await answers(app, host), host
    for host in (
        "example.org",
        "x.app.example.org",
        "example.net",
        "evilexample.net",
        "a.example.net.evil.com",
        "evil.com:a.example.net",
    ):
        assert not await answers(app, host), host


async def test_a_star_answers_to_every_name(make_client: AppMaker) -> None:
    app = app_of(await make_client(allowed_hosts=("*",)))
    assert await answers(app, "whatever.example.org")


@pytest.fixture
def access_log(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    log = CapturingLogger()
    monkeypatch.setattr(request_context, "access_log", log)
    return log


FORWARDED = [(b"x-forwarded-proto", b"https"), (b"x-forwarded-for", b"198.51.100.1, 203.0.113.9")]


async def forwarded(app: FastAPI, client: str, headers: list[tuple[bytes, bytes]] = FORWARDED) -> Response:
    return await call(app, client=(client, 1234), headers=headers)


def is_https(reply: Response) -> bool:
    return "Strict-Transport-Security" in reply.headers


async def test_no_proxy_is_believed_by_default(app: FastAPI, access_log: CapturingLogger) -> None:
    for client in ("127.0.0.1", "::1", "10.0.0.1", "203.0.113.5"):
        assert not is_https(await forwarded(app, client))
        assert access_log.calls.pop().kwargs["client"] == client


async def test_a_listed_proxy_is_believed(make_client: AppMaker, access_log: CapturingLogger) -> None:
    app = app_of(await make_client(trusted_proxies=("10.0.0.0/8", "192.0.2.7")))
    for proxy in ("10.1.2.3", "192.0.2.7"):
        assert is_https(await forwarded(app, proxy))
        # The last one that no proxy of ours is: what stands before it anyone could have written.
        assert access_log.calls.pop().kwargs["client"] == "203.0.113.9"
    for stranger in ("127.0.0.1", "192.0.2.8", "11.0.0.1"):
        assert not is_https(await forwarded(app, stranger))
        assert access_log.calls.pop().kwargs["client"] == stranger


async def test_a_chain_of_listed_proxies_is_followed(make_client: AppMaker, access_log: CapturingLogger) -> None:
    app = app_of(await make_client(trusted_proxies=("10.0.0.0/8",)))
    await forwarded(app, "10.0.0.1", [(b"x-forwarded-for", b"198.51.100.1, 203.0.113.9, 10.0.0.3, 10.0.0.2")])
    assert access_log.calls.pop().kwargs["client"] == "203.0.113.9"


async def test_a_proxy_that_forwards_nonsense_breaks_nothing(make_client: AppMaker) -> None:
    client = await make_client(trusted_proxies=("127.0.0.1",))
    form = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
    for headers in (
        {"X-Forwarded-For": "x" * 5000, "X-Forwarded-Proto": "gopher"},
        {"X-Forwarded-For": "", "X-Forwarded-Proto": ""},
        {"X-Forwarded-For": ",,,", "X-Forwarded-Proto": "https,http"},
    ):
        reply = await client.post("/api/v1/auth/register", json=form, headers=headers)
        assert reply.status_code in (201, 409), reply.text


async def test_a_forwarded_host_is_never_believed(make_client: AppMaker) -> None:
    app = app_of(await make_client(trusted_proxies=("127.0.0.1",)))
    reply = await call(app, host=b"example.org", headers=[(b"x-forwarded-host", b"localhost")])
    assert reply.status_code == 400


async def test_in_production_the_rules_are_the_same(make_client: AppMaker) -> None:
    app = app_of(await make_client(env=Environment.PRODUCTION))
    assert await answers(app, "localhost")
    assert not await answers(app, "example.org")

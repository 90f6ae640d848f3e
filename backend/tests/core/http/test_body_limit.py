"""How much a request may make us read."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from tests.asgi import call
from tests.conftest import AppMaker
from tests.support import Actor, error_of, make_actor

LIMIT = 2048
JSON = (b"content-type", b"application/json")


@pytest.fixture
async def member(make_client: AppMaker) -> Actor:
    """Someone who uses an application that takes 2 KiB."""
    return await make_actor(await make_client(max_body_bytes=LIMIT), "hanako")


@pytest.fixture
def app(member: Actor) -> FastAPI:
    transport = member.client._transport
    assert isinstance(transport, ASGITransport)
    assert isinstance(transport.app, FastAPI)
    return transport.app


def form_of(size: int) -> bytes:
    """An item of so many bytes."""
    empty = b'{"title":"x","description":""}'
    return b'{"title":"x","description":"' + b"d" * (size - len(empty)) + b'"}'


async def write(app: FastAPI, member: Actor, body: Any, *headers: tuple[bytes, bytes], path: bytes = b"/items") -> int:
    """The status of the reply to a body, or to its chunks."""
    signed_in = (b"authorization", f"Bearer {member.access_token}".encode())
    reply = await call(app, "POST", b"/api/v1" + path, headers=[signed_in, *headers], body=body)
    if reply.status_code == 413:
        assert error_of(reply)["code"] == "PAYLOAD_TOO_LARGE"
        assert error_of(reply)["message"] == "The request body is too large"
    return reply.status_code


async def test_the_limit_itself_is_within_it(app: FastAPI, member: Actor) -> None:
    assert await write(app, member, form_of(LIMIT), JSON) == 201
    assert await write(app, member, form_of(LIMIT + 1), JSON) == 413


async def test_a_body_without_a_length_is_counted_while_it_arrives(app: FastAPI, member: Actor) -> None:
    for size, status in ((LIMIT, 201), (LIMIT + 1, 413)):
        body = form_of(size)
        for pieces in (1, 3, 1000):
            step = -(-size // pieces)
            chunks = [body[start : start + step] for start in range(0, size, step)]
            assert await write(app, member, chunks, JSON) == status, (size, pieces)


async def test_a_length_that_lies_is_no_way_around(app: FastAPI, member: Actor) -> None:
    chunks = [form_of(LIMIT), b" "]
    for length in (b"5", b"-1", b"abc", b"", b"0000000000000000000000005", b"+5", b"5.0"):
        assert await write(app, member, chunks, JSON, (b"content-length", length)) == 413, length


async def test_a_length_alone_is_enough(app: FastAPI, member: Actor) -> None:
    for length in (str(LIMIT + 1), str(2**63), "9" * 5000):
        assert await write(app, member, [b"{"], JSON, (b"content-length", length.encode())) == 413


async def test_every_kind_of_body_is_limited(app: FastAPI, member: Actor) -> None:
    long = [b"username=a&password=", b"x" * LIMIT]
    assert (
        await write(app, member, long, (b"content-type", b"application/x-www-form-urlencoded"), path=b"/auth/login")
        == 413
    )
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
    multipart = (b"content-type", b"multipart/form-data; boundary=x")
    assert await write(app, member, [part, b"x" * LIMIT, b"\r\n--x--"], multipart, path=b"/auth/login") == 413
    assert await write(app, member, [b"x" * LIMIT, b"x"], (b"content-type", b"text/plain")) == 413
    assert await write(app, member, [b"x" * LIMIT, b"x"]) == 413
    assert await write(app, member, [b"x" * LIMIT, b"x"], path=b"/auth/refresh") == 413


async def test_what_was_too_large_left_nothing_behind(app: FastAPI, member: Actor) -> None:
    await write(app, member, [form_of(LIMIT), b" "], JSON)
    assert (await member.get("/items")).json()["data"] == []


async def test_the_default_is_a_mebibyte(client: AsyncClient) -> None:
    for size, status in ((1024 * 1024, 422), (1024 * 1024 + 1, 413)):
        reply = await client.post("/api/v1/auth/register", content=b" " * size)
        assert reply.status_code == status


async def test_routes_that_bound_their_bodies_themselves(app: FastAPI, member: Actor) -> None:
    """Uploads are exempt, and nothing beside them is."""
    large = [b"x" * LIMIT, b"x"]
    form = (b"content-type", b"multipart/form-data; boundary=x")
    assert await write(app, member, large, form, path=b"/upload/files") == 400
    assert await write(app, member, large, form, path=b"/upload/files/multiple") == 400
    for path in (b"/upload/files/", b"/upload/filesx", b"/upload/files/multiple/", b"/upload", b"/items"):
        assert await write(app, member, large, JSON, path=path) in (413, 404), path
    file = b"/api/v1/upload/files/" + b"0" * 32 + b".png"
    signed_in = (b"authorization", f"Bearer {member.access_token}".encode())
    reply = await call(app, "PATCH", file, headers=[signed_in, JSON], body=large)
    assert reply.status_code == 413

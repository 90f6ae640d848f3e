"""Clients that take their time, many of them. They are cut off, and cost the others nothing."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from musubi.features.files.context import MAX_FILE_BYTES
from tests.features.files.support import FORM, part, picture_of, uploaded
from tests.gateway.conftest import Installation
from tests.services.nginx import Nginx
from tests.support import Actor, make_actor

MANY = 20
"""Of each kind."""
DRIP_SECONDS = 0.2
CUT_OFF_SECONDS = 15.0
"""After which the last of them must be gone, on a machine that has other things to do. The limits are 1 and 2 s."""
HEALTHY_SECONDS = 1.0
HURRIED = {
    "client_header_timeout 10s": "client_header_timeout 1s",
    "client_body_timeout 15s": "client_body_timeout 1s",
    "send_timeout 30s": "send_timeout 2s",
}


@pytest.fixture(scope="module")
def hurried(installation: Installation) -> Iterator[Nginx]:
    """The same gateway with less patience."""
    with Nginx([backend.port for backend in installation.backends], installation.web, changes=HURRIED) as gateway:
        yield gateway


@pytest.fixture
async def member(hurried: Nginx) -> AsyncIterator[Actor]:
    async with httpx.AsyncClient(base_url=hurried.url, verify=hurried.trust, timeout=30) as client:
        yield await make_actor(client, f"p{uuid4().hex[:12]}")


async def drip(gateway: Nginx, head: bytes, byte: bytes) -> bytes:
    """Send a beginning, then a byte now and then until the other side hangs up; what it said."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", gateway.port, ssl=gateway.trust, server_hostname="localhost"
    )
    hearing = asyncio.create_task(reader.read())
    with contextlib.closing(writer), contextlib.suppress(OSError):
        writer.write(head)
        while not hearing.done():
            writer.write(byte)
            await writer.drain()
            await asyncio.wait([hearing], timeout=DRIP_SECONDS if byte else None)
    try:
        return await hearing
    except OSError:
        return b""


def request_of(method: str, path: str, actor: Actor, **headers: str) -> bytes:
    lines = [f"{method} /api/v1{path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {actor.access_token}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def slowest_while(client: httpx.AsyncClient, work: asyncio.Future[Any]) -> float:
    """The longest that someone else waited for an answer meanwhile, in seconds."""
    slowest = 0.0
    while not work.done():
        started = time.monotonic()
        assert (await client.get("/health/ready")).status_code == 200
        slowest = max(slowest, time.monotonic() - started)
        await asyncio.wait([work], timeout=0.05)
    return slowest


async def test_they_are_cut_off_and_others_are_not_held_up(hurried: Nginx, member: Actor) -> None:
    """In headers; in bodies that are gathered, by a silence; in uploads, by one and by a byte now and then."""
    form = part("file", b"", filename=b"roof.png")[:-2]
    upload = request_of(
        "POST", "/upload/files", member, Content_Type=FORM[1].decode(), Content_Length=str(MAX_FILE_BYTES)
    )
    json = request_of("POST", "/items", member, Content_Type="application/json", Content_Length="1000")
    kinds = [
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"a", {b""}),
        (json, b"", {b"408", b""}),
        (upload + form, b"", {b"408"}),
        (upload + form, b"a", {b"408", b""}),
    ]
    said = asyncio.gather(*(drip(hurried, head, byte) for head, byte, _ in kinds for _ in range(MANY)))
    async with asyncio.timeout(CUT_OFF_SECONDS):
        assert await slowest_while(member.client, said) < HEALTHY_SECONDS
    answers = [answer[9:12] for answer in await said]
    for index, (_, _, expected) in enumerate(kinds):
        assert set(answers[index * MANY : (index + 1) * MANY]) <= expected


async def test_those_who_read_nothing_are_cut_off(hurried: Nginx, member: Actor) -> None:
    file = await uploaded(member, "roof.png", picture_of(MAX_FILE_BYTES), "image/png")
    ids = [uuid4().hex for _ in range(MANY)]
    with contextlib.ExitStack() as stack:
        for each in ids:
            plain = stack.enter_context(socket.socket())
            # What the kernel takes in for them is soon full.
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plain.connect(("127.0.0.1", hurried.port))
            connection = stack.enter_context(hurried.trust.wrap_socket(plain, server_hostname="localhost"))
            connection.sendall(request_of("GET", f"/upload/files/{file['stored_name']}", member, X_Request_ID=each))
        logged = asyncio.gather(*(asyncio.to_thread(hurried.entry, each) for each in ids))
        async with asyncio.timeout(CUT_OFF_SECONDS):
            assert await slowest_while(member.client, logged) < HEALTHY_SECONDS
        for entry in await logged:
            assert entry["seconds"] < CUT_OFF_SECONDS
            assert entry["bytes"] < MAX_FILE_BYTES


async def test_a_handshake_that_never_ends_is_cut_off(hurried: Nginx) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hurried.port)
    with contextlib.closing(writer):
        writer.write(b"\x16\x03\x01")
        async with asyncio.timeout(CUT_OFF_SECONDS):
            with contextlib.suppress(OSError):
                assert await reader.read() == b""

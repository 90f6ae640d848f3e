"""Requests that two servers could take apart differently. Each is refused, or reaches a backend as the one that it is.

A backend that took another request out of one of these would answer it to whoever sends the next request on that
connection. So what is looked for is its path in the log of a backend, and replies that belong to somebody else.
"""

from uuid import uuid4

import httpx
import pytest

from tests.gateway.conftest import Installation
from tests.gateway.raw import PATIENCE, exchange, statuses
from tests.services.nginx import Nginx

START = b"POST /api/v1/items HTTP/1.1\r\nHost: localhost\r\n"
PLAIN = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
# A request that only somebody who misread what stands before it would see.
HIDDEN = b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"

# Name, bytes with HIDDEN in the place of @. They end where a careful server sees the end, or never.
TABLE = {
    "CL.TE": START + b"Content-Length: 60\r\n" + CHUNKED + b"\r\n0\r\n\r\n@",
    "TE.CL": START + CHUNKED + b"Content-Length: 4\r\n\r\n5c\r\n@\r\n0\r\n\r\n",
    "TE.TE second": START + CHUNKED + b"Transfer-Encoding: identity\r\nContent-Length: 4\r\n\r\n0\r\n\r\n@",
    "TE list": START + b"Transfer-Encoding: identity, chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n@",
    "TE xchunked": START + b"Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n@",
    "TE space before colon": START + b"Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n@",
    "TE tab": START + b"Transfer-Encoding:\tchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n@",
    "TE vertical tab": START + b"Transfer-Encoding: \x0bchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n@",
    "TE capitals": START + b"Transfer-Encoding: cHuNkEd\r\nContent-Length: 5\r\n\r\n0\r\n\r\n@",
    "TE quoted": START + b'Transfer-Encoding: "chunked"\r\nContent-Length: 5\r\n\r\n0\r\n\r\n@',
    "TE folded": START + b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n@",
    "TE behind a fold": START + b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n@",
    "TE behind a bare CR": START + b"X: y\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n@",
    "TE behind a bare LF": START + b"X: y\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n@",
    "TE with an underscore": START + b"Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n@",
    "TE in HTTP/1.0": START.replace(b"1.1", b"1.0") + CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n@",
    "CL twice": START + b"Content-Length: 5\r\nContent-Length: 0\r\n\r\n0\r\n\r\n@",
    "CL twice the same": START + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n@",
    "CL list": START + b"Content-Length: 0, 5\r\n\r\n0\r\n\r\n@",
    "CL plus": START + b"Content-Length: +5\r\n\r\n0\r\n\r\n@",
    "CL minus": START + b"Content-Length: -5\r\n\r\n0\r\n\r\n@",
    "CL space inside": START + b"Content-Length: 0 5\r\n\r\n0\r\n\r\n@",
    "CL space before colon": START + b"Content-Length : 5\r\n\r\n0\r\n\r\n@",
    "CL hexadecimal": START + b"Content-Length: 0x5\r\n\r\n0\r\n\r\n@",
    "CL too large": START + b"Content-Length: 18446744073709551621\r\n\r\n0\r\n\r\n@",
    "CL empty": START + b"Content-Length:\r\n\r\n0\r\n\r\n@",
    "CL of a GET": PLAIN + b"Content-Length: 60\r\n\r\n@",
    "chunk size too large": START + CHUNKED + b"\r\n10000000000000005\r\nabcde\r\n0\r\n\r\n@",
    "chunk size negative": START + CHUNKED + b"\r\n-5\r\nabcde\r\n0\r\n\r\n@",
    "chunk size with 0x": START + CHUNKED + b"\r\n0x5\r\nabcde\r\n0\r\n\r\n@",
    "chunk size with a space": START + CHUNKED + b"\r\n5 \r\nabcde\r\n0 \r\n\r\n@",
    "chunk size empty": START + CHUNKED + b"\r\n\r\nabcde\r\n0\r\n\r\n@",
    "chunk longer than it says": START + CHUNKED + b"\r\n2\r\nabcde\r\n0\r\n\r\n@",
    "chunk extension with LF": START + CHUNKED + b"\r\n5;a=b\nX\r\nabcde\r\n0\r\n\r\n@",
    "chunk extension": START + CHUNKED + b"\r\n5;a=@\r\nabcde\r\n0\r\n\r\n",
    "chunk ended by a bare CR": START + CHUNKED + b"\r\n5\rabcde\r0\r\r@",
    "chunks with bare LF": START + CHUNKED + b"\r\n5\nabcde\n0\n\n@",
    "trailer": START + CHUNKED + b"\r\n0\r\nContent-Length: 60\r\n\r\n@",
    "NUL in a value": PLAIN + b"X: a\x00b\r\n\r\n@",
    "NUL in a name": PLAIN + b"X\x00: b\r\n\r\n@",
    "NUL in the path": b"GET /health\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n@",
    "name with a space": PLAIN + b"X Y: z\r\n\r\n@",
    "no name": PLAIN + b": z\r\n\r\n@",
    "no colon": PLAIN + b"nothing\r\n\r\n@",
    "fold first": b"GET /health HTTP/1.1\r\n Host: localhost\r\n\r\n@",
    "two hosts": PLAIN + b"Host: other\r\n\r\n@",
    "no host": b"GET /health HTTP/1.1\r\n\r\n@",
    "host with a path": b"GET /health HTTP/1.1\r\nHost: localhost/x\r\n\r\n@",
    "absolute form of another": b"GET http://musubi.invalid/health HTTP/1.1\r\nHost: localhost\r\n\r\n@",
    "absolute form": b"GET https://localhost/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n@",
    "authority form": b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n@",
    "HTTP/0.9": b"GET /health\r\n@",
    "HTTP/2 in the open": b"GET /health HTTP/2.0\r\nHost: localhost\r\n\r\n@",
    "HTTP/1.11": b"GET /health HTTP/1.11\r\nHost: localhost\r\n\r\n@",
    "two spaces": b"GET  /health HTTP/1.1\r\nHost: localhost\r\n\r\n@",
    "LF in the path": b"GET /health%0d%0aX:y HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n@",
    "method in small letters": b"get /health HTTP/1.1\r\nHost: localhost\r\n\r\n@",
    "upgrade to h2c": PLAIN + b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings, close\r\n\r\n@",
    "WebSocket elsewhere": PLAIN + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n@",
    "expectation": START + b"Expect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n0\r\n\r\n@",
    "unknown expectation": START + b"Expect: 200-ok\r\nContent-Length: 5\r\n\r\n0\r\n\r\n@",
    "poison behind a close": PLAIN + b"Connection: close\r\n\r\n@",
}
# Those that another server could take as one that ends elsewhere, but not after this one took it apart: it passes on
# what it made of it. The others are refused.
PASSED = {
    "TE with an underscore", "CL of a GET", "chunk size with a space", "chunks with bare LF", "trailer", "no colon",
    "absolute form of another", "absolute form", "HTTP/0.9", "HTTP/1.11", "two spaces", "LF in the path",
    "upgrade to h2c", "WebSocket elsewhere", "expectation", "unknown expectation", "poison behind a close",
}  # fmt: skip
UPLOAD = START.replace(b"/items", b"/upload/files")
CASES = [
    *((name, sent) for name, sent in TABLE.items()),
    # And where bodies are passed on in pieces.
    *((f"{name}, streamed", sent.replace(START, UPLOAD)) for name, sent in TABLE.items() if START in sent),
]


async def expect_own_replies(visitor: httpx.AsyncClient) -> None:
    """Whoever asks gets what they asked for, on every connection to every backend."""
    for _ in range(4):
        request_id = uuid4().hex
        reply = await visitor.get("/health", headers={"X-Request-ID": request_id})
        assert (reply.status_code, reply.headers["X-Request-ID"]) == (200, request_id)
        assert reply.json()["status"] == "healthy"


@pytest.mark.parametrize(("name", "sent"), CASES, ids=[name for name, _ in CASES])
async def test_it_is_refused_or_harmless(
    installation: Installation, visitor: httpx.AsyncClient, name: str, sent: bytes
) -> None:
    marker = uuid4().hex
    received = exchange(installation.gateway, sent.replace(b"@", HIDDEN % marker.encode()), seconds=0.1, first=PATIENCE)
    await expect_own_replies(visitor)
    seen = installation.logs.count(f"/{marker}")
    if name.removesuffix(", streamed") not in PASSED:
        (status,) = statuses(received)
        assert status in (400, 501, 505)
        assert seen == 0
    if seen:
        # As the sender's next request, which the gateway knew for one.
        assert seen == 1
        assert installation.gateway.entry(f"/{marker}")["method"] == "GET"


def test_a_pipeline_is_answered_in_its_order(gateway: Nginx) -> None:
    ids = [uuid4().hex for _ in range(3)]
    requests = [PLAIN + f"X-Request-ID: {each}\r\n\r\n".encode() for each in ids]
    received = exchange(gateway, b"".join(requests), seconds=0.5)
    assert statuses(received) == [200, 200, 200]
    places = [received.index(each.encode()) for each in ids]
    assert places == sorted(places)

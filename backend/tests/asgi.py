"""Requests that no well-behaved client sends, handed to the application as a server would hand them over."""

from collections.abc import Iterable
from urllib.parse import unquote

from httpx import Response
from starlette.types import ASGIApp, Message

Headers = Iterable[tuple[bytes, bytes]]


async def call(
    app: ASGIApp,
    method: str = "GET",
    path: bytes = b"/health",
    *,
    query: bytes = b"",
    headers: Headers = (),
    body: bytes | Iterable[bytes] = b"",
    is_whole: bool = True,
    scheme: str = "http",
    host: bytes = b"localhost:8000",
    client: tuple[str, int] = ("127.0.0.1", 50_000),
    server: tuple[str, int] = ("127.0.0.1", 8000),
) -> Response:
    """The reply to a request whose bytes are sent as they are; several chunks of `body` declare no length. One that
    isn't whole is cut off after them.

    An exception that leaves the application is raised here, as it would end the connection.
    """
    chunks = [body] if isinstance(body, bytes) else list(body)
    incoming = iter(
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks) or not is_whole}
        for number, chunk in enumerate(chunks, 1)
    )
    sent: list[Message] = []

    async def receive() -> Message:
        return next(incoming, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        sent.append(message)

    length = [(b"content-length", str(len(body)).encode())] if isinstance(body, bytes) and body else []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", host), *length, *headers],
        "client": client,
        "server": server,
        "state": {},
    }
    await app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return Response(sent[0]["status"], headers=sent[0]["headers"], content=content)

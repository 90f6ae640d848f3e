"""A store that says whatever a test wants to hear from one.

async with scripted(answer) as port:
    ...  # `answer` gets the method and the target of each request, and gives a status and a body
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

Answer = Callable[[str, str], Awaitable[tuple[int, bytes]]]

NOTHING_LISTED = b'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'


def refusal(code: str) -> bytes:
    """What S3 says of an error."""
    return f'<?xml version="1.0"?>\n<Error><Code>{code}</Code><Message>hidden-in-the-answer</Message></Error>'.encode()


@contextlib.asynccontextmanager
async def scripted(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serves on a port of its own, in the event loop of the test."""
    serving: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_serve(reader, writer, answer))
        serving.add(task)
        task.add_done_callback(serving.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
    with contextlib.closing(writer), contextlib.suppress(OSError, asyncio.IncompleteReadError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
            method, target, _ = head[0].split(" ")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            await reader.readexactly(int(headers.get("content-length", "0")))
            status, body = await answer(method, target)
            writer.write(f"HTTP/1.1 {status} Scripted\r\ncontent-length: {len(body)}\r\n".encode())
            writer.write(b'etag: "1"\r\nlast-modified: Sun, 22 Nov 2026 15:00:00 GMT\r\n\r\n')
            writer.write(b"" if method == "HEAD" else body)
            await writer.drain()

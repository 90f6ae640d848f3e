"""Many readers of one room, each of which costs next to nothing; and some that never read."""

import asyncio
import base64
import os
import time
from collections.abc import Callable
from typing import cast

from websockets.frames import Opcode

Heard = Callable[[bytes, float], None]
"""Takes the text of a frame, and when it came."""

# A client masks what it sends; the mask that changes nothing will do.
_PONG, _NO_MASK = 0x8A, b"\x00\x00\x00\x00"


class Reader(asyncio.Protocol):
    """A WebSocket client that only reads and answers pings; a silent one stops to read at its hello."""

    def __init__(self, request: bytes, heard: Heard, *, is_silent: bool) -> None:
        self.greeted = asyncio.get_running_loop().create_future()
        self.is_closed = False
        self._request = request
        self._heard = heard
        self._is_silent = is_silent
        self._in_handshake = True
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        self.is_closed = True
        if not self.greeted.done():
            self.greeted.set_exception(ConnectionResetError("closed before its hello"))

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self._buffer += data
        if self._in_handshake:
            head, found, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not found:
                return
            assert head.startswith(b"HTTP/1.1 101 "), head
            self._in_handshake = False
            self._buffer = bytearray(rest)
        while (frame := self._next_frame()) is not None:
            opcode, payload = frame
            if opcode == Opcode.TEXT:
                self._take(payload, now)
            elif opcode == Opcode.PING:
                self._transport.write(bytes([_PONG, 0x80 | len(payload)]) + _NO_MASK + payload)
            elif opcode == Opcode.CLOSE:
                self._transport.close()

    def close(self) -> None:
        self._transport.abort()

    def _take(self, text: bytes, now: float) -> None:
        if self.greeted.done():
            self._heard(text, now)
            return
        self.greeted.set_result(None)
        if self._is_silent:
            self._transport.pause_reading()

    def _next_frame(self) -> tuple[int, bytes] | None:
        """The next whole frame (RFC 6455, 5.2), unmasked as those of servers are."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1], 2
        if length >= 126:
            start += 2 if length == 126 else 8
            length = int.from_bytes(buffer[2:start])
        if len(buffer) < start + length:
            return None
        payload = bytes(buffer[start : start + length])
        opcode = buffer[0] & 0x0F
        del buffer[: start + length]
        return opcode, payload


async def join(url: str, token: str, room: str, heard: Heard, *, is_silent: bool = False) -> Reader:
    """One more reader of a room, once it was greeted."""
    host, _, port = url.removeprefix("http://").partition(":")
    lines = [
        f"GET /api/v1/ws/{room}?token={token} HTTP/1.1",
        f"Host: {host}:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
    ]
    request = "\r\n".join([*lines, "", ""]).encode()
    _, reader = await asyncio.get_running_loop().create_connection(
        lambda: Reader(request, heard, is_silent=is_silent), "127.0.0.1", int(port)
    )
    await reader.greeted
    return reader

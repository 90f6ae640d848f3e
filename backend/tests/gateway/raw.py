"""Bytes on a connection, with no client's good manners in between."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.services.nginx import Nginx

PATIENCE = 5.0


@contextmanager
def connected(gateway: Nginx, *, alpn: str = "http/1.1", source: str = "127.0.0.1") -> Iterator[ssl.SSLSocket]:
    """A connection of TLS; from another address of this machine, if `source` says so."""
    context = gateway.trust
    context.set_alpn_protocols([alpn])
    with (
        socket.create_connection(("127.0.0.1", gateway.port), PATIENCE, (source, 0)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        yield connection


def read_out(connection: socket.socket, seconds: float = PATIENCE) -> bytes:
    """What comes until the other side hangs up, or nothing came for so long."""
    connection.settimeout(seconds)
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except (TimeoutError, ConnectionResetError, ssl.SSLEOFError):
        return received
    return received


def exchange(gateway: Nginx, sent: bytes, *, seconds: float = PATIENCE, source: str = "127.0.0.1") -> bytes:
    """All that is answered to these bytes; `seconds` is how long to wait for more of it."""
    with connected(gateway, source=source) as connection:
        connection.sendall(sent)
        return read_out(connection, seconds)


def statuses(received: bytes) -> list[int]:
    """The statuses of the replies in there, in their order."""
    return [int(line[9:12]) for line in received.split(b"\r\n") if line.startswith((b"HTTP/1.1 ", b"HTTP/1.0 "))]


def seconds_until_closed(connection: socket.socket, limit: float) -> float:
    """How long the other side leaves it open. Raises AssertionError after `limit` seconds."""
    started = time.monotonic()
    connection.settimeout(limit)
    try:
        while connection.recv(65536):
            assert time.monotonic() - started < limit, "it is still open"
    except TimeoutError:
        raise AssertionError("it is still open") from None
    except (ConnectionResetError, ssl.SSLEOFError):
        pass
    return time.monotonic() - started

"""Bytes on a connection, with no client's good manners in between."""

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from tests.services.nginx import Nginx

PATIENCE = 5.0


@contextmanager
def connected(gateway: Nginx, *, alpn: str = "http/1.1") -> Iterator[ssl.SSLSocket]:
    """A connection of TLS."""
    context = gateway.trust
    context.set_alpn_protocols([alpn])
    with (
        socket.create_connection(("127.0.0.1", gateway.port), PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        yield connection


def read_out(connection: socket.socket, seconds: float = PATIENCE, *, first: float | None = None) -> bytes:
    """What comes until the other side hangs up, or nothing came for so long; `first`: to begin with."""
    connection.settimeout(first or seconds)
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
            connection.settimeout(seconds)
    except (TimeoutError, ConnectionResetError, ssl.SSLEOFError):
        return received
    return received


def exchange(gateway: Nginx, sent: bytes, *, seconds: float = PATIENCE, first: float | None = None) -> bytes:
    """All that is answered to these bytes; `seconds` is how long to wait for more of it, `first` for any."""
    with connected(gateway) as connection:
        connection.sendall(sent)
        return read_out(connection, seconds, first=first)


def statuses(received: bytes) -> list[int]:
    """The statuses of the replies in there, in their order."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]

"""A stand-in for Sentry that keeps what is reported to it."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.posts import taking_posts


@dataclass
class Ingest:
    """What was reported."""

    dsn: str = ""
    bodies: list[bytes] = field(default_factory=list)
    """As it arrived, unpacked."""

    @property
    def events(self) -> list[dict[str, Any]]:
        """The event of each envelope: lines of JSON, of the envelope, of an item, and the item itself."""
        return [json.loads(body.splitlines()[2]) for body in self.bodies]


@contextmanager
def reporting() -> Iterator[Ingest]:
    """A project at a port of the loopback address."""
    ingest = Ingest()

    def take(request: BaseHTTPRequestHandler, body: bytes) -> int:
        ingest.bodies.append(gzip.decompress(body) if request.headers["Content-Encoding"] == "gzip" else body)
        return 200

    with taking_posts("/api/7/envelope/", take) as port:
        ingest.dsn = f"http://0123456789abcdef@127.0.0.1:{port}/7"
        yield ingest

"""A stand-in for Sentry that keeps what is reported to it."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


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

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/api/7/envelope/"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            ingest.bodies.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        ingest.dsn = f"http://0123456789abcdef@127.0.0.1:{server.server_address[1]}/7"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield ingest
        finally:
            server.shutdown()
            thread.join()

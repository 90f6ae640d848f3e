"""`GET /metrics`, for Prometheus alone: on a port of its own, served by a thread of the process that was started.

With one process it tells what that one recorded. Where that process only looks after others (`--workers`, `--reload`),
they write to files in a private directory, and what is told is all of them together; what those that died had counted
still counts.
"""

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from musubi.core import metrics
from musubi.settings import ConfigurationError, Settings

log = structlog.get_logger("musubi.metrics")

PATH = "/metrics"
_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The library of whoever finds this in its environment when it starts writes to files there."""
_POLL_SECONDS = 0.1


class MetricsServer(ThreadingHTTPServer):
    """Answers from a registry."""

    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        """Listen. Raises OSError."""
        self.registry: CollectorRegistry = metrics.REGISTRY
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Without asking the name service what this machine is called, as the parent's does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)

    def handle_error(self, *_: Any) -> None:
        """Log what went wrong with one request; the next one finds us here."""
        log.warning("metrics were not told", exc_info=sys.exception())


def bind_metrics(settings: Settings) -> MetricsServer | None:
    """The server that the settings ask for; it answers nothing yet. Raises ConfigurationError when the address can't
    be had."""
    if settings.metrics_port is None:
        return None
    try:
        return MetricsServer(settings.metrics_host, settings.metrics_port)
    except (OSError, UnicodeError) as error:
        address = f"{settings.metrics_host}:{settings.metrics_port}"
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"MUSUBI_METRICS_PORT: can't listen at {address}: {reason}") from error


@contextmanager
def serving_metrics(server: MetricsServer | None, *, of_children: bool) -> Iterator[None]:
    """A block during which the server answers, and at whose end it is closed. `of_children`: what is recorded is
    recorded by processes that are started within the block."""
    if server is None:
        yield
    elif of_children:
        with server, _directory() as directory:
            server.registry = _Children(directory)
            with _answering(server):
                yield
    else:
        with server, _answering(server):
            yield


@contextmanager
def _answering(server: MetricsServer) -> Iterator[None]:
    thread = Thread(target=server.serve_forever, args=(_POLL_SECONDS,), name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


@contextmanager
def _directory() -> Iterator[Path]:
    """Where child processes write. Not in the data directory, which may be on another machine's disk."""
    with tempfile.TemporaryDirectory(prefix="musubi-metrics-") as directory:
        os.environ[_VARIABLE] = directory
        try:
            yield Path(directory)
        finally:
            del os.environ[_VARIABLE]


class _Children(CollectorRegistry):
    """What the processes have written that use this directory."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory
        MultiProcessCollector(self, str(directory))  # type: ignore[no-untyped-call]

    def forget_the_dead(self) -> None:
        """Let go of what processes that are gone were doing; what they had counted stays."""
        for pid in {int(path.stem.rpartition("_")[2]) for path in self._directory.glob("gauge_live*.db")}:
            try:
                os.kill(pid, 0)
            except OSError:
                # It is gone, or its number is that of someone else's process by now.
                mark_process_dead(pid, str(self._directory))  # type: ignore[no-untyped-call]


class _Handler(BaseHTTPRequestHandler):
    server: MetricsServer
    protocol_version = "HTTP/1.1"
    timeout: ClassVar[float] = 60
    """Seconds that a client may say nothing."""

    def do_GET(self) -> None:
        """Tell everything."""
        if self.path.partition("?")[0] != PATH:
            self.send_error(404)
            return
        registry = self.server.registry
        if isinstance(registry, _Children):
            registry.forget_the_dead()
        body = generate_latest(registry)
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "musubi"

    def log_message(self, *_: object) -> None:
        """Nothing: it is asked every few seconds."""

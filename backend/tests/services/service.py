"""What the throwaway servers have in common: a folder, a port, a process, and a sure end."""

import contextlib
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from .account import Account
from .watchdog import Watchdog

START_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02
PORTS = range(15_000, 32_000)
PORT_ATTEMPTS = 3


class ServiceError(RuntimeError):
    """A server that is not installed, did not start or did not stop; the message ends with its log."""


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on at this moment.

    It lies below the range from which systems give ports to outgoing connections: from there, a client that
    reconnects while the server is down could be given the server's own port, and be connected to itself.
    """
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Service(ABC):
    """One server with a folder of its own below the system's temporary folder.

    It is a context manager. `restart()`, `kill()` and `start()` are for tests of what its clients do then;
    port, password and data stay the same.
    """

    name: ClassVar[str]
    # What ends it in order, and what ends it as a crash does.
    stop_signal: ClassVar[signal.Signals]
    kill_signal: ClassVar[signal.Signals]

    def __init__(self, account: Account | None = None) -> None:
        self.account = account
        self.port = free_port()
        self.password = secrets.token_urlsafe(16)
        self.folder = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: Watchdog | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it is, with the password."""

    @property
    @abstractmethod
    def _command(self) -> list[str]:
        """The command that serves in the foreground."""

    @abstractmethod
    def _prepare(self) -> None:
        """Fill the new, empty folder with what the command needs."""

    @abstractmethod
    def _ready(self) -> bool:
        """Whether it takes connections."""

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix=f"musubi-{self.name}-"))
        # First of all, so that nothing can be left behind from here on.
        self._watchdog = Watchdog(self.folder, self.kill_signal)
        try:
            if self.account:
                self.account.own(self.folder)
            self._prepare()
            self._start_first()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
            if self._watchdog:
                self._watchdog.dismiss()

    def _start_first(self) -> None:
        """Start; between the look for a free port and its use, another process may have taken it."""
        for attempt in range(1, PORT_ATTEMPTS + 1):
            try:
                self.start()
            except ServiceError:
                if attempt == PORT_ATTEMPTS:
                    raise
                self.port = free_port()
            else:
                return

    def start(self) -> None:
        """Start it and return when it takes connections. Raises ServiceError when it doesn't within 30 s."""
        if self._process:
            return
        with self._log.open("ab") as log:
            # A session of its own: Ctrl-C is for the tests, which may want the server while they clean up.
            self._process = subprocess.Popen(
                self._command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **(self.account.popen if self.account else {}),
            )
        if self._watchdog:
            self._watchdog.watch(self._process.pid)
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if self._process.poll() is not None:
                self._forget()
                raise ServiceError(self._report("ended while starting"))
            if time.monotonic() > deadline:
                self.kill()
                raise ServiceError(self._report(f"was not ready after {START_SECONDS:.0f} s"))
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """End it in order; what doesn't end within 10 s is killed."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """End it as a crash would, with no chance to tidy up or to tell its clients."""
        self._end(self.kill_signal)

    def restart(self) -> None:
        """Stop and start again, on the same port and with the same data."""
        self.stop()
        self.start()

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        if not process:
            return
        process.send_signal(number)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._forget()

    def _forget(self) -> None:
        self._process = None
        if self._watchdog:
            self._watchdog.watch(None)

    def _report(self, what: str) -> str:
        log = self._log.read_text(errors="replace") if self._log.exists() else ""
        return "\n".join([f"{self.name} {what}", *log.splitlines()[-20:]])

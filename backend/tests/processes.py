"""The command `musubi` as an operator runs it, with an environment of its own."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx

from tests.services.service import free_port

MUSUBI = str(Path(sys.executable).parent / "musubi")
# What must never be waited for longer, however busy the machine is.
PATIENCE_SECONDS = 60

Variables = dict[str, str | None]


def environment(folder: Path, changes: Variables | None = None) -> dict[str, str]:
    """The variables of a process whose data lies in `folder`: nothing of the tests' own environment but the PATH.

    Those that `changes` has as None are left out.
    """
    variables: Variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "MUSUBI_DATA_DIR": str(folder / "data"),
        "MUSUBI_PASSWORD_MEMORY_KIB": "8",
        "MUSUBI_PASSWORD_ITERATIONS": "1",
        **(changes or {}),
    }
    return {name: value for name, value in variables.items() if value is not None}


def run_musubi(folder: Path, *arguments: str, changes: Variables | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, in `folder`."""
    return subprocess.run(
        [MUSUBI, *arguments],
        cwd=folder,
        env=environment(folder, changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


class MusubiServer:
    """`musubi serve` in `folder`. A context manager: it gives a server that takes requests, and kills what is left."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        port: int | None = None,
        changes: Variables | None = None,
        launcher: Sequence[str] = (),
    ) -> None:
        """`launcher`: a command that runs the one that is given to it."""
        self.port = port or free_port()
        self.url = f"http://localhost:{self.port}"
        self._folder = folder
        self._command = [*launcher, MUSUBI, "serve", "--port", str(self.port), *arguments]
        self._environment = environment(folder, changes)
        self._process: subprocess.Popen[bytes] | None = None
        self._printed = b""
        self._log: IO[str] | None = None

    def start(self) -> None:
        """Start it, and return when it answers. Raises AssertionError, with its log, when it ends instead."""
        self._close()
        self._log = self._log_file.open("a")
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            # Signals are for it alone.
            start_new_session=True,
        )
        assert self._process.stdout is not None
        output = self._process.stdout.fileno()
        self._printed = b""
        # It listens before it says so; whoever comes early is answered as soon as it is ready.
        while not any(line.startswith("Musubi ") for line in self.printed):
            part = os.read(output, 65536)
            assert part, f"it did not start\n{self.log}"
            self._printed += part
        assert httpx.get(f"{self.url}/health", timeout=PATIENCE_SECONDS).status_code == 200
        # What it had to say it has said by now.
        os.set_blocking(output, False)
        with contextlib.suppress(BlockingIOError):
            self._printed += os.read(output, 65536)
        os.set_blocking(output, True)

    @property
    def printed(self) -> list[str]:
        """The lines on its standard output since it was started last."""
        return self._printed.decode().splitlines()

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self) -> int:
        """Its exit status, once it has ended."""
        assert self._process is not None
        assert self._process.stdout is not None
        self._printed += self._process.stdout.read()
        return self._process.wait(PATIENCE_SECONDS)

    def stop(self) -> None:
        """End it in order."""
        self.signal(signal.SIGTERM)
        assert self.wait() == 0, self.log

    def kill(self) -> None:
        """End it as a crash would, its children with it."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    @property
    def pid(self) -> int:
        """Of the process that was started; with several workers, of the one that looks after them."""
        assert self._process is not None
        return self._process.pid

    def memory_kib(self, what: str = "VmRSS") -> int:
        """What the kernel says of its process: `VmRSS` now, `VmHWM` at the most so far."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith(f"{what}:")]
        return int(line.split()[1])

    @property
    def log(self) -> str:
        """Everything it wrote to standard error."""
        return self._log_file.read_text()

    @property
    def _log_file(self) -> Path:
        return self._folder / f"log-{self.port}"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        self.kill()
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
        if self._log is not None:
            self._log.close()

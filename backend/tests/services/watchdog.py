"""Ends a server and removes its folder when the process that owns it is gone, even by SIGKILL.

The owner holds the only writing end of a pipe to a small process. Whatever ends the owner closes it, and that
is the process's sign to act. It knows the server by the number last written to it.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

PATIENCE_SECONDS = 5.0


class Watchdog:
    """The owner's side."""

    def __init__(self, folder: Path, number: signal.Signals) -> None:
        # -I and -S: it needs no package, and the environment must not lead it astray. A session of its own
        # keeps it alive through whatever is sent to the owner's whole group.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, str(folder), str(number.value)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    def watch(self, pid: int | None) -> None:
        """From now on that process is the server; None: there is none at the moment."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"%d\n" % (pid or 0))
        self._process.stdin.flush()

    def dismiss(self) -> None:
        """The server has ended and its folder is gone. Returns when the watchdog has ended too."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def end(pid: int, number: int) -> None:
    """Send the signal, wait, and send SIGKILL to what is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)


def main() -> None:
    """The watchdog's side: read numbers until the input ends."""
    # It leaves when its owner does, not when a terminal says so.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    folder, number_to_send = Path(sys.argv[1]), int(sys.argv[2])
    pid = 0
    for line in sys.stdin:
        pid = int(line)
    if pid:
        end(pid, number_to_send)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

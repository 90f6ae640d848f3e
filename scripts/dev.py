"""Serve the API with reload and the browser's part by Vite. They start and stop together."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / "backend" / ".venv" / "bin"
VITE_PORT = "5173"
TICK_SECONDS = 0.2
STOP_SECONDS = 10


def start(command: list[str | Path], folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start it in a group of its own, so that Ctrl-C reaches it through us alone, and once."""
    # A pipe that nothing is written to: Vite takes the end of its input for a sign to leave.
    return subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.PIPE, start_new_session=True)


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """End them and what they started: in order at first, by force after 10 s."""
    for number in (signal.SIGINT, signal.SIGKILL):
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
            time.sleep(TICK_SECONDS)


def main() -> int:
    """Serve until one of them ends or somebody ends us; 0 if that was a wish."""
    port = os.environ.get("PORT", "8000")
    # The links that the application prints lead to the pages as Vite serves them.
    environment = {"MUSUBI_BASE_URL": f"http://localhost:{VITE_PORT}", **os.environ}
    environment["MUSUBI_DEV_BACKEND"] = f"http://127.0.0.1:{port}"

    stopping = False

    def note(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, note)
    api: list[str | Path] = [BIN / "musubi", "serve", "--reload"]
    pages: list[str | Path] = [ROOT / "frontend/node_modules/.bin/vite", "--port", VITE_PORT, "--strictPort"]
    processes = [start(api, ROOT, environment), start(pages, ROOT / "frontend", environment)]
    while not stopping and all(process.poll() is None for process in processes):
        time.sleep(TICK_SECONDS)
    ended = [process.returncode for process in processes if process.returncode is not None]
    stop(processes)
    return 0 if stopping else max(ended, default=0) or 1


if __name__ == "__main__":
    sys.exit(main())

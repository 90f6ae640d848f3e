"""Run a command with a PostgreSQL and a Valkey of its own: `python -m tests.services run -- pytest`."""

import argparse
import os
import signal
import subprocess
import sys
from types import FrameType

from . import ServiceError, environment, postgres, valkey


def run(command: list[str]) -> int:
    """Run the command with both servers' URLs in its environment; returns its status."""
    received: list[int] = []
    child: subprocess.Popen[bytes] | None = None

    def forward(number: int, _frame: FrameType | None) -> None:
        # A terminal's Ctrl-C has reached the child already; a second one would cut its clean-up short.
        received.append(number)
        if child is None:
            raise KeyboardInterrupt
        if number != signal.SIGINT:
            child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, forward)
    try:
        with postgres() as database, valkey() as store:
            child = subprocess.Popen(command, env={**os.environ, **environment(database, store)})
            status = child.wait()
    except KeyboardInterrupt:
        return 128 + received[-1]
    # Popen tells a death by signal as a negative number; shells tell it as 128 and the number.
    return status if status >= 0 else 128 - status


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.services", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    runner = verbs.add_parser("run", help="run a command with both servers")
    runner.add_argument("command", nargs="+", metavar="COMMAND", help="what to run, after --")
    options = parser.parse_args()
    try:
        return run(options.command)
    except (ServiceError, FileNotFoundError, LookupError) as error:
        sys.stderr.write(f"services: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())

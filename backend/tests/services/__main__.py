"""Run a command with servers of its own: `python -m tests.services run -- pytest` with a PostgreSQL and a Valkey,
`python -m tests.services s3 -- pytest` with a store of the S3 protocol.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType

from . import S3_URL, ServiceError, environment, postgres, valkey

Servers = Callable[[], AbstractContextManager[dict[str, str]]]


@contextmanager
def both() -> Iterator[dict[str, str]]:
    """A PostgreSQL and a Valkey."""
    with postgres() as database, valkey() as store:
        yield environment(database, store)


@contextmanager
def s3() -> Iterator[dict[str, str]]:
    """A store that signatures matter to."""
    from .ceph import ceph

    with ceph() as server:
        yield {S3_URL: server.url}


def run(command: list[str], servers: Servers = both) -> int:
    """Run the command with the servers' URLs in its environment; returns its status."""
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
        with servers() as variables:
            child = subprocess.Popen(command, env={**os.environ, **variables})
            status = child.wait()
    except KeyboardInterrupt:
        return 128 + received[-1]
    # Popen tells a death by signal as a negative number; shells tell it as 128 and the number.
    return status if status >= 0 else 128 - status


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.services", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, servers in (("run", both), ("s3", s3)):
        runner = verbs.add_parser(verb, help=f"run a command with: {servers.__doc__}")
        runner.set_defaults(servers=servers)
        runner.add_argument("command", nargs="+", metavar="COMMAND", help="what to run, after --")
    options = parser.parse_args()
    try:
        return run(options.command, options.servers)
    except (ServiceError, FileNotFoundError, LookupError) as error:
        sys.stderr.write(f"services: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())

"""`musubi` with a fault between commit and publication: `python -m tests.continuity.faulty LOST KILLED serve …`.

LOST is the share of log entries that, once committed, are neither handed to those who listen here nor sent to other
processes. With KILLED above 0, so often the process is killed at that moment, after the acknowledgement has had time
to go out.
"""

import asyncio
import os
import random
import signal
import sys

from musubi.cli import app
from musubi.core.realtime.frames import ServerFrame
from musubi.features.rooms.streams import Streams

_LAST_WORDS_SECONDS = 0.02


def main() -> None:
    lost, killed = float(sys.argv.pop(1)), float(sys.argv.pop(1))
    chance = random.Random(os.getpid())  # noqa: S311
    committed = Streams.committed

    def lose(self: Streams, room_id: int, seq: int, frame: ServerFrame) -> None:
        if chance.random() < killed:
            asyncio.get_running_loop().call_later(_LAST_WORDS_SECONDS, os.kill, os.getpid(), signal.SIGKILL)
        elif chance.random() >= lost:
            committed(self, room_id, seq, frame)

    Streams.committed = lose  # type: ignore[method-assign]
    app()


if __name__ == "__main__":
    main()

"""Storms without an end, or for an hour: `python -m tests.continuity.soak --minutes 60`.

Again and again people write and read on the same three processes while a few misfortunes, drawn by chance, come over
them; then everyone hears everything out, and a line says how it was. It ends with 1 at the first thing that was lost.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.continuity.cluster import Misfortunes, misfortunes
from tests.continuity.storm import storm
from tests.services import postgres, valkey

_MISFORTUNES = 6
"""In one round, of which each takes some seconds to half a minute."""
_LOST = 0.1


async def soak(minutes: float, seed: int) -> None:
    """Go on for so long. Raises AssertionError when something was lost."""
    task = asyncio.current_task()
    assert task is not None
    # Servers are ended by what cleans up, which a signal would skip.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    end = time.monotonic() + minutes * 60
    with tempfile.TemporaryDirectory() as folder, postgres() as database, valkey() as store:
        async with misfortunes(Path(folder), database, store, lost=_LOST) as possible:
            number = 0
            while time.monotonic() < end:
                number += 1
                await _round(number, possible, random.Random(f"{seed} {number}"))  # noqa: S311


async def _round(number: int, possible: Misfortunes, chance: random.Random) -> None:
    started = time.monotonic()
    drawn = chance.choices(possible.all, k=_MISFORTUNES)
    _say(f"{number}. {', '.join(each.__name__.replace('_', ' ') for each in drawn)}")
    async with storm(possible.installation, writers=6, readers=6, tag=f"-{number}") as weather:
        for happen in drawn:
            await weather.until_acknowledged(50)
            await happen(weather)
        await weather.until_acknowledged(50)
    memory = ", ".join(f"{server.memory_kib() // 1024} MiB" for server in possible.installation.servers)
    _say(f"   after {time.monotonic() - started:.0f} s; processes of {memory}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.continuity.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same one draws the same misfortunes")
    options = parser.parse_args()
    _say(f"seed {options.seed}")
    asyncio.run(soak(options.minutes, options.seed))


if __name__ == "__main__":
    main()

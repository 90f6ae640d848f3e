"""One process with SQLite, and nothing else, in the storms that can befall it: nothing acknowledged is lost."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from tests.continuity.installation import FaultyServer, Installation, serving, variables
from tests.continuity.storm import storm


@contextlib.asynccontextmanager
async def embedded(folder: Path, *, lost: float = 0.0, killed: float = 0.0) -> AsyncIterator[Installation]:
    server = FaultyServer(folder, lost=lost, killed=killed, changes=variables())
    async with serving([server], f"sqlite:///{folder / 'data' / 'musubi.sqlite3'}") as installation:
        yield installation


async def test_it_is_killed(tmp_path: Path) -> None:
    async with embedded(tmp_path) as installation, storm(installation) as weather:
        for _ in range(8):
            await weather.until_acknowledged(60)
            await installation.kill(installation.servers[0])
        await weather.until_acknowledged(60)


async def test_what_is_committed_is_not_published(tmp_path: Path) -> None:
    async with embedded(tmp_path, lost=0.5, killed=0.01) as installation, storm(installation) as weather:
        await installation.outlast(deaths=4)
        await weather.until_acknowledged(30)


async def test_readers_doze(tmp_path: Path) -> None:
    """Messages are long, so that what isn't read soon fills every buffer on the way."""
    async with (
        embedded(tmp_path) as installation,
        storm(installation, writers=6, readers=2, dozers=6, length=4000) as weather,
    ):
        await weather.until_acknowledged(1200)


async def test_it_is_restarted_in_order(tmp_path: Path) -> None:
    async with embedded(tmp_path) as installation, storm(installation) as weather:
        for _ in range(2):
            await weather.until_acknowledged(60)
            await installation.roll(installation.servers[0])
        await weather.until_acknowledged(60)
    assert weather.history.closes.keys() == {1012}
    assert weather.history.reconnects > 0

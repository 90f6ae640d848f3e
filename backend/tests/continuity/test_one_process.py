"""One process with SQLite and nothing else: nothing acknowledged is lost, whatever happens to it."""

from pathlib import Path

from tests.continuity.installation import FaultyServer, serving, variables
from tests.continuity.storm import storm


async def test_killed_again_and_again(tmp_path: Path) -> None:
    """Besides, a third of what is committed is never published: it must be found all the same."""
    server = FaultyServer(tmp_path, lost=0.3, killed=0.0, changes=variables())
    async with (
        serving([server], f"sqlite:///{tmp_path / 'data' / 'musubi.sqlite3'}") as installation,
        storm(installation, writers=3, readers=3) as weather,
    ):
        for _ in range(2):
            await weather.until_acknowledged(40)
            await installation.kill(server)
        await weather.until_acknowledged(40)

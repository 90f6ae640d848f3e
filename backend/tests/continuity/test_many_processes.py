"""Three processes on PostgreSQL and Valkey: nothing acknowledged is lost, whichever of them dies."""

import asyncio
from pathlib import Path

from tests.continuity.installation import FaultyServer, serving, variables
from tests.continuity.storm import storm
from tests.services import valkey


async def test_processes_and_the_bus_are_killed(tmp_path: Path, new_database: str) -> None:
    """One of the processes never publishes a third of what it commits, one is restarted in order."""
    with valkey() as store:
        changes = variables(new_database, store.url)
        servers = [FaultyServer(tmp_path, lost=lost, killed=0.0, changes=changes) for lost in (0.0, 0.0, 0.3)]
        async with (
            serving(servers, new_database) as installation,
            storm(installation, writers=3, readers=3) as weather,
        ):
            for server in (servers[0], servers[2]):
                await weather.until_acknowledged(40)
                await installation.kill(server)
                await asyncio.to_thread(store.kill)
                await weather.until_acknowledged(20)
                await asyncio.to_thread(store.start)
            await installation.roll(servers[1])
            await weather.until_acknowledged(40)

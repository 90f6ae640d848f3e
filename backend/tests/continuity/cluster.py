"""Three processes on PostgreSQL and Valkey, and what can happen to them."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from tests.continuity.installation import FaultyServer, Installation, serving, variables
from tests.continuity.storm import Storm
from tests.services import BlackHole, Postgres, Valkey, black_hole

PROCESSES = 3


@contextlib.asynccontextmanager
async def cluster(
    folder: Path,
    database: Postgres,
    store: Valkey,
    *,
    database_port: int = 0,
    store_port: int = 0,
    lost: float = 0.0,
    killed: float = 0.0,
) -> AsyncIterator[Installation]:
    """The processes run; `database_port` and `store_port` are those of proxies before the services, `lost` and
    `killed` what `faulty` says."""

    def through(url: str, port: int, proxy: int) -> str:
        return url.replace(f":{port}/", f":{proxy or port}/")

    changes = variables(through(database.url, database.port, database_port), through(store.url, store.port, store_port))
    servers = [FaultyServer(folder, lost=lost, killed=killed, changes=changes) for _ in range(PROCESSES)]
    async with serving(servers, database.url) as installation:
        yield installation


@dataclass
class Misfortunes:
    """What can go wrong, one thing at a time."""

    installation: Installation
    database: Postgres
    store: Valkey
    way_to_database: BlackHole
    way_to_store: BlackHole

    async def a_process_is_killed(self, _storm: Storm) -> None:
        await self.installation.kill(random.choice(self.installation.servers))  # noqa: S311

    async def a_process_is_restarted(self, _storm: Storm) -> None:
        await self.installation.roll(random.choice(self.installation.servers))  # noqa: S311

    async def the_database_is_killed(self, _storm: Storm) -> None:
        await asyncio.to_thread(self.database.kill)
        await asyncio.to_thread(self.database.start)

    async def the_bus_is_gone_for_a_while(self, storm: Storm) -> None:
        await asyncio.to_thread(self.store.kill)
        await storm.until_passed(random.uniform(0, 20))  # noqa: S311
        await asyncio.to_thread(self.store.start)

    async def the_bus_is_not_reached(self, storm: Storm) -> None:
        self.way_to_store.swallow()
        await storm.until_passed(random.uniform(0, 20))  # noqa: S311
        self.way_to_store.release()

    async def the_database_is_not_reached(self, storm: Storm) -> None:
        self.way_to_database.swallow()
        await storm.until_cut_off(2)
        self.way_to_database.release()

    @property
    def all(self) -> list[Callable[[Storm], Awaitable[None]]]:
        return [
            self.a_process_is_killed,
            self.a_process_is_restarted,
            self.the_database_is_killed,
            self.the_bus_is_gone_for_a_while,
            self.the_bus_is_not_reached,
            self.the_database_is_not_reached,
        ]


@contextlib.asynccontextmanager
async def misfortunes(folder: Path, database: Postgres, store: Valkey, *, lost: float) -> AsyncIterator[Misfortunes]:
    """A cluster to which everything can happen."""
    async with (
        black_hole(database.port) as to_database,
        black_hole(store.port) as to_store,
        cluster(
            folder, database, store, database_port=to_database.port, store_port=to_store.port, lost=lost
        ) as installation,
    ):
        yield Misfortunes(installation, database, store, to_database, to_store)

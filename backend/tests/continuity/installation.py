"""An installation to be broken: real processes on a real database, and the way to look into it past them."""

import asyncio
import contextlib
import random
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from musubi.settings import async_database_url
from tests.continuity.history import Entry
from tests.processes import MusubiServer, Variables
from tests.support import PASSWORD

_BACKEND = Path(__file__).parents[2]
_LOG = text("""
SELECT rooms.name, rooms.seq AS head, entries.seq, entries.what
FROM rooms LEFT JOIN (
  SELECT room_id, seq, cid AS what FROM messages
  UNION ALL SELECT room_id, seq, kind || ' ' || message_id FROM message_changes
) AS entries ON entries.room_id = rooms.id
WHERE rooms.name IN :rooms
ORDER BY rooms.name, entries.seq
""").bindparams(bindparam("rooms", expanding=True))


class FaultyServer(MusubiServer):
    """`musubi serve` that loses some of what it should publish; see `faulty`."""

    def __init__(self, folder: Path, *, lost: float, killed: float, changes: Variables) -> None:
        super().__init__(folder, changes={**changes, "PYTHONPATH": str(_BACKEND)})
        faults = [str(lost), str(killed)]
        self._calm_command = self._command
        self._command = [sys.executable, "-m", "tests.continuity.faulty", *faults, *self._command[1:]]

    def calm(self) -> None:
        """From its next start on it has no faults."""
        self._command = self._calm_command


@dataclass
class Installation:
    """Servers that belong together."""

    servers: Sequence[FaultyServer]
    database_url: str
    """Where the tests look, whatever lies between the servers and their database."""
    away: set[FaultyServer] = field(default_factory=set)
    """Those that no device should try, as a load balancer would see to."""

    def find_server(self) -> str:
        """The address of one of the servers."""
        there = [server for server in self.servers if server not in self.away]
        return random.choice(there or list(self.servers)).url  # noqa: S311

    async def kill(self, server: FaultyServer) -> None:
        """Kill -9 and start again; returns when it takes requests."""
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)

    async def outlast(self, deaths: int) -> None:
        """Start again whoever dies of its faults, until so many have died; and all of them anew without any."""
        dying: dict[asyncio.Task[int], FaultyServer] = {}
        for server in self.servers:
            dying[asyncio.create_task(asyncio.to_thread(server.wait))] = server
        while deaths > 0:
            dead, _ = await asyncio.wait(dying, return_when=asyncio.FIRST_COMPLETED)
            for death in dead:
                server = dying.pop(death)
                assert death.result() == -signal.SIGKILL, server.log
                deaths -= 1
                await asyncio.to_thread(server.start)
                dying[asyncio.create_task(asyncio.to_thread(server.wait))] = server
        for death, server in dying.items():
            server.calm()
            server.kill()
            await death
            await asyncio.to_thread(server.start)

    async def roll(self, server: FaultyServer) -> None:
        """Restart a server in order, and see that it ended well."""
        self.away.add(server)
        server.signal(signal.SIGTERM)
        status = await asyncio.to_thread(server.wait)
        assert status == 0, f"it ended with {status}\n{server.log}"
        await asyncio.to_thread(server.start)
        self.away.discard(server)

    async def register(self, username: str, http: httpx.AsyncClient) -> str:
        """Make an account; its access token."""
        form = {"username": username, "email": f"{username}@example.com", "password": PASSWORD}
        reply = await http.post(f"{self.find_server()}/api/v1/auth/register", json=form)
        assert reply.status_code == 201, reply.text
        return str(reply.json()["access_token"])

    async def logs(self, rooms: Sequence[str]) -> tuple[dict[str, Sequence[Entry]], dict[str, int]]:
        """The logs of rooms as the database has them, and the numbers that were given out last."""
        engine = create_async_engine(async_database_url(self.database_url), poolclass=NullPool)
        async with engine.connect() as connection:
            rows = (await connection.execute(_LOG, {"rooms": rooms})).all()
        await engine.dispose()
        logs: dict[str, list[Entry]] = {}
        for row in rows:
            log = logs.setdefault(row.name, [])
            if row.seq is not None:
                log.append(Entry(row.seq, row.what))
        return dict(logs), {row.name: row.head for row in rows}


@contextlib.asynccontextmanager
async def serving(servers: Sequence[FaultyServer], database_url: str) -> AsyncIterator[Installation]:
    """Start the servers; in the end stop them in order, and see that none has anything to complain of."""
    try:
        # The first makes or migrates the database.
        await asyncio.to_thread(servers[0].start)
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in servers[1:]))
        yield Installation(servers, database_url)
        for server in servers:
            await asyncio.to_thread(server.stop)
            assert "Traceback" not in server.log, server.log[-5000:]
    finally:
        for server in servers:
            server.__exit__(None, None, None)


def variables(database_url: str | None = None, redis_url: str | None = None) -> Variables:
    """How a server is set up: nothing but what the storm needs differs from an installation of an operator."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "MUSUBI_AUTO_MIGRATE": "true",
        # Other tests use the same database server, which has so many connections and no more.
        "MUSUBI_DATABASE_POOL_SIZE": "8",
        # Our clients do in a minute what people do in a day.
        "MUSUBI_RATE_LIMITS": "false",
        "MUSUBI_LIVE_CONNECTIONS_PER_USER": "1000",
        "MUSUBI_ACCESS_TOKEN_MINUTES": "1440",
        "MUSUBI_LOG_LEVEL": "WARNING",
    }

"""A live connection holds no connection to the database, however many there are."""

import asyncio
import contextlib
from pathlib import Path

import asyncpg
import httpx

from tests.conftest import POSTGRES_URL, redis_database
from tests.continuity.installation import variables
from tests.continuity.talk import talk
from tests.processes import PATIENCE_SECONDS, MusubiServer, Variables
from tests.support import PASSWORD

POOL = 4
SOCKETS = 3 * POOL

_HELD = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'musubi' AND state LIKE 'idle in transaction%'
"""


async def test_idle_sockets_hold_no_database_connection(tmp_path: Path, new_database: str, worker_id: str) -> None:
    changes: Variables = {
        **variables(new_database, redis_database(worker_id)),
        "MUSUBI_DATABASE_POOL_SIZE": str(POOL),
        # Jobs have transactions of their own now and then.
        "MUSUBI_JOB_WORKERS": "0",
    }
    with MusubiServer(tmp_path, changes=changes) as server:
        async with (
            httpx.AsyncClient(base_url=f"{server.url}/api/v1", timeout=PATIENCE_SECONDS) as client,
            contextlib.AsyncExitStack() as stack,
        ):
            form = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
            token = (await client.post("/auth/register", json=form)).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            talks = [await stack.enter_async_context(talk(server.url, token)) for _ in range(SOCKETS)]
            for number, talking in enumerate(talks):
                await talking.send("subscribe", room="quiet")
                await talking.send("message", room="quiet", content="Here", cid=f"here-{number}")
                frames = await talking.hear_out()
                assert frames[0]["type"] == "subscribed", frames
            assert (await client.get("/stats")).json()["total_connections"] == SOCKETS

            # If they held some, these would wait for ten seconds and then be refused.
            asked = [client.post("/items", json={"title": f"Item {number}"}) for number in range(SOCKETS)]
            asked += [client.get("/items") for _ in range(SOCKETS)]
            replies = await asyncio.gather(*asked)
            assert [reply.status_code for reply in replies] == [201] * SOCKETS + [200] * SOCKETS
            if POSTGRES_URL is not None:
                database = await asyncpg.connect(new_database)
                assert await database.fetchval(_HELD) == 0
                await database.close()
        server.stop()
        assert "Traceback" not in server.log, server.log

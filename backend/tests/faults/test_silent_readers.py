"""A hundred readers that never read, among a thousand: they are gone before long, and cost the others nothing."""

import asyncio
import json
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.continuity.crowd import Reader, join
from tests.continuity.installation import variables
from tests.continuity.talk import Talk, talk
from tests.processes import PATIENCE_SECONDS, MusubiServer
from tests.support import PASSWORD

ROOM = "market"
READERS, SILENT = 900, 100
ACCOUNTS = 10
AT_ONCE = 20
"""Connections that are opened at the same time."""

MESSAGE_BYTES = 4000
PER_SECOND = 4
MEASURED = 60
"""Messages from whose deliveries the usual is taken, before and after."""

GONE_SECONDS = 45
MEMORY_EACH_KIB = 128
"""For a reader that doesn't read: what may wait for it in the process, and its connection."""
MARGIN_KIB = 24 * 1024
"""What is written to a thousand readers, and what Python keeps of it."""
SLACK_SECONDS = 0.25
"""What other work on the machine may add to the slowest deliveries."""


class Market:
    """A room in which someone speaks at a steady pace."""

    def __init__(self, server: MusubiServer, speaker: Talk, http: httpx.AsyncClient) -> None:
        self._server = server
        self._speaker = speaker
        self._http = http
        self._spoken = 0
        self._deliveries: list[float] = []
        self.peak_kib = 0

    def heard(self, text: bytes, now: float) -> None:
        if text.startswith(b'{"type":"message"'):
            said_at = json.loads(text)["content"].partition(" ")[0]
            self._deliveries.append(now - float(said_at))

    async def speak(self) -> None:
        """Say one thing, and wait until the next is due."""
        self._spoken += 1
        started = time.monotonic()
        content = f"{started:.6f} ".ljust(MESSAGE_BYTES, "x")
        await self._speaker.send("message", room=ROOM, content=content, cid=f"m-{self._spoken}")
        answers = await self._speaker.hear_out()
        assert [answer["type"] for answer in answers] == ["ack"], answers
        self.peak_kib = max(self.peak_kib, self._server.memory_kib())
        await asyncio.sleep(max(0.0, started + 1 / PER_SECOND - time.monotonic()))

    async def connections(self) -> int:
        """How many there are, as the server says."""
        return int((await self._http.get("/stats")).json()["total_connections"])

    def slowest(self) -> float:
        """Seconds within which 99 of 100 deliveries since the last call were made."""
        deliveries, self._deliveries = sorted(self._deliveries), []
        return deliveries[len(deliveries) * 99 // 100]


async def join_many(
    count: int, server: MusubiServer, tokens: list[str], market: Market, *, silent: bool
) -> list[Reader]:
    """That many readers, a few at a time."""
    readers: list[Reader] = []
    while len(readers) < count:
        joining = [
            join(server.url, tokens[number % len(tokens)], ROOM, market.heard, is_silent=silent)
            for number in range(len(readers), min(len(readers) + AT_ONCE, count))
        ]
        readers += await asyncio.gather(*joining)
    return readers


async def register(server: MusubiServer, number: int) -> str:
    form = {"username": f"reader-{number}", "email": f"reader-{number}@example.com", "password": PASSWORD}
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as client:
        reply = await client.post("/api/v1/auth/register", json=form)
        assert reply.status_code == 201, reply.text
        return str(reply.json()["access_token"])


async def test_readers_that_never_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with MusubiServer(tmp_path, changes=variables()) as server:
        tokens = [await register(server, number) for number in range(ACCOUNTS)]
        client = httpx.AsyncClient(
            base_url=f"{server.url}/api/v1", headers={"Authorization": f"Bearer {tokens[0]}"}, timeout=PATIENCE_SECONDS
        )
        async with client, talk(server.url, tokens[0]) as speaker:
            await speaker.send("subscribe", room=ROOM)
            await speaker.hear_out()
            await speaker.send("unsubscribe", room=ROOM)
            await speaker.hear_out()
            market = Market(server, speaker, client)
            readers = await join_many(READERS, server, tokens, market, silent=False)
            for _ in range(MEASURED):
                await market.speak()
            before, memory = market.slowest(), market.peak_kib

            market.peak_kib = 0
            readers += await join_many(SILENT, server, tokens, market, silent=True)
            began = time.monotonic()
            while await market.connections() > READERS + 1:
                assert time.monotonic() < began + GONE_SECONDS, "they are still there"
                await market.speak()
            gone_after = time.monotonic() - began
            meanwhile, grown = market.slowest(), market.peak_kib - memory

            for _ in range(MEASURED):
                await market.speak()
            after = market.slowest()
            with capsys.disabled():
                sys.stdout.write(
                    f"\n{SILENT} of {READERS + SILENT} never read: gone after {gone_after:.0f} s, "
                    f"{grown / 1024:.1f} MiB more; 99 % of deliveries to the others within "
                    f"{before * 1000:.0f} ms before, {meanwhile * 1000:.0f} ms meanwhile, {after * 1000:.0f} ms after\n"
                )
            assert not any(reader.is_closed for reader in readers[:READERS]), "someone who reads was cut off"
            assert grown < SILENT * MEMORY_EACH_KIB + MARGIN_KIB
            assert meanwhile < 2 * max(before, after) + SLACK_SECONDS
            for reader in readers:
                reader.close()
        server.stop()
        assert "Traceback" not in server.log, server.log

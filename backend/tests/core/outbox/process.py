"""Processes on one database, all in one test, and a bus between them that can lose everything."""

# ruff: noqa: ARG002 - a bus that never has a gap, and a receiver that fails whatever it is given

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from sqlalchemy import insert

from musubi.core import clock
from musubi.core.bus import Receiver
from musubi.core.database import Database
from musubi.core.outbox import Outbox, OutboxMessage

PATIENCE_SECONDS = 15.0
TOPIC = "told"


class Cable:
    """What the buses of the processes are connected by."""

    def __init__(self) -> None:
        self.buses: list[WiredBus] = []
        self.is_cut = False
        self.passed: list[bytes] = []


class WiredBus:
    """The bus of one process."""

    def __init__(self, cable: Cable) -> None:
        self._cable = cable
        self._receivers: dict[str, Receiver] = {}
        self.is_healthy = True
        cable.buses.append(self)

    def start(self, on_gap: Callable[[], None]) -> None:
        return None

    def subscribe(self, topic: str, receiver: Receiver, on_heard: Callable[[], None] | None = None) -> None:
        self._receivers[topic] = receiver

    def unsubscribe(self, topic: str) -> None:
        self._receivers.pop(topic, None)

    def publish(self, topic: str, message: bytes) -> None:
        if self._cable.is_cut:
            return
        self._cable.passed.append(message)
        for bus in self._cable.buses:
            if bus is not self and topic in bus._receivers:
                bus._receivers[topic](message)

    async def close(self) -> None:
        return None


class Process:
    """A process with an outbox, on the database that all share."""

    def __init__(self, database: Database, cable: Cable) -> None:
        self.app = FastAPI()
        self.app.state.database = database
        self.database = database
        self.taken: list[dict[str, Any]] = []
        self.outbox = Outbox(self.app, WiredBus(cable), {TOPIC: self._take, "failing": self._fail})
        self.held = asyncio.Event()
        self.held.set()
        self._news = asyncio.Event()

    async def _take(self, app: FastAPI, payload: dict[str, Any]) -> None:
        assert app is self.app
        await self.held.wait()
        self.taken.append(payload)
        self._news.set()

    async def _fail(self, _app: FastAPI, _payload: dict[str, Any]) -> None:
        raise ValueError("can't make anything of it")

    async def say(self, *payloads: dict[str, Any], topic: str = TOPIC) -> None:
        """Tell everyone, in one transaction."""
        async with self.database.transaction() as session:
            for payload in payloads:
                await self.outbox.publish(session, topic, payload)

    async def until_taken(self, *payloads: dict[str, Any]) -> None:
        """Wait until exactly these were taken, in whatever order."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.taken) < len(payloads):
                self._news.clear()
                await self._news.wait()
        assert sorted(map(str, self.taken)) == sorted(map(str, payloads))

    async def sweep(self) -> None:
        """Look for what was missed, once, and return when that is done."""
        await self.outbox._sweep()


StartProcess = Callable[[], Awaitable[Process]]


async def write(app: FastAPI, payload: dict[str, Any], *, topic: str = TOPIC, **values: Any) -> None:
    """What a process leaves that dies after its commit."""
    async with app.state.database.transaction() as session:
        row = {"topic": topic, "payload": payload, "created_at": clock.utcnow(), **values}
        await session.execute(insert(OutboxMessage), row)

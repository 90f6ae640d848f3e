"""The outbox: written with the change, read by every process.

A message is a row of the change's own transaction, so there is none for a change that was rolled back and one for each
that was committed. After the commit the process that made it takes it at once, and sends it to the others over the bus.
That is only fast: every process also looks for rows that it hasn't seen, every two seconds, and more often while the
bus is down. A process that dies between its commit and the sending loses nothing.

Numbers of rows are given out before they are committed, so a lower one can appear after a higher one. The sweep
therefore doesn't remember how far it got, but which of the last minute's rows it has taken.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from fastapi import FastAPI
from pydantic_core import from_json, to_json
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core import context, metrics
from musubi.core.bus import Bus
from musubi.core.clock import utcnow
from musubi.core.database import Database, after_commit, is_unavailable
from musubi.core.outbox.models import OutboxMessage
from musubi.core.reporting import report

Receive = Callable[[FastAPI, dict[str, Any]], Awaitable[None]]
"""What a process does with a message. It may come late, twice after a restart, and before one that was written earlier;
so it says what is, or which version it is about, and not what to add to something."""

log = structlog.get_logger("musubi.outbox")

BUS_TOPIC = "outbox"
SWEEP_SECONDS = 2.0
SWEEP_SECONDS_WITHOUT_BUS = 0.5
WINDOW = timedelta(seconds=60)
"""How long after it was written a row is looked for: the longest transaction, and what the clocks of hosts differ."""
KEPT = timedelta(minutes=10)
"""How long rows stay; see `upkeep`."""
_REMEMBERED_SECONDS = 2 * WINDOW.total_seconds()
_BATCH = 500


class Outbox:
    """The messages between the processes of an application."""

    def __init__(self, app: FastAPI, bus: Bus, receivers: Mapping[str, Receive]) -> None:
        """`receivers`: what this process does with the messages of each topic."""
        self._app = app
        self._bus = bus
        self._receivers = dict(receivers)
        # What was taken, and when; the oldest first.
        self._taken: dict[int, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._starting = asyncio.Lock()
        self._sweeping: asyncio.Task[None] | None = None
        self._now = asyncio.Event()

    async def publish(self, session: AsyncSession, topic: str, payload: dict[str, Any]) -> None:
        """Let every process hear of this once the transaction is committed, and none if it isn't.

        `payload` is what JSON can hold. Raises LookupError when no feature listens to the topic.
        """
        if topic not in self._receivers:
            raise LookupError(f"no feature receives {topic}")
        values = {"topic": topic, "payload": payload, "created_at": utcnow()}
        inserted = await session.execute(insert(OutboxMessage).returning(OutboxMessage.id), values)
        message_id = inserted.scalar_one()

        async def send() -> None:
            self._bus.publish(BUS_TOPIC, to_json([message_id, topic, payload]))
            # Whoever made the change sees what it meant here; and if they are cancelled meanwhile, others still do.
            await asyncio.shield(self._take_beside(message_id, topic, payload))

        after_commit(session, send)

    async def listen(self) -> None:
        """From now on someone here wants to know: hear the others, and look for what was missed.

        What is committed after this returns is taken, whatever happens to the bus; what was committed before doesn't
        matter to anyone who comes only now. Raises what asking the database raises.
        """
        if self._sweeping is not None:
            return
        async with self._starting:
            if self._sweeping is None:
                self._bus.subscribe(BUS_TOPIC, self._hear, on_heard=self.look_now)
                for message_id in await _recent(self._database):
                    self._remember(message_id)
                self._sweeping = context.start_apart(self._sweep_for_ever())

    def look_now(self) -> None:
        """Don't wait for the next sweep: messages may have been missed."""
        self._now.set()

    async def close(self) -> None:
        """Stop listening."""
        self._bus.unsubscribe(BUS_TOPIC)
        tasks = [*self._tasks, *([self._sweeping] if self._sweeping else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def _database(self) -> Database:
        return self._app.state.database  # type: ignore[no-any-return]

    def _hear(self, message: bytes) -> None:
        message_id, topic, payload = from_json(message)
        self._take_beside(message_id, topic, payload)

    def _take_beside(self, message_id: int, topic: str, payload: dict[str, Any]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._take(message_id, topic, payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _take(self, message_id: int, topic: str, payload: dict[str, Any]) -> None:
        """Give a message to its receiver, the first time that it is seen."""
        if not self._remember(message_id):
            return
        receive = self._receivers.get(topic)
        if receive is None:
            # A newer version of the application is running beside this one.
            return
        try:
            await receive(self._app, payload)
        except Exception as error:
            # The change is committed; what it meant here must not undo its reply, nor stop the messages after it.
            metrics.outbox_failures.inc()
            log.exception("outbox message failed", topic=topic, message_id=message_id)
            report(self._app, error, where=f"message {topic}", message_id=message_id)

    def _remember(self, message_id: int) -> bool:
        """Note that a message is taken; False when it was."""
        if message_id in self._taken:
            return False
        now = time.monotonic()
        self._taken[message_id] = now
        while self._taken[oldest := next(iter(self._taken))] < now - _REMEMBERED_SECONDS:
            del self._taken[oldest]
        return True

    async def _sweep_for_ever(self) -> None:
        while True:
            await self._pause()
            try:
                await self._sweep()
            except Exception as error:
                if not is_unavailable(error):
                    log.exception("outbox sweep failed")

    async def _sweep(self) -> None:
        """Take what wasn't heard of."""
        missed = [message_id for message_id in await _recent(self._database) if message_id not in self._taken]
        for start in range(0, len(missed), _BATCH):
            for row in await _read(self._database, missed[start : start + _BATCH]):
                metrics.outbox_missed.inc()
                await self._take(row.id, row.topic, row.payload)

    async def _pause(self) -> None:
        seconds = SWEEP_SECONDS if self._bus.is_healthy else SWEEP_SECONDS_WITHOUT_BUS
        try:
            async with asyncio.timeout(seconds):
                await self._now.wait()
        except TimeoutError:
            pass
        self._now.clear()


async def _recent(database: Database) -> Sequence[int]:
    statement = select(OutboxMessage.id).where(OutboxMessage.created_at > utcnow() - WINDOW).order_by(OutboxMessage.id)
    async with database.reading() as reader:
        return (await reader.scalars(statement)).all()


async def _read(database: Database, message_ids: Sequence[int]) -> Sequence[Any]:
    statement = (
        select(OutboxMessage.id, OutboxMessage.topic, OutboxMessage.payload)
        .where(OutboxMessage.id.in_(message_ids))
        .order_by(OutboxMessage.id)
    )
    async with database.reading() as reader:
        return (await reader.execute(statement)).all()

"""Visitors of an installation over plain HTTP, and a watch on what its processes say of themselves.

Each visitor has a server of their own, so that what is known is known of each server. They write one item after the
other and say each again, by the same Idempotency-Key, until it was acknowledged.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import httpx

from tests.continuity.pulse import Pulse
from tests.processes import MusubiServer
from tests.support import PASSWORD

_PAUSE_SECONDS = 0.05
"""Between two requests of a visitor, and between two looks at a server."""
_PATIENCE_SECONDS = 30.0
"""How long a request may take: longer than any server needs to give up on its database."""


@dataclass(frozen=True, slots=True)
class Ack:
    """An item that a server said it has."""

    server: MusubiServer
    id: int
    title: str
    at: float


@dataclass(frozen=True, slots=True)
class Look:
    """What `/health/ready` answered: what fails, None if nothing does, or `no answer`."""

    server: MusubiServer
    asked_at: float
    at: float
    failing: str | None


NO_ANSWER = "no answer"


@dataclass
class Visits:
    """What visitors and the watch have seen so far."""

    servers: Sequence[MusubiServer]
    pulse: Pulse = field(default_factory=Pulse)
    acks: list[Ack] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    """Requests that were not acknowledged, by status or kind of error."""

    async def until_acknowledged(self, more: int) -> None:
        """Wait until each server has acknowledged so many more."""
        start = len(self.acks)

        def enough() -> bool:
            counts = Counter(ack.server for ack in self.acks[start:])
            return all(counts[server] >= more for server in self.servers)

        await self.pulse.until(enough)

    async def until_refused(self, why: str) -> None:
        """Wait until someone was refused for that."""
        await self.pulse.until(lambda: self.refused[why] > 0)

    async def until_said(self, failing: str | None, *, of: Sequence[MusubiServer] | None = None) -> None:
        """Wait until each of the servers says that this fails (None: nothing)."""
        start = len(self.looks)

        def said() -> bool:
            last = {look.server: look.failing for look in self.looks[start:]}
            return all(server in last and last[server] == failing for server in of or self.servers)

        await self.pulse.until(said)

    def recovery(self, since: float) -> dict[MusubiServer, float]:
        """Seconds from `since` (of the monotonic clock) until each server acknowledged something and was ready."""
        return {
            server: max(
                next(ack.at for ack in self.acks if ack.server is server and ack.at > since),
                next(
                    look.at
                    for look in self.looks
                    if look.server is server and look.asked_at > since and look.failing is None
                ),
            )
            - since
            for server in self.servers
        }

    def said_between(self, start: float, end: float) -> set[str | None]:
        """What all servers said of themselves to whoever asked and was answered in that time."""
        return {look.failing for look in self.looks if start < look.asked_at and look.at < end}


@contextlib.asynccontextmanager
async def visits(servers: Sequence[MusubiServer], *, per_server: int = 2) -> AsyncIterator[Visits]:
    """Visitors come and go on while the block runs; in the end, see that everything acknowledged is there, once.

    Raises AssertionError with what is missing.
    """
    found = Visits(servers)
    async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False) as http:
        visitors = [
            _Visitor(found, server, http, f"visitor-{number}-{port}")
            for server in servers
            for port in [server.port]
            for number in range(per_server)
        ]
        for visitor in visitors:
            await visitor.register()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(visitor.write()) for visitor in visitors]
            tasks += [group.create_task(_watch(found, server)) for server in servers]
            try:
                yield found
                for visitor in visitors:
                    visitor.goes_on = False
                await asyncio.gather(*tasks[: len(visitors)])
                for visitor in visitors:
                    await visitor.check()
            finally:
                for task in tasks:
                    task.cancel()


class _Visitor:
    """Someone who writes items on one server."""

    def __init__(self, visits: Visits, server: MusubiServer, http: httpx.AsyncClient, name: str) -> None:
        self._visits = visits
        self._server = server
        self._http = http
        self._name = name
        self._headers: dict[str, str] = {}
        self.goes_on = True

    async def register(self) -> None:
        form = {"username": self._name, "email": f"{self._name}@example.com", "password": PASSWORD}
        reply = await self._http.post(f"{self._server.url}/api/v1/auth/register", json=form)
        assert reply.status_code == 201, reply.text
        self._headers = {"Authorization": f"Bearer {reply.json()['access_token']}"}

    async def write(self) -> None:
        for number in count():
            if not self.goes_on:
                return
            title = f"{number} of {self._name}"
            item_id = await self._make(title)
            self._visits.acks.append(Ack(self._server, item_id, title, time.monotonic()))
            self._visits.pulse.beat()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def check(self) -> None:
        """That the items one can list are exactly those that were acknowledged."""
        acknowledged = {ack.id: ack.title for ack in self._visits.acks if ack.title.endswith(f"of {self._name}")}
        listed: list[tuple[int, str]] = []
        parameters: dict[str, str | int] = {"limit": 100, "sort": "created_at"}
        while True:
            reply = await self._http.get(f"{self._server.url}/api/v1/items", params=parameters, headers=self._headers)
            assert reply.status_code == 200, reply.text
            page = reply.json()
            listed += [(item["id"], item["title"]) for item in page["data"]]
            if page["meta"]["next_cursor"] is None:
                break
            parameters["cursor"] = page["meta"]["next_cursor"]
        assert len(listed) == len(set(listed)) == len(acknowledged)
        assert dict(listed) == acknowledged

    async def _make(self, title: str) -> int:
        while True:
            item_id = await self._try_to_make(title)
            if item_id is not None:
                return item_id
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _try_to_make(self, title: str) -> int | None:
        """The id of the item; None where it is not known whether it was made."""
        try:
            reply = await self._http.post(
                f"{self._server.url}/api/v1/items",
                json={"title": title},
                headers={**self._headers, "Idempotency-Key": title},
            )
        except httpx.TransportError as error:
            self._visits.refused[type(error).__name__] += 1
            return None
        if reply.status_code != 201:
            self._visits.refused[str(reply.status_code)] += 1
            # Whatever is broken, nothing is the visitor's fault, and nothing is unexpected.
            assert reply.status_code in (503, 507, 409), reply.text
            return None
        return int(reply.json()["id"])


async def _watch(visits: Visits, server: MusubiServer) -> None:
    async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False) as http:
        while True:
            asked_at = time.monotonic()
            try:
                reply = await http.get(f"{server.url}/health/ready")
            except httpx.TransportError:
                failing: str | None = NO_ANSWER
            else:
                failing = None if reply.status_code == 200 else str(reply.json()["error"]["details"]["failing"])
            visits.looks.append(Look(server, asked_at, time.monotonic(), failing))
            visits.pulse.beat()
            await asyncio.sleep(_PAUSE_SECONDS)

"""A client that never gives up: it does what a good one does, and notes what it was told.

It sends what wasn't answered again, with the same `cid`, whenever it is connected anew; it resumes each room from
where it got to; and what it can't be sent it fetches.
"""

import asyncio
import json
import random
import ssl
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.continuity.access import Account, Frame, dial, messages_after
from tests.continuity.history import Ack, Entry, History, View
from tests.continuity.pulse import Pulse

FATAL = (4001, 4003, 4004)
"""With these codes the server says: don't come back like this."""
AGAIN = ("SERVICE_UNAVAILABLE", "INTERNAL_SERVER_ERROR", "RATE_LIMITED")
"""Errors of a moment."""
NO_ANSWER = "no answer"
PROBES_SECONDS = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0
_DOZE = 1 / 200
"""How likely it is to doze off after a frame."""
_LONGEST_DOZE = 8.0
"""Seconds."""


class Refused(Exception):
    """What was sent can't be done, now or later; the error that said so."""


class Device:
    """One connection of an account at a time, wherever a server takes it."""

    def __init__(
        self,
        name: str,
        account: Account,
        rooms: tuple[str, ...],
        *,
        find_server: Callable[[], str],
        http: httpx.AsyncClient,
        history: History,
        pulse: Pulse,
        takes_tickets: bool = False,
        dozes: bool = False,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """`find_server` gives the address of one that may be there. One that dozes doesn't read now and then.

        `trust` is for servers with TLS.
        """
        self.name = name
        self.account = account
        self._rooms = rooms
        self._find_server = find_server
        self._http = http
        self._history = history
        self._pulse = pulse
        self._takes_tickets = takes_tickets
        self._dozes = dozes
        self._options: dict[str, Any] = {"ssl": trust} if trust else {}
        self._url = ""
        self._connection: ClientConnection | None = None
        self._asked: dict[str, tuple[Frame, asyncio.Future[Frame]]] = {}
        """What wasn't answered yet, by cid."""
        self._count = 0
        self._pause = 0.0
        self._epochs: dict[str, str] = {}
        self._since: dict[str, float] = {}
        """From when on it has heard each room without a break."""
        self._held: dict[str, list[Entry]] = {}
        """What came of rooms whose history is being fetched."""
        self._fetched: dict[str, int] = {}
        """Up to where they were: what comes of that as well is no news."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._pong = asyncio.Event()

    @property
    def views(self) -> list[View]:
        """What it has seen so far of the rooms that it ever heard."""
        views = self._history.views
        return [views[self.name, room] for room in self._rooms if (self.name, room) in views]

    @property
    def hears_all(self) -> bool:
        """Whether it is connected and hears its rooms."""
        return len(self._since) == len(self._rooms)

    async def say(self, room: str, content: str) -> Ack:
        """Say something, and return once that is acknowledged, however long it takes."""
        reply = await self.request({"type": "message", "room": room, "content": content})
        ack = Ack(self.name, reply["room"], reply["seq"], reply["cid"], reply["id"])
        self._history.acks.append(ack)
        self._history.acked_at.setdefault(ack.cid, time.monotonic())
        self._pulse.beat()
        return ack

    async def request(self, frame: Frame) -> Frame:
        """Send something that is answered, again until it is; the answer. Raises Refused."""
        self._count += 1
        cid = f"{self.name}-{self._count}"
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._asked[cid] = ({**frame, "cid": cid}, answer)
        try:
            await self._send(self._asked[cid][0])
            return await answer
        finally:
            del self._asked[cid]

    async def run(self) -> None:
        """Stay connected until cancelled. Raises AssertionError when the server says never to come back."""
        try:
            while True:
                try:
                    await self._connected()
                except ConnectionClosed as closed:
                    self._closed(closed.rcvd.code if closed.rcvd is not None else 1006)
                except (OSError, TimeoutError, WebSocketException, httpx.HTTPError) as error:
                    self._history.failures[type(error).__name__] += 1
                finally:
                    self._disconnected()
                await asyncio.sleep(random.uniform(0, self._pause))  # noqa: S311 - full jitter, as a client should
                self._pause = min(max(self._pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
        finally:
            self._disconnected()

    async def _connected(self) -> None:
        self._url = self._find_server()
        token = await self._ticket() if self._takes_tickets else self.account.token
        async with dial(self._url, token, ping_interval=None, close_timeout=1, **self._options) as connection:
            hello = json.loads(await asyncio.wait_for(connection.recv(), 20))
            # A server that is about to stop may say so before it says hello.
            assert hello["type"] in ("hello", "reconnect"), hello
            self._hear(hello)
            self._connection = connection
            self._pause = _FIRST_PAUSE
            for room in self._rooms:
                await self._subscribe(room)
            for frame, _ in list(self._asked.values()):
                await self._send(frame)
            probing = asyncio.create_task(self._probe(connection))
            try:
                async for text in connection:
                    self._hear(json.loads(text))
                    if self._dozes and random.random() < _DOZE:  # noqa: S311
                        await asyncio.sleep(random.uniform(0, _LONGEST_DOZE))  # noqa: S311
            finally:
                probing.cancel()
            # A close in order ends the loop above without an exception.
            self._closed(connection.close_code or 1006)

    def _closed(self, code: int) -> None:
        self._history.closes[code] += 1
        if code in FATAL:
            raise AssertionError(f"{self.name} was closed with {code}")

    async def _ticket(self) -> str:
        reply = await self._http.post(f"{self._url}/api/v1/ws/ticket", headers=self.account.headers)
        reply.raise_for_status()
        return str(reply.json()["ticket"])

    def _disconnected(self) -> None:
        self._connection = None
        self._since.clear()
        self._held.clear()
        for task in self._tasks:
            task.cancel()

    async def _probe(self, connection: ClientConnection) -> None:
        """Ask for a sign of life every few seconds, and hang up without one: a cut cable says nothing."""
        while True:
            await asyncio.sleep(PROBES_SECONDS)
            self._pong = asyncio.Event()
            await self._send({"type": "ping"})
            try:
                await asyncio.wait_for(self._pong.wait(), PROBES_SECONDS)
            except TimeoutError:
                self._history.failures[NO_ANSWER] += 1
                self._pulse.beat()
                connection.transport.abort()
                return

    async def _send(self, frame: Frame) -> None:
        if self._connection is not None:
            # It is sent again on the next connection.
            with suppress(ConnectionClosed):
                await self._connection.send(json.dumps(frame))

    async def _subscribe(self, room: str) -> None:
        frame: Frame = {"type": "subscribe", "room": room, "cid": f"subscribe-{room}"}
        view = self._history.views.get((self.name, room))
        if view is not None:
            frame |= {"since": view.last, "epoch": self._epochs[room]}
        await self._send(frame)

    def _hear(self, frame: Frame) -> None:
        match frame["type"]:
            case "ack" | "done":
                self._answer(frame)
            case "error":
                self._complain(frame)
            case "message":
                self._see(frame["room"], Entry(frame["seq"], frame["cid"]))
            case "message_edited" | "message_deleted" | "reaction":
                self._see(frame["room"], Entry(frame["seq"], f"{frame['type']} {frame['id']}"))
            case "resync":
                self._history.resyncs[frame["reason"]] += 1
            case "subscribed":
                self._subscribed(frame)
            case "reconnect":
                self._history.reconnects += 1
                self._pause = frame["after_ms"] / 1000
            case "pong":
                self._pong.set()

    def _answer(self, frame: Frame) -> None:
        if frame.get("duplicate"):
            self._history.duplicates += 1
        asked = self._asked.get(frame["cid"])
        if asked is not None and not asked[1].done():
            asked[1].set_result(frame)

    def _complain(self, frame: Frame) -> None:
        self._history.errors[frame["code"]] += 1
        cid = frame["cid"] or ""
        if frame["code"] in AGAIN:
            if cid in self._asked:
                self._later(lambda: self._send_again(cid))
            elif cid.startswith("subscribe-"):
                self._later(lambda: self._subscribe(cid.removeprefix("subscribe-")))
        elif cid in self._asked:
            self._asked[cid][1].set_exception(Refused(frame))
        else:
            raise AssertionError(f"{self.name} was told {frame}")

    async def _send_again(self, cid: str) -> None:
        if cid in self._asked:
            await self._send(self._asked[cid][0])

    def _later(self, do: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def wait() -> None:
            await asyncio.sleep(random.uniform(0, _LONGEST_PAUSE))  # noqa: S311
            await do()

        self._start(wait())

    def _start(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _subscribed(self, frame: Frame) -> None:
        room = frame["room"]
        key = (self.name, room)
        self._epochs[room] = frame["epoch"]
        self._held.pop(room, None)
        self._fetched.pop(room, None)
        view = self._history.views.get(key)
        if view is None:
            self._history.views[key] = View(self.name, room, frame["seq"])
        elif not frame["recovered"]:
            assert self._connection is not None
            self._held[room] = []
            self._start(self._fetch(view, frame["seq"], self._connection))
        self._since[room] = time.monotonic()
        self._pulse.beat()

    def _see(self, room: str, entry: Entry) -> None:
        held = self._held.get(room)
        if held is not None:
            held.append(entry)
            return
        if entry.seq <= self._fetched.get(room, 0):
            return
        self._history.views[self.name, room].seen.append(entry)
        acked_at = self._history.acked_at.get(entry.what)
        if acked_at is not None and acked_at > self._since.get(room, acked_at):
            self._history.delays.append(time.monotonic() - acked_at)
        elif acked_at is None and " " not in entry.what:
            # Here before its author was told.
            self._history.delays.append(0.0)
        self._pulse.beat()

    async def _fetch(self, view: View, head: int, connection: ClientConnection) -> None:
        """Fetch what it wasn't sent, of which `head` is the last; then take what came meanwhile."""
        try:
            messages, last = await messages_after(self._http, self._url, self.account, view.room, view.last)
        except httpx.HTTPError as error:
            # Then from the beginning.
            self._history.failures[type(error).__name__] += 1
            connection.transport.abort()
            return
        view.fetched.append(range(view.last + 1, max(head, last) + 1))
        view.seen += messages
        self._fetched[view.room] = view.last
        for entry in self._held.pop(view.room):
            self._see(view.room, entry)
        self._pulse.beat()

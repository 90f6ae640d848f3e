"""A live connection, as features see it."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from enum import IntEnum
from typing import Protocol

from musubi.core.permissions import Principal
from musubi.core.realtime.budget import Budgets
from musubi.core.realtime.frames import ServerFrame, Wire


class CloseCode(IntEnum):
    """Why a connection is closed. 4001, 4003 and 4004 mean: don't come back like this."""

    RESTART = 1012
    OVERLOAD = 1013
    BAD_TOKEN = 4001
    FORBIDDEN = 4003
    NO_SUCH_ROOM = 4004
    TOO_FAST = 4008
    TOO_SLOW = 4009
    TOKEN_EXPIRED = 4010


class Connection(Protocol):
    """What carries a socket's bytes; `core.realtime.protocol` has it."""

    blocked_since: float | None
    on_writable: Callable[[], None] | None
    writable: asyncio.Event

    @property
    def is_open(self) -> bool: ...

    def write(self, frame: bytes) -> None: ...

    def close(self, code: int, reason: str = "") -> None: ...

    def abort(self) -> None: ...


class Socket:
    """One live connection of a signed-in user.

    Writing never waits. What a client asked for is always written (`send`): it is asked nothing more while it doesn't
    read. What comes by itself is written only to those who take it (`offer`); whoever offers knows what to do about
    the others.
    """

    __slots__ = (
        "_connection", "_early", "budgets", "channels", "conn_id", "expires_at", "missed", "on_close",
        "on_writable", "principal",
    )  # fmt: skip

    def __init__(
        self,
        connection: Connection,
        conn_id: str,
        principal: Principal,
        expires_at: datetime,
        *,
        budgets: Budgets | None = None,
    ) -> None:
        self._connection = connection
        self.conn_id = conn_id
        self.principal = principal
        self.expires_at = expires_at
        """When its token does; `auth` brings a new one."""
        self.budgets = budgets or Budgets(limited=False)
        self.channels: frozenset[str] = frozenset()
        """What its user hears of, whatever they ask for; the hub keeps it."""
        self._early: list[Wire] | None = []
        """What came by itself before it was greeted."""
        self.missed = False
        """Whether something was not written because it didn't read."""
        self.on_close: list[Callable[[], None]] = []
        self.on_writable: list[Callable[[], None]] = []
        connection.on_writable = self._writable

    @property
    def is_open(self) -> bool:
        return self._connection.is_open

    @property
    def is_greeted(self) -> bool:
        """Whether it was written its first frame."""
        return self._early is None

    @property
    def is_blocked(self) -> bool:
        """Whether it has stopped reading, and nothing more should be written for now."""
        return self._connection.blocked_since is not None

    @property
    def blocked_since(self) -> float | None:
        """Since when, by the event loop's clock."""
        return self._connection.blocked_since

    def greet(self, hello: ServerFrame) -> None:
        """Write the first frame; what came by itself meanwhile comes after it."""
        self.send(hello)
        early, self._early = self._early or [], None
        for wire in early:
            self.offer(wire)

    def send(self, frame: ServerFrame | Wire) -> None:
        """Write the answer to something that the client asked for."""
        wire = frame if isinstance(frame, Wire) else frame.wire()
        self._connection.write(wire.data)

    def offer(self, wire: Wire) -> bool:
        """Write it if the client reads; whether it did."""
        if self._connection.blocked_since is not None:
            return False
        if self._early is not None:
            self._early.append(wire)
            return True
        self._connection.write(wire.data)
        return True

    async def until_writable(self) -> None:
        """Wait until the client reads again, or is gone."""
        await self._connection.writable.wait()

    def close(self, code: CloseCode, reason: str = "") -> None:
        """Close it and say why."""
        self._connection.close(code, reason)

    def abort(self) -> None:
        """Drop it: it doesn't read, so it wouldn't hear why."""
        self._connection.abort()

    def closed(self) -> None:
        """It is gone; tell those who kept something for it."""
        while self.on_close:
            self.on_close.pop()()

    def _writable(self) -> None:
        for callback in list(self.on_writable):
            callback()

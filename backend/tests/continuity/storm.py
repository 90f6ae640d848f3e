"""A storm: people who write and read, while something is being broken."""

import asyncio
import contextlib
import random
import ssl
import sys
import time
from collections.abc import AsyncIterator

import httpx

from tests.continuity.access import Account
from tests.continuity.device import NO_ANSWER, Device
from tests.continuity.history import History
from tests.continuity.installation import Installation
from tests.continuity.pulse import Pulse

ROOMS = ("harbour", "garden")
_THOUGHT_SECONDS = 0.2
"""How long someone thinks, at the most, before they say something more."""
_CHANGED = 0.15
"""The share of messages that are edited, or get a reaction."""


class Storm:
    """Devices at work on an installation."""

    def __init__(
        self,
        installation: Installation,
        rooms: tuple[str, ...],
        devices: list[Device],
        history: History,
        pulse: Pulse,
        *,
        length: int,
    ) -> None:
        self.history = history
        self._length = length
        self._rooms = rooms
        self._installation = installation
        self._devices = devices
        self._pulse = pulse
        self._writing = True

    async def until_acknowledged(self, more: int) -> None:
        """Wait for so many more acknowledgements."""
        goal = len(self.history.acks) + more
        await self._pulse.until(lambda: len(self.history.acks) >= goal)

    async def until_passed(self, seconds: float) -> None:
        """Let a while pass, all through which acknowledgements must go on coming."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await self.until_acknowledged(1)

    async def until_cut_off(self, more: int) -> None:
        """Wait until so many more connections were given up because nobody answered."""
        goal = self.history.failures[NO_ANSWER] + more
        await self._pulse.until(lambda: self.history.failures[NO_ANSWER] >= goal)

    async def until_all_hear(self) -> None:
        """Wait until every device is connected and hears its rooms."""
        await self._pulse.until(lambda: all(device.hears_all for device in self._devices))

    async def write(self, device: Device) -> None:
        """Say one thing after the other, and change some of it, until the storm is over."""
        chance = random.Random(device.name)  # noqa: S311 - the same in every run
        number = 0
        while self._writing:
            number += 1
            ack = await device.say(chance.choice(self._rooms), f"{number} of {device.name} ".ljust(self._length, "…"))
            if chance.random() < _CHANGED:
                change = (
                    {"type": "edit", "id": ack.id, "content": f"{number}, better"}
                    if chance.random() < 0.5
                    else {"type": "react", "id": ack.id, "emoji": "👍"}
                )
                await device.request(change)
            await asyncio.sleep(chance.uniform(0, _THOUGHT_SECONDS))

    def subside(self) -> None:
        """Nobody begins to write anything more."""
        self._writing = False

    async def verdict(self) -> list[str]:
        """Once everyone has heard everything: what is wrong."""
        await self._until_heard()
        # What comes twice may come late: after it comes a last word.
        for room in self._rooms:
            await self._devices[0].say(room, "the end")
        await self._until_heard()
        return self.history.verdict(*await self._installation.logs(self._rooms))

    async def _until_heard(self) -> None:
        _, heads = await self._installation.logs(self._rooms)
        views = [view for device in self._devices for view in device.views]
        # Who doesn't get there has missed something, and the verdict says what.
        with contextlib.suppress(TimeoutError):
            await self._pulse.until(lambda: all(view.last >= heads[view.room] for view in views))


@contextlib.asynccontextmanager
async def storm(
    installation: Installation,
    *,
    writers: int = 4,
    readers: int = 4,
    dozers: int = 0,
    length: int = 0,
    tag: str = "",
    trust: ssl.SSLContext | None = None,
) -> AsyncIterator[Storm]:
    """People write and read while the block runs; at its end everyone hears everything out.

    `dozers`: readers who don't read now and then. `length`: that of messages, at the least. `tag` tells their names and
    rooms from those of other storms on the same installation. `trust` is for servers with TLS.

    Raises AssertionError, with what is wrong, when something acknowledged was not seen exactly once, and in the order
    of the log, by everyone.
    """
    history, pulse = History(), Pulse()
    rooms = tuple(f"{room}{tag}" for room in ROOMS)
    kinds = ["writer"] * writers + ["reader"] * readers + ["dozer"] * dozers
    names = [f"{kind}-{number}{tag}" for number, kind in enumerate(kinds)]
    async with httpx.AsyncClient(timeout=10, trust_env=False, verify=trust or True) as http:
        devices = [
            Device(
                name,
                Account(name, await installation.register(name, http)),
                rooms,
                find_server=installation.find_server,
                http=http,
                history=history,
                pulse=pulse,
                # Browsers take tickets, others don't.
                takes_tickets=number % 2 == 0,
                dozes=kinds[number] == "dozer",
                trust=trust,
            )
            for number, name in enumerate(names)
        ]
        found = Storm(installation, rooms, devices, history, pulse, length=length)
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(device.run()) for device in devices]
            await found.until_all_hear()
            writing = [group.create_task(found.write(device)) for device in devices[:writers]]
            try:
                yield found
                found.subside()
                await asyncio.gather(*writing)
                findings = await found.verdict()
            finally:
                for task in [*writing, *running]:
                    task.cancel()
    sys.stdout.write(f"\n{history.summary()}\n")
    assert not findings, "\n".join([*findings, history.summary()])
    assert not history.errors["INTERNAL_SERVER_ERROR"], history.summary()

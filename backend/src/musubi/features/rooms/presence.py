"""Who is connected, over all processes.

Each process knows its own connections, and that is the truth. It tells the others what changes as it changes, and
everything every five seconds, over the bus; they keep what they were told, and forget a process that they haven't heard
of for 15 seconds. So nothing about presence is stored anywhere: a lost message is mended by the next beat, a restarted
Redis has nothing to be filled with again, and whoever asks is answered from memory.

Someone whose last connection to a room goes is still there for five seconds: mostly they are back by then.
"""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import uniform
from typing import Any

from pydantic_core import from_json, to_json

from musubi.core.bus import Bus
from musubi.core.realtime.frames import Person

TOPIC = "presence"
BEAT_SECONDS = 5.0
FORGOTTEN_SECONDS = 15.0
LINGER_SECONDS = 5.0
_TICK_SECONDS = 1.0

Changed = Callable[[int, Person, bool], None]
"""Told of a room in which someone is now, or is no more."""


@dataclass(slots=True)
class _Node:
    """What another process said of itself."""

    heard_at: float
    rooms: dict[int, set[int]] = field(default_factory=dict)
    connections: int = 0
    user_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Totals:
    """Over all processes."""

    connections: int
    rooms: int
    users: int


class Presence:
    """Who is in which room, as far as this process knows, which is all there is to know a moment later."""

    def __init__(self, bus: Bus, own_users: Callable[[], list[int]], changed: Changed) -> None:
        """`own_users`: the user of each connection of this process. `changed` hears of everyone who comes or goes."""
        self._bus = bus
        self._own_users = own_users
        self._changed = changed
        self._node = secrets.token_hex(8)
        self._counts: defaultdict[int, dict[int, int]] = defaultdict(dict)
        """Own connections by room and user; 0 while the user lingers."""
        self._lingering: dict[tuple[int, int], asyncio.TimerHandle] = {}
        self._nodes: dict[str, _Node] = {}
        self._people: dict[int, Person] = {}
        self._present: defaultdict[int, set[int]] = defaultdict(set)
        """The users in each room, here or elsewhere."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to tell and to listen, in the running event loop."""
        self._bus.subscribe(TOPIC, self._hear)
        self._task = asyncio.create_task(self._beat_for_ever())

    async def close(self) -> None:
        """Stop, and let the others know that nothing more comes from here."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for timer in self._lingering.values():
            timer.cancel()
        self._publish({"bye": True})

    def joined(self, room_id: int, person: Person) -> None:
        """One more connection of `person` hears a room."""
        key = (room_id, person.id)
        counts = self._counts[room_id]
        counts[person.id] = counts.get(person.id, 0) + 1
        self._people[person.id] = person
        if (timer := self._lingering.pop(key, None)) is not None:
            timer.cancel()
        elif counts[person.id] == 1:
            self._publish({"room": room_id, "person": person.model_dump(), "on": True})
            self._look_at(room_id, person.id)

    def left(self, room_id: int, user_id: int) -> None:
        """One connection of a user hears a room no more."""
        counts = self._counts[room_id]
        counts[user_id] -= 1
        if counts[user_id] == 0:
            loop = asyncio.get_running_loop()
            self._lingering[room_id, user_id] = loop.call_later(LINGER_SECONDS, self._gone, room_id, user_id)

    def in_room(self, room_id: int) -> list[Person]:
        """Who is in a room now."""
        return [self._people[user_id] for user_id in self._present.get(room_id, ())]

    def count(self, room_id: int) -> int:
        return len(self._present.get(room_id, ()))

    def totals(self) -> Totals:
        own = self._own_users()
        nodes = self._nodes.values()
        users = set(own).union(*(node.user_ids for node in nodes))
        return Totals(
            connections=len(own) + sum(node.connections for node in nodes), rooms=len(self._present), users=len(users)
        )

    def _gone(self, room_id: int, user_id: int) -> None:
        del self._lingering[room_id, user_id]
        del self._counts[room_id][user_id]
        if not self._counts[room_id]:
            del self._counts[room_id]
        self._publish({"room": room_id, "person": self._people[user_id].model_dump(), "on": False})
        self._look_at(room_id, user_id)

    def _look_at(self, room_id: int, user_id: int) -> None:
        """Say so when someone's being in a room has changed."""
        here = user_id in self._counts.get(room_id, ())
        is_present = here or any(user_id in node.rooms.get(room_id, ()) for node in self._nodes.values())
        present = self._present[room_id]
        if is_present != (user_id in present):
            (present.add if is_present else present.discard)(user_id)
            self._changed(room_id, self._people[user_id], is_present)
        if not present:
            del self._present[room_id]

    def _publish(self, message: dict[str, Any]) -> None:
        self._bus.publish(TOPIC, to_json({"node": self._node, **message}))

    def _hear(self, message: bytes) -> None:
        said = from_json(message)
        now = asyncio.get_running_loop().time()
        name: str = said["node"]
        if "bye" in said:
            if (node := self._nodes.get(name)) is not None:
                # Those who were there come back to another process, in a moment.
                node.heard_at = now - FORGOTTEN_SECONDS + LINGER_SECONDS
            return
        node = self._nodes.setdefault(name, _Node(now))
        node.heard_at = now
        if "rooms" in said:
            node.connections = said["connections"]
            node.user_ids = frozenset(said["users"])
            self._people |= {person["id"]: Person(**person) for person in said["people"]}
            self._replace(node, {int(room): set(user_ids) for room, user_ids in said["rooms"].items()})
        else:
            person = Person(**said["person"])
            self._people[person.id] = person
            members = node.rooms.setdefault(said["room"], set())
            (members.add if said["on"] else members.discard)(person.id)
            self._look_at(said["room"], person.id)

    def _replace(self, node: _Node, rooms: dict[int, set[int]]) -> None:
        """Take what a process says of all its rooms for what it said before."""
        before, node.rooms = node.rooms, rooms
        for room_id in before.keys() | rooms.keys():
            for user_id in before.get(room_id, set()) ^ rooms.get(room_id, set()):
                self._look_at(room_id, user_id)

    async def _beat_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        # Processes that were started together shouldn't all speak at once.
        next_beat = loop.time() + uniform(0, _TICK_SECONDS)  # noqa: S311
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now = loop.time()
            for name in [name for name, node in self._nodes.items() if now - node.heard_at > FORGOTTEN_SECONDS]:
                node = self._nodes.pop(name)
                self._replace(node, {})
            if now >= next_beat:
                self._beat()
                next_beat = now + BEAT_SECONDS

    def _beat(self) -> None:
        own = self._own_users()
        rooms = {room_id: list(counts) for room_id, counts in self._counts.items()}
        self._forget_strangers(own)
        people = {user_id for user_ids in rooms.values() for user_id in user_ids}
        self._publish(
            {
                "rooms": rooms,
                "people": [self._people[user_id].model_dump() for user_id in people],
                "connections": len(own),
                "users": sorted(set(own)),
            }
        )

    def _forget_strangers(self, own: Iterable[int]) -> None:
        """Keep no names of people who are nowhere any more."""
        known = set(own).union(*self._present.values())
        self._people = {user_id: person for user_id, person in self._people.items() if user_id in known}

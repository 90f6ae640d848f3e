"""The cache of an installation with one process."""

import time
from collections import OrderedDict

from musubi.core import metrics


class MemoryCache:
    """A dictionary that forgets: what has expired, and the least recently used beyond `capacity`."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._values: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._counters: dict[str, int] = {}

    async def get_many(self, *keys: str) -> list[bytes | None]:
        found = [self._get(key) for key in keys]
        metrics.count_reads(found)
        return found

    def _get(self, key: str) -> bytes | None:
        if key in self._counters:
            return str(self._counters[key]).encode()
        entry = self._values.get(key)
        if entry is None or entry[1] < time.monotonic():
            return None
        self._values.move_to_end(key)
        return entry[0]

    async def put(self, key: str, value: bytes, *, seconds: int) -> None:
        self._values[key] = (value, time.monotonic() + seconds)
        self._values.move_to_end(key)
        if len(self._values) > self._capacity:
            self._values.popitem(last=False)

    async def increment(self, key: str) -> None:
        self._counters[key] = self._counters.get(key, 0) + 1

    async def ping(self) -> None:
        return None

    async def clear(self) -> None:
        self._values.clear()
        # Counters only ever grow: one that began again could make a forgotten value look current.

    async def close(self) -> None:
        return None

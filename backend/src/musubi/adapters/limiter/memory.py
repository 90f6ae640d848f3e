"""The windows of an installation with one process, or of a process whose Redis is away."""

import time
from bisect import bisect_left
from collections import OrderedDict, defaultdict

from limits.aio.storage import MemoryStorage

_Window = list[float]


class BoundedStorage(MemoryStorage):
    """The library's storage in memory, with windows that cost no sweep and can't grow without end.

    The library looks through all windows at each hit to find those that have expired, in a thread for each, and keeps
    as many as there are subjects. Here each limit has a table of its own in the order of the last hit: what has
    expired is at its beginning, and beyond `capacity` the one that was hit longest ago is forgotten. A flood of
    addresses at one route can't push out what another limit counted.
    """

    def __init__(self, capacity: int = 10_000) -> None:
        super().__init__()
        self._capacity = capacity
        self._tables: defaultdict[str, OrderedDict[str, _Window]] = defaultdict(OrderedDict)

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        now = time.time()
        table = self._table(key)
        window = _live(table.get(key, []), now - expiry)
        if len(window) + amount > limit:
            return False
        window.extend([now] * amount)
        table[key] = window
        table.move_to_end(key)
        while len(table) > self._capacity or _newest(table) < now - expiry:
            table.popitem(last=False)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002
        """When the oldest hit was that still counts, and how many do."""
        now = time.time()
        window = _live(self._table(key).get(key, []), now - expiry)
        return (window[0], len(window)) if window else (now, 0)

    async def clear(self, key: str) -> None:
        self._table(key).pop(key, None)

    async def reset(self) -> int | None:
        count = sum(len(table) for table in self._tables.values())
        self._tables.clear()
        return count

    def _table(self, key: str) -> OrderedDict[str, _Window]:
        # A key begins with the name of its limit.
        return self._tables[key.partition("/")[0]]


def _live(window: _Window, since: float) -> _Window:
    """`window` without the hits before `since`."""
    del window[: bisect_left(window, since)]
    return window


def _newest(table: OrderedDict[str, _Window]) -> float:
    """The last hit in the window that was hit longest ago."""
    window = next(iter(table.values()))
    return window[-1] if window else 0.0

"""What a cache can do."""

from typing import Protocol


class Cache(Protocol):
    """Keeps small values for a while, and counters.

    A cache that is away behaves like an empty one: reading finds nothing and writing is lost. Whoever uses it must
    be right without it.
    """

    async def get_many(self, *keys: str) -> list[bytes | None]:
        """The values of `keys`, None for what isn't there."""

    async def put(self, key: str, value: bytes, *, seconds: int) -> None:
        """Keep `value` for at most `seconds`."""

    async def increment(self, key: str) -> None:
        """Add one to the counter `key`, which begins at 0 and does not expire."""

    async def ping(self) -> None:
        """Raises ConnectionError or TimeoutError when the cache can't be reached."""

    async def clear(self) -> None:
        """Forget everything this application keeps."""

    async def close(self) -> None:
        """Give back connections."""

"""A storage whose every operation is counted and timed."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import cast

from musubi.adapters.storage.protocol import Description, Missing, Storage, StorageFull, StorageUnavailable, Stored
from musubi.core import metrics

_OUTCOMES: dict[type[BaseException], str] = {
    Missing: "missing",
    StorageFull: "full",
    StorageUnavailable: "unavailable",
}


class MeasuredStorage:
    """Does what the storage behind it does."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    async def put(self, key: str, data: bytes) -> None:
        with _operation("put"):
            await self.storage.put(key, data)

    async def put_file(self, key: str, path: Path, description: Description | None = None) -> None:
        with _operation("put"):
            await self.storage.put_file(key, path, description)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        # Every storage writes it as a generator, which has a file open until it is closed.
        source = cast("AsyncGenerator[bytes, None]", self.storage.read(key, start, end))
        with _operation("read"):
            async with aclosing(source):
                async for piece in source:
                    yield piece

    async def delete(self, *keys: str) -> None:
        with _operation("delete"):
            await self.storage.delete(*keys)

    async def list(self, prefix: str = "") -> AsyncIterator[Stored]:
        source = cast("AsyncGenerator[Stored, None]", self.storage.list(prefix))
        with _operation("list"):
            async with aclosing(source):
                async for stored in source:
                    yield stored

    async def tidy(self, age: timedelta) -> None:
        with _operation("tidy"):
            await self.storage.tidy(age)

    async def download_url(self, key: str, lifetime: timedelta) -> str | None:
        with _operation("url"):
            return await self.storage.download_url(key, lifetime)

    async def ping(self) -> None:
        with _operation("ping"):
            await self.storage.ping()


@contextmanager
def _operation(name: str) -> Iterator[None]:
    """What is cut off by its caller is neither a success nor a failure of the storage, and isn't counted."""
    outcome: str | None = None
    try:
        with metrics.timed(metrics.storage_duration.labels(name)):
            yield
        outcome = "success"
    except Exception as error:
        outcome = _OUTCOMES.get(type(error), "failed")
        raise
    finally:
        if outcome is not None:
            metrics.storage_operations.labels(name, outcome).inc()

"""What is measured is the storage, and it does what it did."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import pytest

from musubi.adapters.storage import LocalStorage, MeasuredStorage, Missing
from tests.scraping import Recorded

OPERATIONS, DURATION = "musubi_storage_operations_total", "musubi_storage_operation_duration_seconds_count"


async def read(storage: MeasuredStorage, key: str) -> bytes:
    return b"".join([piece async for piece in storage.read(key)])


async def test_what_it_is_asked_for(tmp_path: Path) -> None:
    storage, recorded = MeasuredStorage(LocalStorage(tmp_path)), Recorded()
    await storage.put("files/a", b"1234")
    assert await read(storage, "files/a") == b"1234"
    assert [stored.size async for stored in storage.list("files/")] == [4]
    assert await storage.download_url("files/a", lifetime=cast("Any", None)) is None
    await storage.delete("files/a")
    with pytest.raises(Missing):
        await read(storage, "files/a")
    await storage.ping()
    for operation in ("put", "read", "list", "url", "delete", "ping"):
        assert recorded.since(OPERATIONS, operation=operation, outcome="success") == 1
    assert recorded.since(OPERATIONS, operation="read", outcome="missing") == 1
    assert recorded.since(OPERATIONS) == recorded.since(DURATION) == 7


class Endless:
    """A storage that gives pieces until it is told that nobody wants more."""

    def __init__(self) -> None:
        self.closings = 0

    async def read(self, *_: object) -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield b"piece"
        finally:
            self.closings += 1


async def test_what_is_not_read_to_its_end_is_closed_and_no_failure() -> None:
    endless, recorded = Endless(), Recorded()
    pieces = cast("AsyncGenerator[bytes, None]", MeasuredStorage(cast("Any", endless)).read("files/a"))
    async with aclosing(pieces):
        assert await anext(pieces) == b"piece"
        assert endless.closings == 0
    assert endless.closings == 1
    assert recorded.since(OPERATIONS) == 0

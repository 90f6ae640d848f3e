"""The contract of `Storage`, on every implementation there is."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from musubi.adapters.storage import Description, Missing, Storage
from tests.adapters.storage.reading import content, is_there, sizes

MIB = 1024 * 1024
Fill = Callable[[bytes], Path]
PICTURE = Description("image/png", "inline; filename=\"a.png\"; filename*=UTF-8''%E7%B5%90%E3%81%B3.png")


def some_bytes(count: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(count)  # noqa: S311 - nothing to guess


@pytest.fixture
def filled(tmp_path: Path) -> Fill:
    """Makes a file that is to be kept."""

    def fill(data: bytes) -> Path:
        path = tmp_path / "spool"
        path.write_bytes(data)
        return path

    return fill


@pytest.mark.parametrize("data", [b"", b"\x00\xff bytes \r\n", some_bytes(3 * MIB)], ids=["none", "few", "many"])
async def test_what_was_put_is_there(storage: Storage, data: bytes) -> None:
    await storage.put("files/ab/abcd", data)
    assert await content(storage, "files/ab/abcd") == data
    assert await sizes(storage) == {"files/ab/abcd": len(data)}


@pytest.mark.parametrize("size", [0, 5, 5 * MIB, 11 * MIB + 1])
async def test_a_file_is_kept_as_it_is(storage: Storage, filled: Fill, size: int) -> None:
    data = some_bytes(size)
    await storage.put_file("files/ab/abcd", filled(data), PICTURE)
    # Where it lay is somebody else's now.
    filled(b"another")
    assert await content(storage, "files/ab/abcd") == data


async def test_it_is_read_in_pieces(storage: Storage) -> None:
    await storage.put("a", some_bytes(2 * MIB))
    pieces = [len(piece) async for piece in storage.read("a", 1)]
    assert sum(pieces) == 2 * MIB - 1
    assert max(pieces) <= MIB


async def test_a_part_can_be_read(storage: Storage) -> None:
    parts: dict[tuple[int, int | None], bytes] = {
        (0, 4): b"0123", (3, None): b"3456789", (2, 5): b"234", (8, 100): b"89", (0, 10): b"0123456789", (9, 10): b"9",
        (10, None): b"", (10, 12): b"", (50, None): b"", (50, 60): b"", (5, 5): b"", (5, 2): b"", (0, 0): b"",
    }  # fmt: skip
    await storage.put("a", b"0123456789")
    assert {(start, end): await content(storage, "a", start, end) for start, end in parts} == parts


@pytest.mark.parametrize("key", ["a", "b/c", "b/c/e/f"])
async def test_what_is_not_there_is_missing(storage: Storage, key: str) -> None:
    await storage.put("b/c/d", b"1")
    for start, end in ((0, None), (3, None), (0, 4), (5, 5)):
        with pytest.raises(Missing):
            await content(storage, key, start, end)


async def test_what_was_there_is_replaced(storage: Storage, filled: Fill) -> None:
    await storage.put("a", b"the first, and longest")
    await storage.put("a", b"the second")
    assert await content(storage, "a") == b"the second"
    await storage.put_file("a", filled(b"the third"))
    assert await content(storage, "a") == b"the third"
    assert await sizes(storage) == {"a": 9}


async def test_replacing_it_mixes_nothing(storage: Storage) -> None:
    """Whoever reads meanwhile gets all of one or all of the other."""
    versions = [bytes([number]) * (600 * 1024 + number) for number in range(4)]
    await storage.put("a", versions[0])
    replacing = asyncio.gather(*(storage.put("a", version) for version in versions))
    for _ in range(4):
        assert await content(storage, "a") in versions
    await replacing
    assert await content(storage, "a") in versions


async def test_what_is_deleted_is_gone(storage: Storage) -> None:
    for key in ("a/1", "a/2", "a/3", "b"):
        await storage.put(key, b"1")
    await storage.delete()
    await storage.delete("a/1", "a/never-was", "a/2", "c/nor-this")
    await storage.delete("a/1")
    assert await sizes(storage) == {"a/3": 1, "b": 1}
    await storage.delete("a/3", "b")
    assert await sizes(storage) == {}
    await storage.put("a/1", b"again")
    assert await content(storage, "a/1") == b"again"


async def test_what_is_deleted_meanwhile_is_read_to_its_end(storage: Storage) -> None:
    data = some_bytes(MIB)
    await storage.put("a", data)
    reading = storage.read("a")
    read = await anext(reading)
    await storage.delete("a")
    async for piece in reading:
        read += piece
    assert read == data


async def test_everything_is_listed(storage: Storage) -> None:
    """On as many pages as it takes."""
    keys = {f"files/{number % 3}/{number}" for number in range(23)}
    await asyncio.gather(*(storage.put(key, key.encode()) for key in keys))
    listed = [stored async for stored in storage.list()]
    assert {stored.key for stored in listed} == keys
    assert len(listed) == len(keys)
    assert all(stored.size == len(stored.key) for stored in listed)
    assert all(abs(datetime.now(UTC) - stored.modified_at) < timedelta(minutes=5) for stored in listed)


async def test_what_is_listed_begins_with_the_prefix(storage: Storage) -> None:
    for key in ("a/b/1", "a/b/c/2", "a/bc", "ab", "a/B/3"):
        await storage.put(key, b"1")
    assert set(await sizes(storage, "a/b/")) == {"a/b/1", "a/b/c/2"}
    assert set(await sizes(storage, "a/")) == {"a/b/1", "a/b/c/2", "a/bc", "a/B/3"}
    assert set(await sizes(storage, "b/")) == set()
    assert set(await sizes(storage, "ab/")) == set()


async def test_listing_bears_with_deleting(storage: Storage) -> None:
    doomed = [f"doomed/{number}" for number in range(15)]
    for key in (*doomed, "kept/1"):
        await storage.put(key, b"1")
    listing = storage.list()
    first = await anext(listing)
    await storage.delete(*doomed)
    listed = {first.key, *[stored.key async for stored in listing]}
    assert listed - set(doomed) == {"kept/1"}


NO_KEYS = [
    "", "/", "/a", "a/", "a//b", "..", "../a", "a/../b", "a/..", ".", "a/./b", ".unfinished/a", "a/.b", "a b", "a\\b",
    "a\0", "a\n", "鍵", "a?b", "a#b", "a%2Fb", "~a", "a:b", "*",
]  # fmt: skip


async def test_anything_else_is_no_key(storage: Storage, filled: Fill) -> None:
    attempts: list[Callable[[str], Awaitable[object]]] = [
        lambda key: storage.put(key, b"1"),
        lambda key: storage.put_file(key, filled(b"1")),
        lambda key: content(storage, key),
        lambda key: storage.delete("a", key),
        lambda key: storage.download_url(key, timedelta(hours=1)),
        lambda key: sizes(storage, f"{key}/"),
    ]
    for key in NO_KEYS:
        for attempt in attempts:
            with pytest.raises(ValueError, match="is not a key"):
                await attempt(key)


async def test_a_prefix_ends_with_a_slash(storage: Storage) -> None:
    with pytest.raises(ValueError, match="slash"):
        await sizes(storage, "a")


@pytest.mark.parametrize("turns", [0, 1, 2, 5, 10, 50])
async def test_a_write_that_is_cancelled_is_whole_or_nothing(storage: Storage, filled: Fill, turns: int) -> None:
    data = some_bytes(6 * MIB)
    writing = asyncio.create_task(storage.put_file("a", filled(data)))
    for _ in range(turns):
        await asyncio.sleep(0)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    assert not await is_there(storage, "a") or await content(storage, "a") == data
    await storage.delete("a")
    await storage.put("a", b"the next")
    assert await content(storage, "a") == b"the next"


async def test_tidying_leaves_what_is_kept(storage: Storage) -> None:
    await storage.put("a/b", b"1")
    await storage.tidy(timedelta())
    assert await sizes(storage) == {"a/b": 1}


async def test_it_can_be_asked_whether_it_is_there(storage: Storage) -> None:
    await storage.ping()


async def test_a_file_that_is_not_there_can_not_be_kept(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await storage.put_file("a", tmp_path / "spool")
    assert await sizes(storage) == {}

"""The directory: what outlives a crash, what a failure leaves behind, and who else is in it."""

import asyncio
import errno
import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from musubi.adapters.storage import LocalStorage, StorageFull, StorageUnavailable
from musubi.adapters.storage import local as module
from musubi.core import disk
from tests.adapters.storage.reading import content, is_there, sizes


def files_below(root: Path) -> set[str]:
    """All of them, also those that the storage doesn't show."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def open_files() -> int:
    """How many this process has."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "storage"


async def test_a_file_gets_its_name_when_it_is_on_the_disk(
    local: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the name is on the disk before anyone is told, with the directories that lead to it."""
    target = root / "files" / "ab" / "abcd"
    synchronized: list[tuple[str, bool]] = []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        really(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        name = "the file" if ".unfinished" in path.parts[:-1] else path.relative_to(root.parent).as_posix()
        synchronized.append((name, target.exists()))

    monkeypatch.setattr(os, "fsync", fsync)
    await local.put("files/ab/abcd", b"1")
    assert synchronized == [
        (".", False), ("storage", False), ("the file", False), ("storage", False), ("storage/files", False),
        ("storage/files/ab", True),
    ]  # fmt: skip
    synchronized.clear()
    await local.put("files/ab/abce", b"1")
    assert [name for name, _ in synchronized] == ["the file", "storage/files/ab"], "once is enough for a directory"


@pytest.mark.parametrize(
    ("number", "fault"),
    [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, StorageUnavailable)],
)
@pytest.mark.parametrize("failing", ["fsync", "rename"])
async def test_a_failure_leaves_nothing_behind(
    local: LocalStorage,
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    fault: type[Exception],
    failing: str,
) -> None:
    await local.put("a", b"before")
    spool = tmp_path / "spool"
    spool.write_bytes(b"after")

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync", fail) if failing == "fsync" else (Path, "rename", fail)))
        for attempt in (local.put("a", b"after"), local.put_file("a", spool)):
            with pytest.raises(fault, match=os.strerror(number)):
                await attempt
    assert files_below(root) == {"a"}
    assert await content(local, "a") == b"before"
    await local.put("a", b"after")
    assert await content(local, "a") == b"after"


async def test_where_no_directory_can_be_it_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    local = LocalStorage(tmp_path / "file" / "storage")
    for attempt in (local.ping(), local.put("a", b"1"), local.put_file("a", tmp_path / "file")):
        with pytest.raises(StorageUnavailable):
            await attempt


async def test_it_is_unavailable_where_it_may_not_write(
    local: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Permissions don't keep root from anything, and the tests may be run as root.
    monkeypatch.setattr(os, "access", lambda path, mode: (path, mode) != (root, os.W_OK | os.X_OK))
    with pytest.raises(StorageUnavailable, match="Permission denied"):
        await local.ping()


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A directory to which nothing can be renamed from where the storage is."""
    with TemporaryDirectory(dir="/dev/shm") as name:
        assert Path(name).stat().st_dev != tmp_path.stat().st_dev, "run the tests with TMPDIR on a disk"
        yield Path(name)


async def test_a_file_of_another_disk_is_kept(local: LocalStorage, root: Path, other_disk: Path) -> None:
    data = os.urandom(3_000_000)
    spool = other_disk / "spool"
    spool.write_bytes(data)
    await local.put_file("a", spool)
    assert await content(local, "a") == data
    assert files_below(root) == {"a"}


async def test_a_directory_comes_and_goes_with_what_is_in_it(tmp_path: Path, root: Path) -> None:
    """Also while several processes write and delete there at the same time."""
    processes = [LocalStorage(root) for _ in range(3)]

    async def come_and_go(local: LocalStorage, name: str) -> None:
        for _ in range(8):
            await local.put(f"uploads/one/{name}", b"1")
            assert await is_there(local, f"uploads/one/{name}")
            await local.delete(f"uploads/one/{name}")

    await asyncio.gather(*(come_and_go(local, str(number)) for number, local in enumerate(processes)))
    assert not (root / "uploads" / "one").exists()
    assert (root / "uploads").exists()


@pytest.fixture
def halted(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """A disk that is slow: the first event comes when a write waits for it, the second lets it go on."""
    reached, go_on = threading.Event(), threading.Event()
    really = disk.synchronize

    def synchronize(path: Path) -> None:
        reached.set()
        assert go_on.wait(30)
        really(path)

    monkeypatch.setattr(module, "synchronize", synchronize)
    yield reached, go_on
    go_on.set()


async def test_whoever_is_cancelled_goes_on_when_nothing_does_any_more(
    local: LocalStorage, root: Path, halted: tuple[threading.Event, threading.Event]
) -> None:
    reached, go_on = halted
    writing = asyncio.create_task(local.put("a", b"1"))
    await asyncio.to_thread(reached.wait, 30)
    for _ in range(3):
        writing.cancel()
        await asyncio.sleep(0)
    assert not writing.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert files_below(root) == {"a"}


async def test_a_reader_that_leaves_closes_the_file(local: LocalStorage) -> None:
    await local.put("a", bytes(1_000_000))
    before = open_files()
    reading = local.read("a")
    await anext(reading)
    assert open_files() > before
    await reading.aclose()  # type: ignore[attr-defined]
    opening = asyncio.create_task(content(local, "a"))
    await asyncio.sleep(0)
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    assert open_files() == before


async def test_what_a_crash_left_is_tidied_up_when_it_is_old(local: LocalStorage, root: Path) -> None:
    await local.put("a", b"1")
    leftover = root / ".unfinished" / "leftover"
    leftover.write_bytes(b"half of")
    # What is in it may be older than the write.
    os.utime(leftover, (0, 0))
    await local.tidy(timedelta(hours=1))
    assert leftover.exists()
    await local.tidy(timedelta())
    assert files_below(root) == {"a"}


async def test_what_else_lies_there_is_none_of_ours(local: LocalStorage, root: Path) -> None:
    await local.put("a", b"1")
    (root / "lost+found").mkdir()
    (root / "lost+found" / "b").touch()
    (root / ".DS_Store").touch()
    assert await sizes(local) == {"a": 1}

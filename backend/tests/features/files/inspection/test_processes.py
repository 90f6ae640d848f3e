"""The processes that look into files: whatever happens to one, the next file is looked at."""

import asyncio
import multiprocessing
import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from io import BufferedWriter, UnsupportedOperation
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from musubi.features.files.inspection import Inspected, Inspector, Reason, Refused, TooBusy, pool
from musubi.features.files.types import FileType, type_by_name
from tests.features.files.inspection.conftest import Look
from tests.features.files.inspection.material import encoded, picture, slow_jpeg
from tests.processes import PATIENCE_SECONDS

PNG = type_by_name("a.png")
SMALL = picture("PNG")
Open = Callable[..., Inspector]


@pytest_asyncio.fixture
async def open_inspector() -> AsyncIterator[Open]:
    opened: list[Inspector] = []

    def open_one(*, workers: int = 1, memory_mib: int = 512, seconds: float = PATIENCE_SECONDS) -> Inspector:
        opened.append(Inspector(workers=workers, memory_mib=memory_mib, seconds=seconds))
        return opened[-1]

    yield open_one
    for inspector in opened:
        await inspector.close()


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A file that is never read to its end: who looks at it stays in the middle of it."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


@asynccontextmanager
async def in_the_middle(inspector: Inspector, pipe: Path) -> AsyncIterator[asyncio.Task[Inspected]]:
    """While a process looks at the pipe."""
    looking = asyncio.create_task(inspector.inspect(pipe, png()))
    with await asyncio.to_thread(_open_for_writing, pipe):  # which waits for the reader
        yield looking


def _open_for_writing(pipe: Path) -> BufferedWriter:
    return pipe.open("wb")


def png() -> FileType:
    assert PNG is not None
    return PNG


def processes() -> list[int]:
    return sorted(each.pid for each in multiprocessing.active_children() if each.pid is not None)


async def ended(*pids: int) -> None:
    """When none of these processes is there any more."""
    await asyncio.to_thread(_wait_for_end, pids)


def _wait_for_end(pids: tuple[int, ...]) -> None:
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            assert select.select([handle], [], [], PATIENCE_SECONDS)[0], "it is still there"
        finally:
            os.close(handle)


async def reason_of(looking: Awaitable[Inspected]) -> Reason:
    with pytest.raises(Refused) as refused:
        await looking
    return refused.value.reason


async def test_what_takes_too_long_is_refused(open_inspector: Open, tmp_path: Path) -> None:
    look = Look(open_inspector(seconds=0.5), tmp_path / "file")
    assert await look.reason("a.jpg", slow_jpeg()) is Reason.TOO_EXPENSIVE
    assert await look.reason("a.png", SMALL) is None


async def test_what_takes_too_much_memory_is_refused(open_inspector: Open, tmp_path: Path) -> None:
    look = Look(open_inspector(memory_mib=24), tmp_path / "file")
    large = Image.new("RGB", (4000, 3000))
    contents = {
        "a.png": encoded(large, "PNG", compress_level=1),
        "a.gif": encoded(large, "GIF"),
        "a.jpg": encoded(large, "JPEG", progressive=True),
        "a.webp": encoded(large, "WEBP", lossless=True, method=0, quality=0),
    }
    reasons = {name: await look.reason(name, content) for name, content in contents.items()}
    assert reasons == dict.fromkeys(contents, Reason.TOO_EXPENSIVE)
    assert await look.reason("a.jpg", encoded(large, "JPEG")) is None, "which needs little for a small picture"


async def test_a_process_that_dies_over_a_file_is_replaced(open_inspector: Open, pipe: Path, tmp_path: Path) -> None:
    inspector = open_inspector()
    async with in_the_middle(inspector, pipe) as looking:
        (process,) = processes()
        os.kill(process, signal.SIGKILL)
        assert await reason_of(looking) is Reason.TOO_EXPENSIVE
    assert await Look(inspector, tmp_path / "file").reason("a.png", SMALL) is None
    assert process not in processes()


async def test_a_file_is_looked_at_again_when_the_process_was_told_to_end(open_inspector: Open, pipe: Path) -> None:
    async with in_the_middle(open_inspector(), pipe) as looking:
        (process,) = processes()
        os.kill(process, signal.SIGTERM)
        await ended(process)
    with await asyncio.to_thread(_open_for_writing, pipe):
        assert processes() != [process]
    with pytest.raises(UnsupportedOperation):  # as a pipe isn't really a file
        await looking


async def test_a_process_that_dies_with_nothing_to_do_is_replaced(open_inspector: Open, tmp_path: Path) -> None:
    look = Look(open_inspector(), tmp_path / "file")
    for _ in range(2):
        assert await look.reason("a.png", SMALL) is None
        (process,) = processes()
        os.kill(process, signal.SIGKILL)
        await ended(process)
    assert await look.reason("a.png", SMALL) is None


async def test_who_no_longer_waits_is_not_worked_for(open_inspector: Open, pipe: Path, tmp_path: Path) -> None:
    inspector = open_inspector()
    async with in_the_middle(inspector, pipe) as looking:
        (process,) = processes()
        looking.cancel()
        await ended(process)
    assert looking.cancelled()
    assert await Look(inspector, tmp_path / "file").reason("a.png", SMALL) is None


async def test_only_so_many_wait(open_inspector: Open, pipe: Path, tmp_path: Path) -> None:
    inspector = open_inspector()
    (tmp_path / "small").write_bytes(SMALL)
    async with in_the_middle(inspector, pipe) as looking:
        waiting = [asyncio.create_task(inspector.inspect(tmp_path / "small", png())) for _ in range(16)]
        await asyncio.sleep(0)
        with pytest.raises(TooBusy):
            await inspector.inspect(tmp_path / "small", png())
        looking.cancel()
        assert len(await asyncio.gather(*waiting)) == 16


async def test_processes_start_with_the_first_file_and_are_replaced_from_time_to_time(
    open_inspector: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "TASKS_PER_PROCESS", 2)
    look = Look(open_inspector(), tmp_path / "file")
    assert processes() == []
    seen = set()
    for _ in range(4):
        assert await look.reason("a.png", SMALL) is None
        seen.update(processes())
    assert len(seen) > 1


async def test_a_process_can_do_little(open_inspector: Open, tmp_path: Path) -> None:
    assert await Look(open_inspector(memory_mib=256), tmp_path / "file").reason("a.png", SMALL) is None
    (process,) = processes()
    assert resource.prlimit(process, resource.RLIMIT_CORE) == (0, 0)
    assert resource.prlimit(process, resource.RLIMIT_FSIZE) == (0, 0)
    assert resource.prlimit(process, resource.RLIMIT_NOFILE) == (32, 32)
    assert 256 < resource.prlimit(process, resource.RLIMIT_DATA)[1] / 2**20 < 256 + 64
    assert 256 < resource.prlimit(process, resource.RLIMIT_AS)[1] / 2**20 < 256 + 256
    assert resource.prlimit(process, resource.RLIMIT_CPU)[0] <= 2 * PATIENCE_SECONDS
    assert os.getpriority(os.PRIO_PROCESS, process) > os.getpriority(os.PRIO_PROCESS, 0)


async def test_a_file_that_is_gone_is_nobodys_fault(open_inspector: Open, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await open_inspector().inspect(tmp_path / "gone", png())


async def test_who_waits_is_told_when_the_server_ends(open_inspector: Open, pipe: Path) -> None:
    inspector = open_inspector()
    async with in_the_middle(inspector, pipe) as looking:
        (process,) = processes()
        await inspector.close()
        with pytest.raises(TooBusy):
            await looking
        await ended(process)
    with pytest.raises(TooBusy):
        await inspector.inspect(pipe, png())
    assert processes() == []


SERVER = """
import asyncio, multiprocessing, sys
from pathlib import Path
import pydantic, uvloop
from musubi.features.files.inspection import Inspector
from musubi.features.files.types import type_by_name

async def serve():
    inspector = Inspector(workers=3, memory_mib=256, seconds=600)
    folder = Path(sys.argv[1])
    await inspector.inspect(folder / "a.png", type_by_name("a.png"))
    looking = [inspector.inspect(folder / name, type_by_name(name)) for name in ("slow.jpg", "pipe.png")]
    print(*[each.pid for each in multiprocessing.active_children()], flush=True)
    await asyncio.gather(*looking)

if __name__ == "__main__":
    uvloop.run(serve())
"""


def start_server(folder: Path) -> subprocess.Popen[bytes]:
    # It can't tidy up when it is killed, and is warned of that afterwards.
    command = [sys.executable, "-W", "ignore", str(folder / "server.py"), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def has_loaded(library: str, pid: int) -> bool:
    return library in Path(f"/proc/{pid}/maps").read_text()


async def test_no_process_is_left_of_a_server_that_was_killed(tmp_path: Path) -> None:
    """Neither one that has nothing to do, nor one that decodes, nor one that waits for its file.

    Nor does any of them take the memory of the server that started them.
    """
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "a.png").write_bytes(SMALL)
    (tmp_path / "slow.jpg").write_bytes(slow_jpeg())
    os.mkfifo(tmp_path / "pipe.png")
    with start_server(tmp_path) as server:
        try:
            assert server.stdout is not None
            pids = [int(pid) for pid in (await asyncio.to_thread(server.stdout.readline)).split()]
            assert len(pids) == 3
            with await asyncio.to_thread(_open_for_writing, tmp_path / "pipe.png"):
                assert [has_loaded("pydantic_core", pid) for pid in (server.pid, *pids)] == [True, False, False, False]
                server.kill()
                await ended(*pids)
        finally:
            server.kill()

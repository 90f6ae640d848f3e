"""What a process that looks into files can do at most: the operating system sees to it."""

import os
import resource
import signal
import sys
from multiprocessing import connection, parent_process
from pathlib import Path
from threading import Thread

_NICENESS = 10
"""Requests go first."""
_MAX_OPEN_FILES = 32
_MIB = 1024 * 1024
_STATM = Path("/proc/self/statm")


def confine(memory_mib: int) -> None:
    """Bound this process, and let it end when the server does.

    It may use `memory_mib` more than it does now. (Where there is no /proc, memory is not bounded.) It writes no files
    and leaves no core, and it doesn't hold up the server.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # Python's own handlers wait until a decoder is done
    _end_with_the_server()
    os.nice(_NICENESS)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, _MAX_OPEN_FILES)
    if _STATM.exists():
        size, data = _memory()
        _lower(resource.RLIMIT_AS, size + memory_mib * _MIB)
        _lower(resource.RLIMIT_DATA, data + memory_mib * _MIB)


def allow_cpu_seconds(seconds: float) -> None:
    """End this process after so much more work: should nobody else, because the server is gone or stuck."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 1, hard))


def memory_left() -> int:
    """How many bytes this process may still take."""
    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    return sys.maxsize if most == resource.RLIM_INFINITY else most - _memory()[0]


def _memory() -> tuple[int, int]:
    """All that this process has of it, and the part that isn't programs; in bytes."""
    pages = [int(number) for number in _STATM.read_text().split()]
    return pages[0] * resource.getpagesize(), pages[5] * resource.getpagesize()


def _lower(limit: int, most: int) -> None:
    _, hard = resource.getrlimit(limit)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(limit, (most, most))


def _end_with_the_server() -> None:
    """However the server ends, by SIGKILL too; and in the middle of a file."""
    server = parent_process()
    if server is None:
        raise RuntimeError("this is for processes that a server started")

    def wait() -> None:
        connection.wait([server.sentinel])
        os._exit(0)

    Thread(target=wait, name="end-with-the-server", daemon=True).start()

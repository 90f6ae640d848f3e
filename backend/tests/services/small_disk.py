"""A disk that is soon full, for anyone, without being root.

    with small_disk(4) as disk:
        ...  # 4 MiB fit into disk.path

It is a tmpfs that only a process of its own has mounted, in a namespace where it may do so; the others get to it by
that process. So `path` must not be resolved: SQLite, which does that, can have its file there only from within
(`command_within`).
"""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .service import ServiceError

# It ends with its input, which its owner holds: also when that is killed.
_HOLD = 'mount -t tmpfs -o size="$1"m,mode=700 tmpfs "$0" && echo mounted && exec cat'
_BALLAST = "ballast"


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A directory with little room."""

    path: Path
    """Where it is for everyone."""
    path_within: Path
    """Where it is for processes in its namespace."""
    pid: int

    @property
    def command_within(self) -> list[str]:
        """What a command has to begin with to run in its namespace."""
        return ["nsenter", "--user", "--mount", "--preserve-credentials", "--target", str(self.pid), "--"]

    def fill(self) -> None:
        """Leave no room at all."""
        with contextlib.suppress(OSError), (self.path / _BALLAST).open("ab", buffering=0) as ballast:
            while True:
                ballast.write(bytes(4096))

    def make_room(self) -> None:
        """Take away again what `fill` put there."""
        (self.path / _BALLAST).unlink()


@contextlib.contextmanager
def small_disk(mebibytes: int) -> Iterator[SmallDisk]:
    """An empty directory with so much room. Raises ServiceError where the system has forbidden such namespaces."""
    with tempfile.TemporaryDirectory() as name:
        command = ["unshare", "--map-root-user", "--mount", "sh", "-c", _HOLD, name, str(mebibytes)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as holder:
            assert holder.stdin
            assert holder.stdout
            assert holder.stderr
            if holder.stdout.readline() != b"mounted\n":
                raise ServiceError(f"no small disk: {holder.stderr.read().decode(errors='replace')}")
            try:
                path = Path(f"/proc/{holder.pid}/root", name.lstrip("/"))
                yield SmallDisk(path, path_within=Path(name), pid=holder.pid)
            finally:
                holder.stdin.close()

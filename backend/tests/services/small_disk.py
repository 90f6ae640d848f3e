"""A disk that is soon full, for anyone, without being root.

    with small_disk(4) as folder:
        ...  # 4 MiB fit into it

It is a tmpfs that only a process of its own has mounted, in a namespace where it may do so; the others get to it by
that process. So its path must not be resolved: SQLite, which does that, can't have its file there.
"""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .service import ServiceError

# It ends with its input, which its owner holds: also when that is killed.
_HOLD = 'mount -t tmpfs -o size="$1"m,mode=700 tmpfs "$0" && echo mounted && exec cat'


@contextlib.contextmanager
def small_disk(mebibytes: int) -> Iterator[Path]:
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
                yield Path(f"/proc/{holder.pid}/root", name.lstrip("/"))
            finally:
                holder.stdin.close()

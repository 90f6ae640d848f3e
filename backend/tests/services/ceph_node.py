"""The processes of a Ceph cluster of one: `ceph_node.py FOLDER`, with everything below the folder.

It makes the cluster, serves S3 until it is told to end, and takes its processes with it, also when it is killed. The
folder holds `ceph.conf` and, in `identity`, what else must be known: the cluster's id and its monitor's address, an
access key and its secret.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from uuid import uuid4


class Node:
    """The cluster."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._environment = {**os.environ, "CEPH_CONF": str(folder / "ceph.conf")}

    def start(self, fsid: str, monitor: str, key: str, secret: str) -> None:
        """Make it, and start everything."""
        for name in ("mon", "osd", "rgw"):
            (self.folder / name).mkdir()
        disk = str(uuid4())
        monitors = str(self.folder / "monitors")
        self._run("monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", monitor, monitors)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monitors)
        self._serve("ceph-mon", "-i", "a", "-f")
        self._run("ceph", "osd", "new", disk, "0")
        self._run("ceph", "osd", "crush", "add", "0", "1.0", "root=default", "host=here")
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
        self._serve("ceph-osd", "-i", "0", "-f")
        names = ("--uid", "tests", "--display-name", "tests")
        self._run("radosgw-admin", "user", "create", *names, f"--access-key={key}", f"--secret-key={secret}")
        self._serve("radosgw", "-n", "client.rgw", "-f")

    def wait(self) -> None:
        """Until one of them ends by itself, which none should."""
        while all(process.poll() is None for process in self._processes):
            time.sleep(0.1)

    def end(self) -> None:
        """End them; there is nothing in them to save."""
        for process in self._processes:
            process.kill()
            process.wait()

    def _run(self, *command: str) -> None:
        process = self._begin(*command)
        if status := process.wait():
            raise SystemExit(f"{command[0]} ended with status {status}")

    def _serve(self, *command: str) -> None:
        self._processes.append(self._begin(*command))

    def _begin(self, *command: str) -> subprocess.Popen[bytes]:
        # The kernel kills it when this process is gone, however it went.
        bound = ("setpriv", "--pdeathsig", "KILL", *command)
        return subprocess.Popen(bound, env=self._environment, stdin=subprocess.DEVNULL)


def main() -> None:
    """The command line."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    node = Node(Path(sys.argv[1]))
    try:
        node.start(*(node.folder / "identity").read_text().split())
        node.wait()
    finally:
        node.end()


if __name__ == "__main__":
    main()

"""A private S3 server that is a real store: Ceph's, which knows signatures, their expiry and conditions."""

import shutil
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

import httpx
import obstore
from obstore.store import S3Store

from . import ceph_node
from .moto import BUCKET, s3_url
from .service import Service, ServiceError, free_port

_PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "setpriv")
_KEY = "tests"

# One of everything, in memory, on this machine alone and open to whoever is on it: what is in it is worth nothing.
_CONFIGURATION = """
[global]
fsid = {fsid}
mon host = {monitor}
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
public addr = 127.0.0.1
cluster addr = 127.0.0.1
keyring = /dev/null
run dir = {folder}
log file = {folder}/$name.log
admin socket = {folder}/$name.asok
pid file = {folder}/$name.pid
crash dir = {folder}/crash
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
osd objectstore = memstore
memstore device bytes = 2147483648
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd crush update on start = false
osd class load list = *
osd class default list = *
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 0
paxos propose interval = 0.05
rgw frontends = beast endpoint=127.0.0.1:{port}
"""


class Ceph(Service):
    """A server with one empty bucket, which is empty again after a restart."""

    name: ClassVar = "ceph"
    stop_signal: ClassVar = signal.SIGTERM
    kill_signal: ClassVar = signal.SIGKILL

    @property
    def url(self) -> str:
        return s3_url(BUCKET, port=self.port, key=_KEY, secret=self.password)

    @property
    def _command(self) -> list[str]:
        return [sys.executable, "-I", "-S", str(Path(ceph_node.__file__)), str(self.folder)]

    def _prepare(self) -> None:
        missing = [program for program in _PROGRAMS if not shutil.which(program)]
        if missing:
            raise ServiceError(f"{', '.join(missing)} not installed; `make test-s3` says how to get it")

    def start(self) -> None:
        """Start it and return when its bucket is there, which takes some seconds."""
        for name in ("mon", "osd", "rgw"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        fsid, monitor = uuid4(), f"v2:127.0.0.1:{free_port()}/0"
        (self.folder / "identity").write_text(f"{fsid} {monitor} {_KEY} {self.password}")
        (self.folder / "ceph.conf").write_text(
            _CONFIGURATION.format(folder=self.folder, fsid=fsid, monitor=monitor, port=self.port)
        )
        super().start()

    def _ready(self) -> bool:
        bucket = S3Store(
            BUCKET,
            endpoint=f"http://127.0.0.1:{self.port}",
            region="us-east-1",
            access_key_id=_KEY,
            secret_access_key=self.password,
        )
        # A request to make the bucket itself, which the library has no call for.
        url = obstore.sign(bucket, "PUT", "", timedelta(minutes=1))
        try:
            return httpx.put(url, timeout=5).status_code == 200
        except httpx.HTTPError:
            return False


def ceph() -> Ceph:
    """A context manager that gives a running server. Raises ServiceError when it isn't installed or doesn't start."""
    return Ceph()

"""A private S3 server from the PyPI package `moto`: the protocol and its answers, but no look at signatures."""

import signal
import sys
from http.client import HTTPConnection, HTTPException
from typing import ClassVar
from urllib.parse import quote

from .service import Service

BUCKET = "musubi-tests"


class Moto(Service):
    """A server with one empty bucket, which is empty again after a restart."""

    name: ClassVar = "moto"
    stop_signal: ClassVar = signal.SIGTERM
    kill_signal: ClassVar = signal.SIGKILL

    @property
    def url(self) -> str:
        return s3_url(BUCKET, port=self.port, key="tests", secret=self.password)

    @property
    def _command(self) -> list[str]:
        serve = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(self.port)]
        # So few keys on a page that a test needs no thousand of them to see the second.
        return ["env", "MOTO_S3_DEFAULT_MAX_KEYS=10", *serve]

    def _prepare(self) -> None:
        """It keeps everything in memory."""

    def _ready(self) -> bool:
        try:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("PUT", f"/{BUCKET}")
                return connection.getresponse().status == 200
            finally:
                connection.close()
        except (OSError, HTTPException):
            return False


def moto() -> Moto:
    """A context manager that gives a running server. Raises ServiceError when it doesn't start."""
    return Moto()


def s3_url(bucket: str, *, port: int, key: str, secret: str) -> str:
    """The URL of a bucket of a server on this machine, as `MUSUBI_STORAGE_URL` takes it."""
    options = f"endpoint=http://127.0.0.1:{port}&region=us-east-1&allow_http=true"
    return f"s3://{quote(key, safe='')}:{quote(secret, safe='')}@{bucket}?{options}"

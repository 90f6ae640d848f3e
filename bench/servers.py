"""The servers under measurement: each in a process of its own, on a core of its own."""

import asyncio
import http.client
import json
import os
import secrets
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from bench.seed import Reference, fill_sqlite
from musubi.core.keyring import Key
from tests.services.service import Service

MUSUBI = Path(sys.executable).with_name("musubi")
RAW = Path(__file__).with_name("raw.py")
RAW_LIVE = Path(__file__).with_name("raw_live.py")
RAW_UPLOAD = Path(__file__).with_name("raw_upload.py")

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cores:
    """One core for the server that is measured, and what is left for the load and the databases."""

    server: frozenset[int]
    rest: frozenset[int]

    @classmethod
    def of_this_machine(cls) -> "Cores":
        """With a single core there is nothing to divide."""
        *others, last = sorted(os.sched_getaffinity(0))
        return cls(frozenset({last}), frozenset(others or {last}))


@contextmanager
def on(cores: frozenset[int]) -> Iterator[None]:
    """Whatever is started in this block runs on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Server(Service):
    """A server that answers at `/health` once it is ready."""

    stop_signal: ClassVar = signal.SIGTERM
    kill_signal: ClassVar = signal.SIGKILL

    def __init__(self, cores: frozenset[int]) -> None:
        super().__init__()
        self._cores = cores

    def start(self) -> None:
        with on(self._cores):
            super().start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def cpu_seconds(self) -> float:
        """The processor time that it has used so far, in user and kernel mode."""
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND

    @property
    def resident_mib(self) -> float:
        """The memory that it occupies."""
        lines = Path(f"/proc/{self._pid}/status").read_text().splitlines()
        kib = next(line.split()[1] for line in lines if line.startswith("VmRSS:"))
        return int(kib) / 1024

    @property
    def _pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self.name} is not running")
        return self._process.pid

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class Raw(Server):
    """The handler without a framework, on a migrated PostgreSQL."""

    name: ClassVar = "raw"

    def __init__(self, cores: frozenset[int], secret: str, database_url: str, connections: int) -> None:
        super().__init__(cores)
        self._settings: dict[str, Any] = {
            "key": Key(secret.encode()).derive("access-token").hex(),
            "database_url": database_url,
            "connections": connections,
        }

    @property
    def _command(self) -> list[str]:
        return [sys.executable, str(RAW), "settings.json"]

    def _prepare(self) -> None:
        self._write_settings()

    def start(self) -> None:
        # Written at each start: the port may be another one.
        self._write_settings()
        super().start()

    def _write_settings(self) -> None:
        (self.folder / "settings.json").write_text(json.dumps({**self._settings, "port": self.port}))


class _Bare(Server):
    """A program that is told nothing but its port."""

    program: ClassVar[Path]

    @property
    def _command(self) -> list[str]:
        return [sys.executable, str(self.program), "settings.json"]

    def _prepare(self) -> None:
        self._write_settings()

    def start(self) -> None:
        # Written at each start: the port may be another one.
        self._write_settings()
        super().start()

    def _write_settings(self) -> None:
        (self.folder / "settings.json").write_text(json.dumps({"port": self.port}))


class RawLive(_Bare):
    """Live connections without anything around them."""

    name: ClassVar = "raw live"
    program: ClassVar = RAW_LIVE


class RawUpload(_Bare):
    """Uploads that are written to disk, and nothing else."""

    name: ClassVar = "raw upload"
    program: ClassVar = RAW_UPLOAD


class Musubi(Server):
    """One worker of the application in production mode, with everything on; the log goes to a file."""

    name: ClassVar = "musubi"

    def __init__(self, cores: frozenset[int], secret: str, settings: Mapping[str, str]) -> None:
        super().__init__(cores)
        self._settings = {"MUSUBI_ENV": "production", "SECRET_KEY": secret, **settings}

    @property
    def _command(self) -> list[str]:
        return [str(MUSUBI), "serve", "--port", str(self.port)]

    def _prepare(self) -> None:
        lines = [f"{name}={value}\n" for name, value in self._settings.items()]
        (self.folder / ".env").write_text("".join(lines))


class Embedded(Musubi):
    """The same on a SQLite file, and with no other service."""

    def __init__(self, cores: frozenset[int], secret: str, reference: Reference) -> None:
        super().__init__(cores, secret, {})
        self._reference = reference

    def _prepare(self) -> None:
        super()._prepare()
        data = self.folder / "var"
        data.mkdir()
        asyncio.run(fill_sqlite(str(data / "musubi.sqlite3"), self._reference))


def make_secret() -> str:
    """A secret that production mode accepts."""
    return secrets.token_urlsafe(32)


def forget_settings() -> None:
    """Drop what the environment says to the application: nothing but this program configures what is measured."""
    for name in list(os.environ):
        if name.startswith("MUSUBI_") or name in {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "HOST", "PORT"}:
            del os.environ[name]

"""A private PostgreSQL cluster."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from .account import Account
from .service import Service, ServiceError

ROLE = "postgres"
# Fast and small. Without fsync a power cut loses data, a killed server doesn't: the kernel has what it wrote.
DEFAULTS: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "timezone": "UTC",
    "logging_collector": "off",
}


def programs() -> Path:
    """The folder with `initdb` and `postgres`: the newest that Debian keeps, else the one on the PATH.

    Raises ServiceError when there is none.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if debian:
        return debian[-1].parent
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    raise ServiceError("PostgreSQL's programs are not installed; `make test` says how to get them")


class Postgres(Service):
    """A cluster of its own; `url` is its maintenance database, as a superuser."""

    name: ClassVar = "postgres"
    stop_signal: ClassVar = signal.SIGINT  # "fast": roll back, disconnect, shut down
    kill_signal: ClassVar = signal.SIGQUIT  # "immediate": no shutdown; the next start recovers

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(Account.unprivileged())
        self.settings = {**DEFAULTS, **(settings or {})}
        self._programs = programs()

    @property
    def url(self) -> str:
        return self.database_url("postgres")

    def database_url(self, database: str) -> str:
        """The URL of a database of this cluster."""
        return f"postgresql://{ROLE}:{self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _command(self) -> list[str]:
        settings = {
            **self.settings,
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            # In a folder that only its account may enter.
            "unix_socket_directories": str(self.folder),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._programs / "postgres"), "-D", str(self._data), *options]

    def _prepare(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        if self.account:
            self.account.own(secret)
        made = subprocess.run(
            [
                str(self._programs / "initdb"),
                *("-D", str(self._data), "--username", ROLE, "--pwfile", str(secret)),
                # Other accounts of the machine reach the port as well, so it asks for the password.
                *("--auth-local", "trust", "--auth-host", "password"),
                # With the locale C, pg_trgm finds no letters in Japanese.
                *("--locale", "C.UTF-8", "--encoding", "UTF8", "--no-sync"),
            ],
            cwd=self.folder,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
            **(self.account.popen if self.account else {}),
        )
        if made.returncode:
            raise ServiceError(f"initdb failed\n{made.stdout}{made.stderr}")

    def _ready(self) -> bool:
        # What `pg_ctl --wait` looks at: the eighth line says what the server is doing.
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        # A file that a killed server left behind names another process.
        pid = self._process.pid if self._process else None
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def postgres(settings: Mapping[str, str] | None = None) -> Postgres:
    """A context manager that gives a running cluster; `settings` are added to postgresql.conf's.

    Raises ServiceError when PostgreSQL isn't installed or doesn't start.
    """
    return Postgres(settings)

"""Metrics of several processes, which are told together. Not collected without PostgreSQL and Redis."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import redis_database
from tests.processes import PATIENCE_SECONDS, MusubiServer, Variables
from tests.scraping import Scrape
from tests.services.service import free_port


def attempts() -> Iterator[None]:
    """As many as there is time for; the test fails after the last."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        yield
    pytest.fail("it didn't come to pass")


def workers(pid: int) -> set[int]:
    """The processes that serve, among those that the supervisor started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()}


def asked(port: int) -> float:
    """How often someone asked whether the server is alive."""
    return Scrape.of(port).sum("musubi_http_requests_total", method="GET", route="/health/live", status="200")


def test_what_workers_counted_is_told_together_and_outlives_them(
    tmp_path: Path, new_database: str, worker_id: str
) -> None:
    port = free_port()
    (tmp_path / "tmp").mkdir()
    changes: Variables = {
        "DATABASE_URL": new_database, "REDIS_URL": redis_database(worker_id), "MUSUBI_AUTO_MIGRATE": "true",
        "MUSUBI_METRICS_PORT": str(port), "TMPDIR": str(tmp_path / "tmp"),
    }  # fmt: skip
    with MusubiServer(tmp_path, "--workers", "2", changes=changes) as server:
        ask(server, 30)
        assert asked(port) == 30
        wait_for_processes(port, 2)
        victim = min(workers(server.pid))
        os.kill(victim, signal.SIGKILL)
        counted = 30.0
        for _ in attempts():
            # It never falls, not even at the moment at which one is gone.
            now = asked(port)
            assert now >= counted
            counted = now
            if victim not in workers(server.pid) and len(workers(server.pid)) == 2:
                break
        # What the dead one was is forgotten, what it did is not.
        wait_for_processes(port, 2)
        ask(server, 10)
        assert asked(port) == 40
        server.stop()
        assert "Traceback" not in server.log
    assert list((tmp_path / "tmp").iterdir()) == []


def ask(server: MusubiServer, times: int) -> None:
    for _ in range(times):
        # A connection each, so that both workers get some.
        assert httpx.get(f"{server.url}/health/live").status_code == 200


def wait_for_processes(port: int, count: int) -> None:
    for _ in attempts():
        if Scrape.of(port).sum("musubi_processes") == count:
            return

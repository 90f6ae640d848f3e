"""A storm of sign-ins with real password hashes: the rest of the application stays quick, and small."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any, Self

import httpx
import pytest

from tests.processes import PATIENCE_SECONDS, MusubiServer
from tests.support import PASSWORD

AT_ONCE = 400
MEMORY_KIB, WORKERS, QUEUE = 65536, 2, 32
# What a few hundred open connections may take beside the hashes.
MARGIN_KIB = 64 * 1024
# What is asked of the usual answer. The worst is only told: reading four hundred requests alone takes tenths of a
# second, and on a machine that is busy with other things anything can take long once.
USUAL_SECONDS = 1.0

# A process of its own: in that of the test an answer would wait for four hundred others. It asks fifty times a second,
# as often as it is told, or until its input ends, and prints how long each answer took.
PROBE = """
import http.client, json, select, sys, time
port, times, taken = int(sys.argv[1]), int(sys.argv[2]), []
while not select.select([sys.stdin], [], [], 0.02)[0] and len(taken) != times:
    started = time.perf_counter()
    connection = http.client.HTTPConnection("localhost", port, timeout=60)
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200
    connection.close()
    taken.append(time.perf_counter() - started)
print(json.dumps(taken))
"""


class Probe:
    """Asks for `/health` while its block runs, or `times` times."""

    def __init__(self, port: int, times: int = -1) -> None:
        self.taken: list[float] = []
        """Seconds until each answer."""
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROBE, str(port), str(times)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def finish(self, *, early: bool) -> None:
        try:
            # Without an end of its input it goes on until it has asked often enough.
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            if early:
                self._process.stdin.close()
            self.taken = json.loads(self._process.stdout.read() or "[]")
            assert self._process.wait(PATIENCE_SECONDS) == 0
        finally:
            self._process.kill()
            self._process.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish(early=True)


async def post(server: MusubiServer, what: str, **content: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as client:
        return await client.post(f"/api/v1/auth/{what}", **content)


async def storm(server: MusubiServer, passwords: list[str]) -> list[httpx.Response]:
    """Sign `hanako` in with all of these at once."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=server.url, limits=limits, timeout=PATIENCE_SECONDS) as client:
        forms = [{"username": "hanako", "password": password} for password in passwords]
        return await asyncio.gather(*(client.post("/api/v1/auth/login", data=form) for form in forms))


@pytest.mark.parametrize("limited", [False, True], ids=["without limits", "with limits"])
async def test_a_storm_of_logins(
    limited: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    changes: dict[str, str | None] = {
        "MUSUBI_PASSWORD_MEMORY_KIB": str(MEMORY_KIB),
        "MUSUBI_PASSWORD_ITERATIONS": "3",
        "MUSUBI_PASSWORD_WORKERS": str(WORKERS),
        "MUSUBI_PASSWORD_QUEUE": str(QUEUE),
        "MUSUBI_RATE_LIMITS": str(limited),
    }
    with MusubiServer(tmp_path, changes=changes) as server:
        for name in ("hanako", "taro"):
            form = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
            reply = await post(server, "register", json=form)
            assert reply.status_code == 201, reply.text
        idle = Probe(server.port, times=100)
        idle.finish(early=False)
        before = server.memory_kib()

        with Probe(server.port) as busy:
            replies = await storm(server, ["Wrong-pass-1" if limited or n % 2 else PASSWORD for n in range(AT_ONCE)])

        found = Counter(reply.status_code for reply in replies)
        grown = server.memory_kib("VmHWM") - before
        with capsys.disabled():
            sys.stdout.write(
                f"\n{request.node.name}: {dict(found)}; /health usually {median(idle.taken) * 1000:.0f} ms, at worst "
                f"{max(idle.taken) * 1000:.0f} ms idle; usually {median(busy.taken) * 1000:.0f} ms, at worst "
                f"{max(busy.taken) * 1000:.0f} ms in the storm, of {len(busy.taken)} answers; "
                f"{grown // 1024} MiB more\n"
            )
        refused = [reply for reply in replies if reply.status_code in (429, 503)]
        assert set(found) <= ({401, 429, 503} if limited else {200, 401, 503})
        assert all(int(reply.headers["Retry-After"]) > 0 for reply in refused)
        assert len(refused) >= AT_ONCE // 2, "this was no storm"
        if limited:
            assert found[401] == 5
        else:
            assert found[200] > 0
            assert found[401] > 0
        assert busy.taken
        assert median(busy.taken) < USUAL_SECONDS
        assert grown < WORKERS * MEMORY_KIB + MARGIN_KIB

        after = await post(server, "login", data={"username": "taro", "password": PASSWORD})
        assert after.status_code == 200, after.text
        server.stop()
        assert "Traceback" not in server.log

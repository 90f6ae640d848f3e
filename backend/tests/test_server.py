"""`musubi serve` as a process: it says where it is, serves, and stops in order."""

import re
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest

from tests.conftest import redis_database
from tests.processes import PATIENCE_SECONDS, MusubiServer, Variables, run_musubi
from tests.services.service import free_port
from tests.support import PASSWORD


@pytest.fixture
def services(new_database: str, worker_id: str) -> Variables:
    """The variables that name an empty database and, where there is one, a Redis."""
    return {"DATABASE_URL": new_database, "REDIS_URL": redis_database(worker_id), "MUSUBI_AUTO_MIGRATE": "true"}


def link_in(printed: list[str]) -> str:
    return "".join(line for line in printed if "/setup#token=" in line)


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_sigterm_lets_it_finish_what_is_under_way(tmp_path: Path, services: Variables) -> None:
    body = b"username=nobody&password=Tsubaki-7-kaze"
    head = (
        f"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n"
    )
    with MusubiServer(tmp_path, changes=services) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(head.encode())
            # Sent when the application asks for the body: the request is being served.
            assert b"100 Continue" in connection.recv(1000)
            server.signal(signal.SIGTERM)
            deadline = time.monotonic() + PATIENCE_SECONDS
            while accepts(server.port):
                assert time.monotonic() < deadline
            connection.sendall(body)
            assert b" 401 Unauthorized" in connection.recv(1000)
        assert server.wait() == 0
        assert "Traceback" not in server.log


def readiness(server: MusubiServer) -> httpx.Response:
    return httpx.get(f"{server.url}/health/ready", timeout=PATIENCE_SECONDS)


def test_it_says_that_it_will_stop_before_it_does(tmp_path: Path, services: Variables) -> None:
    """For some seconds, in which a load balancer can ask, and new requests are still served."""
    with MusubiServer(tmp_path, changes={**services, "MUSUBI_STOP_DELAY_SECONDS": "3"}) as server:
        assert readiness(server).status_code == 200
        server.signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (reply := readiness(server)).status_code == 200:
            assert time.monotonic() < deadline
        assert reply.json()["error"]["details"] == {"failing": "stopping"}
        assert reply.headers["Connection"] == "close"
        served = httpx.get(f"{server.url}/api/v1/setup", timeout=PATIENCE_SECONDS)
        assert (served.status_code, served.headers["Connection"]) == (200, "close")
        assert server.wait() == 0
        assert "Traceback" not in server.log


def test_a_second_signal_stops_it_at_once(tmp_path: Path, services: Variables) -> None:
    with MusubiServer(tmp_path, changes={**services, "MUSUBI_STOP_DELAY_SECONDS": "600"}) as server:
        server.signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while readiness(server).status_code == 200:
            assert time.monotonic() < deadline
        server.signal(signal.SIGTERM)
        assert server.wait() == 0


def test_ctrl_c_ends_it_without_a_word(tmp_path: Path, services: Variables) -> None:
    elsewhere = {"PORT": str(free_port()), "MUSUBI_PORT": str(free_port())}
    with MusubiServer(tmp_path, changes={**services, **elsewhere}) as server:
        server.signal(signal.SIGINT)
        assert server.wait() == 0
        assert "Traceback" not in server.log
        assert any(server.url in line for line in server.printed)
        # The command line came before the environment, in the links as well.
        link = re.search(r"(http\S+)/setup#token=([0-9a-f]{40})$", link_in(server.printed))
        assert link is not None
        assert link[1] == server.url
    assert not accepts(server.port)


def test_the_link_makes_the_first_superuser_once(tmp_path: Path, services: Variables) -> None:
    with MusubiServer(tmp_path, changes=services) as server:
        token = link_in(server.printed).rpartition("=")[2]
        form = {"username": "root", "email": "root@example.com", "password": PASSWORD}
        reply = httpx.post(f"{server.url}/api/v1/setup", json={**form, "token": token})
        assert reply.status_code == 201, reply.text
        server.stop()
        server.start()
        assert link_in(server.printed) == ""


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = run_musubi(tmp_path, "serve", "--port", str(port))
    assert process.returncode == 1
    assert process.stdout == ""
    assert re.fullmatch(rf"musubi: PORT: .*{port}.*\n", process.stderr)

"""Metrics as Prometheus gets them: from a server that is running, on a port of their own, if at all."""

import re
import socket
from contextlib import suppress
from pathlib import Path

import httpx

from tests.processes import MusubiServer, Variables, run_musubi
from tests.scraping import Scrape
from tests.services.service import free_port
from tests.support import PASSWORD

REQUESTS = "musubi_http_requests_total"
DURATION = "musubi_http_request_duration_seconds"


def test_requests_are_counted_by_the_route_that_answers_them(tmp_path: Path) -> None:
    port = free_port()
    changes: Variables = {"MUSUBI_METRICS_PORT": str(port)}
    with MusubiServer(tmp_path, changes=changes) as server, httpx.Client(base_url=f"{server.url}/api/v1") as client:
        form = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
        token = client.post("/auth/register", json=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        for title in ("結び目", "水引"):
            item = client.post("/items", json={"title": title}).json()
            assert client.get(f"/items/{item['id']}").status_code == 200
        assert client.get("/items/4711").status_code == 404
        assert client.delete("/items").status_code == 405
        assert client.get("/nothing/here").status_code == 404
        assert client.get("/nothing/there").status_code == 404
        wrong = {"username": "hanako", "password": "not this one"}
        assert client.post("/auth/login", data=wrong).status_code == 401

        scrape = Scrape.of(port)
        item_route = {"method": "GET", "route": "/api/v1/items/{item_id}"}
        assert scrape.sum(REQUESTS, **item_route, status="200") == 2
        assert scrape.sum(REQUESTS, **item_route, status="404") == 1
        assert scrape.sum(f"{DURATION}_count", **item_route) == 3
        assert scrape.sum(f"{DURATION}_bucket", **item_route, le="+Inf") == 3
        assert 0 < scrape.sum(f"{DURATION}_sum", **item_route) < 60
        assert scrape.sum(REQUESTS, method="POST", route="/api/v1/items", status="201") == 2
        assert scrape.sum(REQUESTS, method="DELETE", route="/api/v1/items", status="405") == 1
        # Whatever path a client makes up is one series.
        assert scrape.sum(REQUESTS, route="unknown", status="404") == 2
        assert not any("4711" in route or "nothing" in route for route in scrape.values(REQUESTS, "route"))
        assert scrape.sum("musubi_http_requests_in_progress") == 0
        assert scrape.sum("musubi_registrations_total") == 1
        assert scrape.sum("musubi_sign_ins_total", method="password", outcome="failed") == 1
        assert scrape.sum("musubi_ready") == 1
        assert scrape.sum("musubi_processes") == 1
        server.stop()
        assert "Traceback" not in server.log


def test_there_is_nothing_but_metrics_and_only_on_their_port(tmp_path: Path) -> None:
    port = free_port()
    with MusubiServer(tmp_path, changes={"MUSUBI_METRICS_PORT": str(port)}) as server:
        assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 404
        assert httpx.get(f"http://127.0.0.1:{port}/health").status_code == 404
        assert httpx.get(f"http://127.0.0.1:{port}/metrics/more").status_code == 404
        assert httpx.post(f"http://127.0.0.1:{port}/metrics").status_code == 501
        public = httpx.get(f"{server.url}/metrics")
        assert "musubi_" not in public.text
        server.stop()
        assert "Traceback" not in server.log


def test_without_a_port_nothing_listens(tmp_path: Path) -> None:
    with MusubiServer(tmp_path) as server:
        assert listening(server.pid) == {server.port}
        server.stop()


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        changes: Variables = {"MUSUBI_METRICS_PORT": str(port)}
        process = run_musubi(tmp_path, "serve", "--port", str(free_port()), changes=changes)
    assert process.returncode == 1
    assert process.stdout == ""
    assert re.fullmatch(rf"musubi: MUSUBI_METRICS_PORT: .*{port}.*\n", process.stderr)


def listening(pid: int) -> set[int]:
    """The TCP ports at which a process listens, as the kernel says."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        # One may be closed while we look.
        with suppress(FileNotFoundError):
            inodes.add(str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]"))
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            # 0A: it listens.
            if fields[3] == "0A" and fields[9] in inodes:
                ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports

"""The installation works, and goes on working while its parts are replaced."""

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from functools import partial

import httpx
import pytest

from tests.containers.load import Member, load
from tests.containers.stack import BACKENDS, Stack, run
from tests.features.files.support import picture

PATIENCE_SECONDS = 60
BROWSER_SECONDS = 300
GRACE_SECONDS = 30
UPSTREAMS = "/run/musubi/upstreams.conf"


def listed(stack: Stack) -> set[str]:
    """The backends that the gateway sends requests to."""
    (gateway,) = stack.containers("gateway")
    return set(re.findall(r"server ([\d.]+):8000", stack.inside(gateway, "cat", UPSTREAMS)))


def addresses(stack: Stack) -> set[str]:
    """Those that run, as the gateway reaches them."""
    found = set()
    for container in stack.containers("backend"):
        networks = stack.inspect(container)["NetworkSettings"]["Networks"]
        found |= {network["IPAddress"] for name, network in networks.items() if name.endswith("_web")}
    return found


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        threading.Event().wait(0.2)


def all_are_listed(stack: Stack) -> None:
    wait_until(lambda: listed(stack) == addresses(stack), "the gateway doesn't know the backends that run")


def test_it_is_served_through_the_gateway(stack: Stack) -> None:
    with stack.client() as client:
        assert client.get("/health/ready").json()["status"] == "healthy"
        page = client.get("/")
        assert page.status_code == 200
        script = re.search(r'"(/static/libraries-[^"]+\.js)"', page.text)
        assert script is not None
        reply = client.get(script[1], headers={"Accept-Encoding": "br"})
        assert (reply.status_code, reply.headers["Content-Encoding"]) == (200, "br")
        assert httpx.get(f"http://localhost:{stack.http_port}/", trust_env=False).headers["Location"] == f"{stack.url}/"


def test_both_images_have_the_same_files(stack: Stack) -> None:
    backend, (gateway,) = stack.containers("backend")[0], stack.containers("gateway")
    find = "import musubi, os; print(*os.listdir(os.path.dirname(musubi.__file__) + '/web/static'))"
    in_wheel = stack.inside(backend, "python", "-c", find).split()
    on_disk = stack.inside(gateway, "ls", "/usr/share/musubi/web/static").split()
    assert set(in_wheel) == {name for name in on_disk if not name.endswith((".br", ".gz"))}


def test_people_work_with_it(stack: Stack) -> None:
    """From the registration to the sign-out, in two browsers, with live connections and an upload."""
    run("scripts/npm", "run", "e2e:gateway", seconds=BROWSER_SECONDS, variables={"GATEWAY_URL": stack.url})


def test_every_backend_gets_requests(stack: Stack) -> None:
    all_are_listed(stack)
    assert len(listed(stack)) == BACKENDS
    with stack.client() as client:
        for _ in range(8):
            assert client.get("/api/v1/setup").status_code == 200
    for container in stack.containers("backend"):
        assert '"/api/v1/setup"' in stack.log(container)


def test_a_file_is_there_for_every_backend(stack: Stack, member: Member) -> None:
    reply = member.client.post("/api/v1/upload/files", files={"file": ("picture.png", picture(), "image/png")})
    assert reply.status_code == 201, reply.text
    for _ in range(8):
        read = member.client.get(f"/api/v1/upload/files/{reply.json()['stored_name']}")
        assert read.status_code == 200
        assert hashlib.sha256(read.content).hexdigest() == reply.json()["sha256"]


def test_the_database_is_owned_by_a_role_that_is_no_superuser(stack: Stack) -> None:
    (postgres,) = stack.containers("postgres")
    ask = "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'musubi'"
    assert stack.inside(postgres, "psql", "-U", "postgres", "-Atc", ask).strip() == "f|f|f"


def has_come_back(stack: Stack, container: str) -> bool:
    healthy = stack.inspect(container)["State"]["Health"]["Status"] == "healthy"
    return healthy and listed(stack) == addresses(stack)


def test_backends_restart_one_by_one_and_no_request_fails(stack: Stack, member: Member) -> None:
    all_are_listed(stack)
    with load(member) as outcomes:
        for container in stack.containers("backend"):
            run("docker", "restart", "--time", "30", container)
            wait_until(partial(has_come_back, stack, container), "it doesn't come back")
    assert set(outcomes) == {"done"}, outcomes
    assert outcomes["done"] > 100


def test_backends_come_and_go_and_no_request_fails(stack: Stack, member: Member) -> None:
    with load(member) as outcomes:
        stack.up("--scale", f"backend={BACKENDS + 1}", "--no-recreate")
        wait_until(lambda: len(listed(stack)) == BACKENDS + 1, "the new one gets no requests")
        stack.up("--scale", f"backend={BACKENDS}", "--no-recreate")
        all_are_listed(stack)
        assert len(listed(stack)) == BACKENDS
    assert set(outcomes) == {"done"}, outcomes


def test_migrations_may_run_again(stack: Stack) -> None:
    stack.compose("run", "--rm", "--no-deps", "migrate")


def test_prometheus_finds_every_backend(stack: Stack) -> None:
    stack.compose(
        "--profile", "watch", "up", "--no-build", "--detach", "--wait", "prometheus", seconds=PATIENCE_SECONDS
    )
    (prometheus,) = stack.containers("prometheus")
    ask = ("promtool", "query", "instant", "http://localhost:9090", 'up{job="musubi"} == 1')
    wait_until(lambda: stack.inside(prometheus, *ask).count("=> 1") == BACKENDS, "not all backends tell their metrics")


@pytest.mark.parametrize(
    ("service", "last_words"), [("backend", "Finished server process"), ("gateway", "signal 3 (SIGQUIT) received")]
)
def test_a_stop_is_orderly(stack: Stack, service: str, last_words: str) -> None:
    container = stack.containers(service)[0]
    started = time.monotonic()
    run("docker", "stop", "--time", str(GRACE_SECONDS), container)
    # Who is killed in the end has used up all of it.
    assert time.monotonic() - started < GRACE_SECONDS
    state = stack.inspect(container)["State"]
    assert (state["ExitCode"], state["OOMKilled"]) == (0, False), json.dumps(state)
    assert last_words in stack.log(container)
    stack.up()

"""What a service that was broken into could do from its container: little."""

import json

import pytest

from tests.containers.stack import IMAGES, VERSION, Stack, run

SERVICES = ("gateway", "backend", "postgres", "valkey")


def name_of(image: str) -> str:
    return f"{IMAGES[image]}:{VERSION}"


@pytest.mark.parametrize("service", SERVICES)
def test_nobody_is_root_and_nothing_can_be_gained(stack: Stack, service: str) -> None:
    for container in stack.containers(service):
        assert int(stack.inside(container, "id", "-u")) > 0
        status = stack.inside(container, "cat", "/proc/1/status")
        capabilities = {line.split()[0]: line.split()[1] for line in status.splitlines() if line.startswith("Cap")}
        assert {int(value, 16) for value in capabilities.values()} == {0}
        assert "NoNewPrivs:\t1" in status


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_cannot_be_written_to(stack: Stack, service: str) -> None:
    for container in stack.containers(service):
        assert stack.inspect(container)["HostConfig"]["ReadonlyRootfs"] is True
        with pytest.raises(AssertionError, match="Read-only file system"):
            stack.inside(container, "touch", "/var/lib/written")


@pytest.mark.parametrize("service", SERVICES)
def test_what_it_takes_is_limited(stack: Stack, service: str) -> None:
    for container in stack.containers(service):
        host = stack.inspect(container)["HostConfig"]
        assert host["Memory"] > 0
        assert host["NanoCpus"] > 0
        assert host["PidsLimit"] > 0
        assert {"max-size", "max-file"} <= host["LogConfig"]["Config"].keys()
        assert host["RestartPolicy"]["Name"] == "unless-stopped"


def test_only_the_gateway_is_published(stack: Stack) -> None:
    published = {}
    for container in stack.containers():
        details = stack.inspect(container)
        ports = {port for port, places in details["NetworkSettings"]["Ports"].items() if places}
        if ports:
            published[details["Config"]["Labels"]["com.docker.compose.service"]] = ports
    assert published == {"gateway": {"8080/tcp", "8443/tcp"}}


@pytest.mark.parametrize(("service", "port"), [("postgres", 5432), ("valkey", 6379)])
def test_the_gateway_does_not_reach_what_lies_behind_the_backends(stack: Stack, service: str, port: int) -> None:
    (gateway,), (behind,) = stack.containers("gateway"), stack.containers(service)
    backend = stack.containers("backend")[0]
    networks = stack.inspect(behind)["NetworkSettings"]["Networks"]
    (address,) = {network["IPAddress"] for network in networks.values()}
    connect = f"exec 3<>/dev/tcp/{address}/{port}"
    stack.inside(backend, "timeout", "5", "bash", "-c", connect)
    with pytest.raises(AssertionError):
        stack.inside(gateway, "timeout", "5", "bash", "-c", connect)
    with pytest.raises(AssertionError):
        stack.inside(gateway, "getent", "hosts", service)


def test_no_secret_is_in_an_image_a_variable_or_a_command(stack: Stack) -> None:
    files = [file for file in stack.secrets.rglob("*") if file.is_file() and file.suffix != ".pem"]
    secrets = {line for file in files for line in file.read_text().split() if len(line) >= 40}
    assert len(secrets) > 5
    told = [json.dumps(stack.inspect(container)) for container in stack.containers(stopped=True)]
    told += [run("docker", "history", "--no-trunc", name_of(image)) for image in ("backend", "gateway")]
    told += [stack.inside(container, "bash", "-c", "cat /proc/*/cmdline") for container in stack.containers("valkey")]
    assert [secret for secret in secrets if any(secret in text for text in told)] == []


@pytest.mark.parametrize("image", ["backend", "gateway"])
def test_the_images_say_what_they_are(image: str, stack: Stack) -> None:
    config = stack.inspect(name_of(image))["Config"]
    labels = config["Labels"]
    assert labels["org.opencontainers.image.title"] == f"musubi-{image}"
    assert labels["org.opencontainers.image.version"][0].isdigit()
    assert len(labels["org.opencontainers.image.revision"]) == 40
    assert config["User"] == "10001:10001"
    assert config["StopSignal"] == "SIGTERM"


@pytest.mark.parametrize("image", ["backend", "gateway"])
def test_a_healthcheck_tells_when_nobody_answers(image: str, stack: Stack) -> None:
    """That it passes while somebody does, the installation needed to start."""
    kind, *check = stack.inspect(name_of(image))["Config"]["Healthcheck"]["Test"]
    assert kind == "CMD"
    with pytest.raises(AssertionError):
        run("docker", "run", "--rm", "--entrypoint", check[0], name_of(image), *check[1:])

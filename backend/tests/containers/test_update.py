"""deploy.sh brings an installation of containers to another version, and nobody notices."""

from pathlib import Path

from tests.containers.load import Member, load
from tests.containers.stack import BACKENDS, VERSION, Stack

NEXT = f"{VERSION}-next"


def versions(stack: Stack) -> list[str]:
    return [stack.inside(container, "musubi", "--version").strip() for container in stack.containers("backend")]


def test_an_update_and_its_rollback_fail_no_request(stack: Stack, member: Member, tmp_path: Path) -> None:
    stack.make_version(NEXT)
    for arguments, version in (([NEXT], NEXT), (["--rollback"], VERSION)):
        with load(member) as outcomes:
            done = stack.deploy(tmp_path, *arguments)
        logs = "".join(log.read_text() for log in sorted((tmp_path / "state" / "logs").iterdir()))
        assert done.returncode == 0, done.stdout + logs
        assert set(outcomes) == {"done"}, outcomes
        assert outcomes["done"] > 100
        assert versions(stack) == [version] * BACKENDS
        assert len(list((tmp_path / "backups").iterdir())) == 1, logs

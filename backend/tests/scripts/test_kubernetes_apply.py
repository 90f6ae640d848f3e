"""deploy/kubernetes/apply does things in order and stops where something fails; here with a stand-in for kubectl."""

import os
import subprocess
from pathlib import Path

import pytest

APPLY = Path(__file__).resolve().parents[3] / "deploy/kubernetes/apply"
# Writes down what it is asked. ENDS is how jobs end, MISSING and BROKEN the commands that fail.
KUBECTL = """#!/usr/bin/env bash
echo "$*" >>"$CALLS"
case "$*" in
  "$MISSING"*|"$BROKEN"*) exit 1 ;;
  "get job"*) echo "$ENDS" ;;
esac
"""


def apply(folder: Path, *arguments: str, **variables: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    program = folder / "kubectl"
    program.write_text(KUBECTL)
    program.chmod(0o755)
    calls = folder / "calls"
    calls.touch()
    environment = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "TMPDIR": str(folder),
        "CALLS": str(calls),
        "ENDS": "SuccessCriteriaMet Complete",
        "MISSING": "-",
        "BROKEN": "-",
        **variables,
    }
    done = subprocess.run([str(APPLY), *arguments], env=environment, capture_output=True, text=True, check=False)
    return done, [" ".join(line.split()[:2]) for line in calls.read_text().splitlines()]


def test_backup_and_migration_come_before_the_pods(tmp_path: Path) -> None:
    done, calls = apply(tmp_path, "production")
    assert done.returncode == 0, done.stderr
    assert [call for call in calls if call.startswith(("create", "apply", "rollout", "get job"))] == [
        "create job",
        "get job",
        "apply --filename",
        "get job",
        "apply --filename",
        "rollout status",
        "rollout status",
    ]
    assert list(tmp_path.glob("tmp.*")) == []


def test_the_first_installation_has_nothing_to_back_up(tmp_path: Path) -> None:
    done, calls = apply(tmp_path, "production", MISSING="get deployment")
    assert done.returncode == 0, done.stderr
    assert "create job" not in calls


def test_pods_are_left_alone_when_a_job_fails(tmp_path: Path) -> None:
    done, calls = apply(tmp_path, "production", MISSING="get deployment", ENDS="FailureTarget Failed")
    assert done.returncode == 1
    assert "the job musubi-migrate-" in done.stderr
    assert calls.count("apply --filename") == 1


def test_pods_of_before_come_back(tmp_path: Path) -> None:
    done, calls = apply(tmp_path, "production", BROKEN="rollout status deployment/musubi-gateway")
    assert done.returncode == 1
    assert calls[-2:] == ["rollout undo", "rollout undo"]


def test_a_pause_ends_also_when_the_migration_fails(tmp_path: Path) -> None:
    done, calls = apply(tmp_path, "--with-pause", "production", MISSING="get deployment", ENDS="Failed")
    assert done.returncode == 1
    assert calls.index("scale deployment/musubi-backend") < calls.index("apply --filename")
    assert calls[-1] == "delete configmap"


@pytest.mark.parametrize("arguments", [(), ("nowhere",), ("production", "9.9.9")])
def test_what_makes_no_sense_changes_nothing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done, calls = apply(tmp_path, *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("apply: ")
    assert calls == []

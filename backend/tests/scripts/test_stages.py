"""The runner of `make test` counts right: what failed, what was skipped, and what never ran."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"

PASSING = '<testsuite><testcase name="a"/><testcase name="b"/></testsuite>'
MIXED = """<testsuite>
<testcase name="a"/><testcase name="b"><failure/></testcase>
<testcase name="c"><error/></testcase><testcase name="d"><skipped/></testcase>
<testcase name="e"><skipped type="pytest.xfail"/></testcase></testsuite>"""
SKIPPING = '<testsuite><testcase name="a"/><testcase name="left out"><skipped/></testcase></testsuite>'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the runner and, so far, no stages."""
    (tmp_path / "scripts").mkdir()
    for name in ("test.py", "system.py"):
        shutil.copy(SCRIPTS / name, tmp_path / "scripts")
    return tmp_path


def command(root: Path, targets: dict[str, str]) -> list[str]:
    """The command that runs these stages, each of one line of shell."""
    rules = [f"{name}:\n\t@{line}\n" for name, line in targets.items()]
    (root / "Makefile").write_text("".join(rules))
    return [sys.executable, "scripts/test.py", *targets]


def run(root: Path, targets: dict[str, str], *, ci: str = "") -> tuple[int, list[str]]:
    """The exit status and the lines of the output."""
    environment = {**os.environ, "CI": ci}
    done = subprocess.run(
        command(root, targets), cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.splitlines()


def reporting(report: str) -> str:
    """A line of shell that writes the report."""
    flat = report.replace("\n", "")
    return f"echo '{flat}' > $$REPORT"


def test_tests_are_summed_up_and_a_stage_without_tests_counts_as_one(root: Path) -> None:
    status, lines = run(root, {"lint-backend": "true", "test-backend": reporting(PASSING)})
    assert (status, lines[-1]) == (0, "3 passed, 0 failed")


def test_failures_and_errors_are_failures_and_an_expected_failure_passes(root: Path) -> None:
    status, lines = run(root, {"test-backend": f"{reporting(MIXED)}; exit 1"})
    assert (status, lines[-1]) == (1, "2 passed, 2 failed")


def test_the_others_run_after_a_failure_which_shows_its_output(root: Path) -> None:
    status, lines = run(root, {"lint-backend": "echo why it failed; exit 1", "size": "true"})
    assert (status, lines[-1]) == (1, "1 passed, 1 failed")
    assert "why it failed" in lines


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("true", id="no report"),
        pytest.param(reporting("<testsuite/>"), id="no test"),
        pytest.param(f"{reporting(PASSING)}; exit 3", id="a crash after the last test"),
    ],
)
def test_a_run_that_looks_green_but_is_not(root: Path, line: str) -> None:
    status, lines = run(root, {"test-backend": line})
    assert status == 1
    assert lines[-1].endswith("1 failed")


@pytest.mark.parametrize(("ci", "expected"), [("", 0), ("true", 1)])
def test_a_skipped_test_is_named_and_fails_only_in_ci(root: Path, ci: str, expected: int) -> None:
    status, lines = run(root, {"test-backend": reporting(SKIPPING)}, ci=ci)
    assert status == expected
    assert "  left out" in lines
    assert lines[-1] == "1 passed, 0 failed"


def test_an_unknown_stage_is_an_error(root: Path) -> None:
    assert run(root, {"no-such-stage": "true"})[0] == 2


def test_an_interrupt_stops_what_runs(root: Path) -> None:
    # The stage holds the writing end of a pipe for as long as anything of it lives.
    pipe = root / "pipe"
    os.mkfifo(pipe)
    stage = {"lint-backend": "exec 3> pipe; echo begun >&3; sleep 600; true"}
    runner = subprocess.Popen(command(root, stage), cwd=root, stdout=subprocess.DEVNULL)
    with pipe.open() as output:
        assert output.readline() == "begun\n"
        runner.send_signal(signal.SIGTERM)
        assert output.read() == ""
    assert runner.wait() == 130

"""A step runs when its inputs changed, and only then."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "once.py"


class Project:
    """A folder with the script, an input, and a step that appends a line to its output."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "scripts").mkdir()
        (root / "source").mkdir()
        shutil.copy(SCRIPT, root / "scripts")
        self.input = root / "source" / "input.txt"
        self.input.write_text("one")
        self.output = root / "output"

    def step(self, *, step: str = "echo x >> output", inputs: str = "source", **environment: str) -> int:
        options = ["--inputs", inputs, "--outputs", "output", "--except", "*.test", "--env", "FLAVOUR"]
        return subprocess.run(
            [sys.executable, "scripts/once.py", "step", *options, "--", "sh", "-c", step],
            cwd=self.root,
            env={**os.environ, **environment},
            capture_output=True,
            check=False,
        ).returncode

    @property
    def runs(self) -> int:
        return len(self.output.read_text().splitlines()) if self.output.exists() else 0


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_nothing_changed_nothing_runs(project: Project) -> None:
    assert [project.step(), project.step()] == [0, 0]
    assert project.runs == 1


def test_a_new_time_alone_is_no_change(project: Project) -> None:
    project.step()
    os.utime(project.input, (1, 1))
    project.step()
    assert project.runs == 1


def test_content_place_variable_and_command_count(project: Project) -> None:
    project.step()
    project.input.write_text("two")
    project.step()
    assert project.runs == 2
    project.input.rename(project.input.with_name("renamed.txt"))
    project.step()
    assert project.runs == 3
    project.step(FLAVOUR="sweet")
    assert project.runs == 4
    project.step(FLAVOUR="sweet", step="echo y >> output")
    assert project.runs == 5


def test_an_excepted_file_does_not_count(project: Project) -> None:
    project.step()
    (project.root / "source" / "some.test").write_text("new")
    project.step()
    assert project.runs == 1


def test_a_lost_output_is_made_again(project: Project) -> None:
    project.step()
    project.output.unlink()
    project.step()
    assert project.runs == 1


def test_a_failure_is_passed_on_and_tried_again(project: Project) -> None:
    project.step()
    failing = "echo x >> output; exit 3"
    assert project.step(step=failing) == 3
    assert project.step(step=failing) == 3
    assert project.runs == 3


def test_a_misspelt_input_is_an_error(project: Project) -> None:
    assert project.step(inputs="sauce") != 0
    assert project.runs == 0

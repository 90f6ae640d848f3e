"""The workflows call what people call, and use nothing that can change behind our back."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
# Workflows, and the actions they share.
FILES = [*WORKFLOWS, *sorted(GITHUB.glob("actions/*/action.yml"))]
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
OURS = re.compile(r"\$/(\.github/\S+)")


def content(file: Path) -> dict[str, Any]:
    parsed = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert isinstance(parsed, dict)
    return parsed


def jobs() -> list[tuple[str, dict[str, Any]]]:
    return [(f"{file.stem}/{name}", job) for file in WORKFLOWS for name, job in content(file)["jobs"].items()]


def steps() -> list[dict[str, Any]]:
    found = [step for _, job in jobs() for step in job.get("steps", [])]
    for file in FILES:
        found += content(file).get("runs", {}).get("steps", [])
    return found


def stages() -> set[str]:
    """The stages of `make test` by the source of scripts/test.py, which can't be imported from here."""
    return set(re.findall(r'^    Stage\(\s*"([\w-]+)"', (ROOT / "scripts/test.py").read_text(), re.MULTILINE))


def test_there_are_workflows() -> None:
    assert {file.stem for file in WORKFLOWS} == {"deploy", "release", "security", "test"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_used_is_pinned_or_ours(file: Path) -> None:
    used = re.findall(r"^\s*(?:- )?uses: (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    foreign = [each for each in used if not OURS.fullmatch(each)]
    assert [each for each in foreign if not PINNED.fullmatch(each)] == []
    own = [match[1] for each in used if (match := OURS.fullmatch(each))]
    assert [path for path in own if not (ROOT / path).is_file() and not (ROOT / path / "action.yml").is_file()] == []


def test_an_action_has_one_version() -> None:
    used = {pin for file in FILES for pin in re.findall(r"uses: (\S+@[0-9a-f]{40} # \S+)", file.read_text())}
    assert len(used) == len({pin.partition("@")[0] for pin in used})


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_may_nothing_that_a_job_does_not_ask_for(file: Path) -> None:
    workflow = content(file)
    assert workflow["permissions"] == {}
    assert "concurrency" in workflow
    for name, job in workflow["jobs"].items():
        assert isinstance(job.get("permissions"), dict), name
        # GitHub lets a job of six hours run otherwise. Of one that calls a workflow, its jobs have their own.
        assert ("timeout-minutes" in job) != ("uses" in job), name


def test_no_checkout_leaves_its_credentials_behind() -> None:
    checkouts = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert [step for step in checkouts if step["with"]["persist-credentials"] is not False] == []


def test_nothing_is_pasted_into_a_shell() -> None:
    """What an expression gives reaches a command as a variable: pasted into it, it could be one."""
    assert [step["run"] for step in steps() if "${{" in step.get("run", "")] == []


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {
        name
        for step in steps()
        for command in re.findall(r"^\s*make ([a-z -]+)$", step.get("run", ""), re.MULTILINE)
        for name in command.split()
    }
    assert {"test", "audit", "sbom", "wheel"} <= called
    assert called <= targets


def test_every_stage_of_make_test_is_run_by_one_job() -> None:
    matrices = [job["strategy"]["matrix"] for name, job in jobs() if name in ("test/stage", "test/long")]
    rows = [row["stages"] for matrix in matrices for row in matrix.get("include", [])]
    rows += [name for matrix in matrices for name in matrix.get("stages", [])]
    assert {name for row in rows for name in row.split()} == stages()


def test_every_script_that_is_called_exists() -> None:
    called = {
        path
        for step in steps()
        for path in re.findall(r"(?:^|\s)((?:scripts|deploy|\.github)/[\w./-]+)", step.get("run", ""))
    }
    assert called
    assert [path for path in called if not (ROOT / path).is_file()] == []


def test_a_release_is_made_without_caches() -> None:
    release = content(GITHUB / "workflows/release.yml")
    for name, job in release["jobs"].items():
        for step in [job, *job.get("steps", [])]:
            if step.get("uses", "").startswith("$/"):
                assert step["with"]["caches"] == "off", name


def test_only_what_publishes_may_write() -> None:
    writers = {name for name, job in jobs() if "write" in job["permissions"].values()}
    assert writers == {"release/image", "release/package", "release/publish", "security/code"}

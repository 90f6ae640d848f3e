"""What has to be true of the repository itself: its locks, its Makefile and its example of the settings."""

import re
import subprocess
import tomllib
from importlib.metadata import distribution, entry_points
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from pydantic import AliasChoices

from musubi.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
BACKEND = ROOT / "backend"
LOCKS = (
    "requirements.lock",
    "requirements-build.lock",
    "requirements-checks.lock",
    "requirements-dev.lock",
    "requirements-tools.lock",
)
# A lock with a host in it fails wherever packages come from another one. In two parts: this file is read too.
REGISTRIES = [f"{name}.{domain}" for name, domain in [("registry.npmjs", "org"), ("registry.yarnpkg", "com")]]
REGISTRIES += [f"{name}.{domain}" for name, domain in [("pypi", "org"), ("files.pythonhosted", "org")]]
# Older versions have published holes, and the audits can't always reach their databases.
FLOORS = {
    "authlib": "1.9.9",
    "fastapi": "0.165",
    "pillow": "12.3",
    "pyjwt": "2.15",
    "python-multipart": "0.0.31",
    "starlette": "1.10",
    "uvicorn": "0.54",
}


def tracked_files() -> list[Path]:
    """Every file that git keeps, or would keep with the next `git add`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    files = [ROOT / name for name in names.decode().split("\0") if name]
    return [file for file in files if file.is_file()]


def pins(lock: str) -> dict[str, list[Requirement]]:
    """The locked versions by name; several where markers divide them."""
    result: dict[str, list[Requirement]] = {}
    for line in re.findall(r"^([\w.-]+==[^\\\n]+?)\s*\\?$", (BACKEND / lock).read_text(), re.MULTILINE):
        requirement = Requirement(line)
        result.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return result


def version(pin: Requirement) -> Version:
    return Version(next(iter(pin.specifier)).version)


def project() -> dict[str, Any]:
    return tomllib.loads((BACKEND / "pyproject.toml").read_text())


def asked(group: str) -> list[Requirement]:
    """What pyproject.toml asks for in a dependency group, the groups that it includes among them."""
    entries = project()["dependency-groups"][group]
    result = [Requirement(entry) for entry in entries if isinstance(entry, str)]
    for entry in entries:
        if isinstance(entry, dict):
            result += asked(entry["include-group"])
    return result


def unmet(requirements: list[Requirement], lock: str) -> list[str]:
    """The requirements, and those of the locked packages they lead to, that the lock doesn't fulfil."""
    locked = pins(lock)
    missing: list[str] = []
    queue = [(requirement, frozenset[str]()) for requirement in requirements]
    seen: set[str] = set()
    while queue:
        requirement, extras = queue.pop()
        environments = [{"extra": extra} for extra in extras or {""}]
        if requirement.marker and not any(requirement.marker.evaluate(each) for each in environments):
            continue
        name = canonicalize_name(requirement.name)
        found = locked.get(name, [])
        if not any(requirement.specifier.contains(version(pin), prereleases=True) for pin in found):
            missing.append(str(requirement))
        elif (key := f"{name}{sorted(requirement.extras)}") not in seen:
            seen.add(key)
            needed = distribution(name).requires or []
            queue += [(Requirement(line), frozenset(requirement.extras)) for line in needed]
    return missing


def test_no_file_names_a_registry() -> None:
    texts = {file: file.read_bytes() for file in tracked_files()}
    assert texts
    guilty = [str(file) for file, text in texts.items() if any(host.encode() in text for host in REGISTRIES)]
    assert guilty == []


def test_the_frontends_lock_names_no_address() -> None:
    assert '"resolved"' not in (ROOT / "frontend" / "package-lock.json").read_text()


@pytest.mark.parametrize("path", ["backend/uv.lock", "var/musubi.sqlite3", ".env", "backend/src/musubi/web/index.html"])
def test_what_is_made_is_ignored(path: str) -> None:
    assert subprocess.run(["git", "check-ignore", "--quiet", path], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes(lock: str) -> None:
    blocks = re.split(r"^(?=[\w.-]+==)", (BACKEND / lock).read_text(), flags=re.MULTILINE)
    packages = [block for block in blocks if block.strip()]
    assert packages
    assert [block.split()[0] for block in packages if "--hash=sha256:" not in block] == []


def test_the_locks_hold_what_pyproject_asks_for() -> None:
    """`make lock` after a change of pyproject.toml makes this true again."""
    runtime = [Requirement(line) for line in project()["project"]["dependencies"]]
    assert unmet(runtime, "requirements.lock") == []
    assert unmet(asked("build"), "requirements-build.lock") == []
    assert unmet(runtime + asked("dev"), "requirements-dev.lock") == []
    # Installed elsewhere, so what they lead to can't be followed from here.
    for group in ("checks", "tools"):
        locked = pins(f"requirements-{group}.lock")
        assert [str(each) for each in asked(group) if canonicalize_name(each.name) not in locked] == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-build.lock"])
def test_what_is_tested_is_what_is_served(lock: str) -> None:
    tested = pins("requirements-dev.lock")
    differing = [name for name, found in pins(lock).items() if found != tested.get(name)]
    assert differing == []


def test_no_version_with_known_holes_is_locked() -> None:
    locked = [(name, pin) for lock in LOCKS for name, found in pins(lock).items() for pin in found]
    assert locked
    assert [str(pin) for name, pin in locked if version(pin) < Version(FLOORS.get(name, "0"))] == []


def test_the_console_script_exists() -> None:
    scripts = entry_points(group="console_scripts")
    for name, target in project()["project"]["scripts"].items():
        assert scripts[name].value == target
        assert callable(scripts[name].load())


def test_every_target_has_a_line_in_the_help() -> None:
    """All but the steps of the setup, which nobody calls by name."""
    makefile = (ROOT / "Makefile").read_text()
    public = makefile.partition("# The steps of the setup.")[0]
    targets = set(re.findall(r"^\.PHONY: (\S+)$", public, re.MULTILINE))
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = dict(re.findall(r"^  make (\S+) +(\S.*)$", listed, re.MULTILINE))
    assert set(lines) == targets
    assert {"run", "test", "setup", "dev", "lint", "contract", "e2e", "bench", "test-faults"} <= targets
    assert all(line[0].isupper() for line in lines.values())


def names(field: str) -> set[str]:
    """The names under which the environment may give a setting."""
    alias = Settings.model_fields[field].validation_alias
    return {str(each) for each in alias.choices} if isinstance(alias, AliasChoices) else {f"MUSUBI_{field.upper()}"}


def test_the_example_holds_every_setting_with_its_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = re.findall(r"^#(\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    shown = {name for name, _ in lines}
    assert [field for field in Settings.model_fields if not names(field) & shown] == []
    assert shown <= set().union(*map(names, Settings.model_fields))
    for name in set().union(*map(names, Settings.model_fields)):
        monkeypatch.delenv(name, raising=False)
    bare = Settings(_env_file=None)
    for name, value in lines:
        monkeypatch.setenv(name, value)
    assert Settings(_env_file=None) == bare

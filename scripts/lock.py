"""Write backend/requirements*.lock from backend/pyproject.toml: packages, versions and hashes, but no host.

    lock.py                  only what pyproject.toml now asks for changes; the rest keeps its version
    lock.py --upgrade        everything moves to the newest version that pyproject.toml allows
    lock.py --upgrade NAME   so do the named packages

uv's own lock file names the host that each package came from, so it is made in a temporary folder and only
its exports are kept. The versions of the committed locks go in as constraints.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

BACKEND = Path(__file__).resolve().parent.parent / "backend"
UV = Path(__file__).resolve().parent / "uv"
# What each lock holds, as options of `uv export`.
LOCKS = {
    "requirements.lock": ["--no-default-groups"],
    "requirements-build.lock": ["--only-group", "build"],
    "requirements-checks.lock": ["--only-group", "checks"],
    "requirements-dev.lock": ["--group", "dev"],
    "requirements-tools.lock": ["--only-group", "tools"],
}


def pins() -> list[Requirement]:
    """The requirements of the committed locks: one version each, some with a marker."""
    texts = [(BACKEND / name).read_text() for name in LOCKS if (BACKEND / name).exists()]
    lines = re.findall(r"^([\w.-]+==[^\\\n]+?)\s*\\?$", "\n".join(texts), re.MULTILINE)
    return [Requirement(line) for line in sorted(set(lines))]


def wanted() -> dict[str, Requirement]:
    """What pyproject.toml asks for by name, in its dependencies and its groups."""
    project = tomllib.loads((BACKEND / "pyproject.toml").read_text())
    lines = list(project["project"]["dependencies"])
    for group in project["dependency-groups"].values():
        lines += [line for line in group if isinstance(line, str)]
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, lines)}


def kept(upgraded: set[str]) -> list[str]:
    """The pins that stay: those of no upgraded package, and none that pyproject.toml has ruled out."""
    asked = wanted()
    result = []
    for pin in pins():
        name = canonicalize_name(pin.name)
        version = next(iter(pin.specifier)).version
        allowed = name not in asked or asked[name].specifier.contains(version, prereleases=True)
        if name not in upgraded and allowed:
            result.append(str(pin))
    return result


def export(constraints: list[str]) -> None:
    """Resolve in a folder of its own and write the locks."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(BACKEND / "pyproject.toml", folder)
        (folder / "uv.toml").write_text(f"constraint-dependencies = {json.dumps(constraints)}\n")
        subprocess.run([UV, "lock", "--quiet"], cwd=folder, check=True)
        common = ["--quiet", "--locked", "--format", "requirements.txt", "--no-emit-project", "--no-header"]
        for lock, groups in LOCKS.items():
            subprocess.run([UV, "export", *common, *groups, "--output-file", lock], cwd=folder, check=True)
        for lock in LOCKS:
            shutil.copy(folder / lock, BACKEND)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--upgrade", nargs="*", metavar="NAME", help="everything, or the named packages")
    upgrade: list[str] | None = parser.parse_args().upgrade
    everything = upgrade == []
    constraints = [] if everything else kept({canonicalize_name(name) for name in upgrade or []})
    try:
        export(constraints)
    except subprocess.CalledProcessError as error:
        print("lock: uv gave up. If a kept version is in the way, `make lock UPGRADE=name` frees it.")
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Dependencies point one way, and the list of features is the order they are in."""

import subprocess
import sys
import tomllib
from pathlib import Path

from musubi.app import FEATURES

BACKEND = Path(__file__).resolve().parents[2]


def test_the_contracts_of_imports_are_kept() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=BACKEND, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_the_contract_of_features_is_the_list_of_features() -> None:
    project = tomllib.loads((BACKEND / "pyproject.toml").read_text())
    [layers] = [
        contract["layers"]
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract.get("containers") == ["musubi.features"]
    ]
    assert layers == [feature.name for feature in FEATURES]


def test_every_folder_of_a_feature_is_in_the_list() -> None:
    folders = {path.parent.name for path in (BACKEND / "src/musubi/features").glob("*/__init__.py")}
    assert folders == {feature.name for feature in FEATURES}

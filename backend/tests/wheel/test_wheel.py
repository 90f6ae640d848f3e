"""Whoever installs the wheel has all of the application, the browser's part too, and no repository."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.processes import PATIENCE_SECONDS, MusubiServer

BACKEND = Path(__file__).parents[2]
VERSION = tomllib.loads((BACKEND / "pyproject.toml").read_text())["project"]["version"]
WHEEL = BACKEND / "dist" / f"musubi-{VERSION}-py3-none-any.whl"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and the locked packages; its command `musubi`."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder)
    # The packages that are installed here anyway. A file of this kind in a folder that is named in one isn't read, so
    # the one that leads to our sources isn't either.
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    (packages / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n")
    uv = [
        str(BACKEND.parent / "scripts" / "uv"),
        "pip",
        "install",
        "--quiet",
        "--python",
        str(folder / "bin" / "python"),
    ]
    options = ["--offline", "--no-index", "--no-deps", str(WHEEL)]
    subprocess.run([*uv, *options], env={**os.environ, "PYTHON": sys.executable}, check=True, timeout=PATIENCE_SECONDS)
    return folder / "bin" / "musubi"


def test_it_holds_what_is_needed_and_nothing_else() -> None:
    names = zipfile.ZipFile(WHEEL).namelist()
    assert {"musubi/web/index.html", "musubi/migrations/env.py"} <= set(names)
    assert [name for name in names if re.search(r"__pycache__|\.pyc$|^tests?/|\.env$|\.sqlite3", name)] == []


def test_it_serves_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    asked = subprocess.run(
        [str(installed.with_name("python")), "-c", "import musubi; print(musubi.__file__)"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(asked.stdout.strip()).is_relative_to(installed.parents[1])
    # In the place of the command that the tests have.
    launcher = ["sh", "-c", 'shift; exec "$0" "$@"', str(installed)]
    with MusubiServer(tmp_path, launcher=launcher) as server:
        assert httpx.get(f"{server.url}/health").json()["version"] == VERSION
        page = httpx.get(f"{server.url}/items", headers={"Accept": "text/html"})
        assert page.status_code == 200
        script = re.search(r'src="(/static/[^"]+\.js)"', page.text)
        assert script is not None
        assert httpx.get(server.url + script[1]).headers["Content-Type"].startswith("text/javascript")
        server.stop()

"""The browser's workflow, from the registration to the sign-out, over TLS and HTTP/2."""

import os
import subprocess

from tests.gateway.conftest import ROOT, Installation


def test_the_workflow_in_a_browser(installation: Installation) -> None:
    done = subprocess.run(
        ["npm", "run", "--silent", "e2e:gateway"],
        cwd=ROOT / "frontend",
        env={**os.environ, "GATEWAY_URL": installation.url, "PLAYWRIGHT_JUNIT_OUTPUT_FILE": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

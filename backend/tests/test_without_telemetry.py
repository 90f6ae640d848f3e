"""What an installation pays for traces and reports that it doesn't want: nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

# The libraries that trace and report, as if they were not installed. The client of Redis loads some of them by itself
# where it finds them, and the framework the bare interface, so that what is loaded would not tell who wanted it.
SERVE = """
import asyncio, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        parts = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.instrumentation", "sentry_sdk", "google")
        if name.startswith(parts):
            raise ModuleNotFoundError(f"{name} must not be needed")

sys.meta_path.insert(0, Absent())

import httpx
from musubi.core import migrations
from musubi.operations import prepare
from musubi.asgi import application
from musubi.settings import load_settings

async def main():
    await prepare(load_settings())
    app = application()
    assert [each.cls.__name__ for each in app.user_middleware][0] == "RequestContext"
    assert app.state.tracing is None and app.state.reporter is None
    async with app.router.lifespan_context(app):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8000") as client:
            form = {"username": "hanako", "email": "hanako@example.com", "password": "Tsubaki-7-kaze"}
            token = (await client.post("/api/v1/auth/register", json=form)).json()["access_token"]
            reply = await client.get("/api/v1/items", headers={"Authorization": f"Bearer {token}"})
            assert reply.status_code == 200, reply.text
    print("served")

asyncio.run(main())
print(*(name for name in sys.modules if name.startswith(("musubi.core.tracing", "musubi.adapters.reports.sentry"))))
"""


def test_nothing_is_loaded_for_what_is_not_set(tmp_path: Path) -> None:
    variables = {
        "MUSUBI_DATA_DIR": str(tmp_path), "MUSUBI_PASSWORD_MEMORY_KIB": "8", "MUSUBI_PASSWORD_ITERATIONS": "1",
    }  # fmt: skip
    process = subprocess.run(
        [sys.executable, "-c", SERVE], cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
    )
    assert process.stdout.splitlines() == ["served", ""], process.stderr


@pytest.mark.parametrize(
    ("setting", "value", "module"),
    [
        ("MUSUBI_OTLP_ENDPOINT", "http://127.0.0.1:4318", "opentelemetry."),
        ("MUSUBI_SENTRY_DSN", "http://key@127.0.0.1/7", "sentry_sdk"),
    ],
)
def test_it_is_loaded_for_what_is_set(tmp_path: Path, setting: str, value: str, module: str) -> None:
    """Or the test above would show nothing."""
    process = subprocess.run(
        [sys.executable, "-c", SERVE],
        cwd=tmp_path,
        env={"MUSUBI_DATA_DIR": str(tmp_path), setting: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert f"ModuleNotFoundError: {module}" in process.stderr

"""A built browser application, as small as can be."""

from pathlib import Path

import pytest

import musubi.app

FILES = {
    "index.html": "<!doctype html><title>the application</title>",
    "favicon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "static/app-4f2a.js": "export {}",
    "static/docs/swagger-ui.css": "body {}",
}


@pytest.fixture
def built_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that applications made from here on serve files from."""
    web = tmp_path / "web"
    for name, content in FILES.items():
        (web / name).parent.mkdir(parents=True, exist_ok=True)
        (web / name).write_text(content)
    (tmp_path / "secret.txt").write_text("not for anyone")
    monkeypatch.setattr(musubi.app, "WEB_DIRECTORY", web)
    return web

"""Whether the application is alive, and whether it can work."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from musubi import __version__
from musubi.app import create_app
from musubi.core.clock import utcnow
from musubi.settings import Settings
from tests.services.service import free_port
from tests.support import error_of


async def ask_without(settings: Settings, path: str, **changes: Any) -> Response:
    """Ask an application whose services are not there, as the changed settings have it."""
    app = create_app(settings.model_copy(update=changes))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://localhost") as client,
    ):
        return await client.get(path)


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", "/health/startup"])
async def test_all_is_well(client: AsyncClient, path: str) -> None:
    reply = await client.get(path)
    assert reply.status_code == 200
    body = reply.json()
    assert set(body) == {"status", "version", "timestamp"}
    assert (body["status"], body["version"]) == ("healthy", __version__)
    assert body["timestamp"].endswith("Z")
    assert abs((datetime.fromisoformat(body["timestamp"]) - utcnow()).total_seconds()) < 60


def unreachable(settings: Settings, tmp_path: Path) -> dict[str, Any]:
    if settings.is_sqlite:
        return {"database_url": f"sqlite:///{tmp_path / 'missing' / 'musubi.sqlite3'}"}
    return {"database_url": f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"}


async def test_without_the_database_it_is_not_ready(settings: Settings, tmp_path: Path) -> None:
    reply = await ask_without(settings, "/health/ready", **unreachable(settings, tmp_path))
    assert reply.status_code == 503
    error = error_of(reply)
    assert error["code"] == "SERVICE_UNAVAILABLE"
    assert error["details"] == {"failing": "database"}
    assert error["message"] == "Not ready: database"
    assert int(reply.headers["Retry-After"]) > 0


async def test_without_anything_it_is_alive(settings: Settings, tmp_path: Path) -> None:
    changes = {**unreachable(settings, tmp_path), "redis_url": f"redis://127.0.0.1:{free_port()}/0"}
    assert (await ask_without(settings, "/health", **changes)).status_code == 200
    assert (await ask_without(settings, "/health/live", **changes)).status_code == 200
    assert (await ask_without(settings, "/health/startup", **changes)).status_code == 503


async def test_once_it_was_ready_it_has_started(client: AsyncClient, app: FastAPI) -> None:
    """What is away later is no reason to start it again."""
    assert (await client.get("/health/startup")).status_code == 200
    app.state.stopping.has_begun = True
    reply = await client.get("/health/ready")
    assert (reply.status_code, error_of(reply)["details"]) == (503, {"failing": "stopping"})
    assert reply.headers["Connection"] == "close"
    assert (await client.get("/health/startup")).status_code == 200
    assert (await client.get("/health/live")).status_code == 200


async def test_without_redis_it_is_not_ready(settings: Settings) -> None:
    reply = await ask_without(settings, "/health/ready", redis_url=f"redis://127.0.0.1:{free_port()}/0")
    assert reply.status_code == 503
    assert error_of(reply)["details"] == {"failing": "redis"}

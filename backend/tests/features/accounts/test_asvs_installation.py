"""What an installation has by itself, and what it lets be done to it."""

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import func, select

from musubi.features.accounts.models import User
from musubi.operations import create_superuser
from musubi.settings import Settings
from tests.second_factors import noted
from tests.support import PASSWORD


async def test_there_is_no_account_that_nobody_made(app: FastAPI) -> None:
    async with app.state.database.reading() as reader:
        assert await reader.scalar(select(func.count()).select_from(User)) == 0


async def test_a_superuser_made_on_the_machine_is_noted(app: FastAPI, settings: Settings) -> None:
    user_id = await create_superuser(settings, "root", "root@example.com", PASSWORD)
    [entry] = await noted(app, "user.created")
    assert (entry["actor_id"], entry["object_id"]) == (None, user_id)
    assert entry["details"] == {"role": "admin", "is_superuser": True, "by": "command line"}


@pytest.mark.parametrize("path", ["/", "/api/v1/items", "/api/v1/auth/me", "/health"])
async def test_nobody_has_requests_sent_back(client: AsyncClient, path: str) -> None:
    reply = await client.request("TRACE", path, headers={"X-Probe": "seen"})
    assert reply.status_code in (404, 405)
    assert "seen" not in reply.text

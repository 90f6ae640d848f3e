"""A hundred at once: what there can be only one of, there is one of."""

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import func, select

from musubi.features.accounts.models import User
from tests.support import PASSWORD, Actor, sign_in

MANY = 100

Wanted = Callable[[int], dict[str, str]]


async def count_users(app: FastAPI) -> int:
    async with app.state.database.reading() as reader:
        return int(await reader.scalar(select(func.count()).select_from(User)))


@pytest.mark.parametrize(
    "wanted",
    [
        lambda number: {"username": "hanako", "email": f"{number}@example.com"},
        # The same name to everyone, in many spellings.
        lambda number: {"username": ("hanako", "HANAKO", "Ｈａｎａｋｏ")[number % 3], "email": f"{number}@example.com"},
        lambda number: {"username": f"user-{number}", "email": "hanako@example.com"},
        lambda _: {"username": "hanako", "email": "hanako@example.com"},
    ],
    ids=["name", "spellings", "address", "both"],
)
async def test_one_gets_the_name(client: AsyncClient, app: FastAPI, wanted: Wanted) -> None:
    forms = [{**wanted(number), "password": PASSWORD} for number in range(MANY)]
    replies = await asyncio.gather(*(client.post("/api/v1/auth/register", json=form) for form in forms))
    statuses = Counter(reply.status_code for reply in replies)
    assert statuses[201] == 1, statuses
    # 503: more passwords to hash at once than there is room for.
    assert set(statuses) <= {201, 409, 503}, statuses
    assert statuses[409] > 0
    assert await count_users(app) == 1
    (winner,) = (form for form, reply in zip(forms, replies, strict=True) if reply.status_code == 201)
    assert await sign_in(client, winner["username"])


async def test_one_ends_a_session(client: AsyncClient, member: Actor) -> None:
    phone = await sign_in(client, "hanako")
    listed = (await phone.get("/auth/sessions")).json()["data"]
    session_id = next(each["id"] for each in listed if each["current"])
    replies = await asyncio.gather(*(member.delete(f"/auth/sessions/{session_id}") for _ in range(MANY)))
    assert Counter(reply.status_code for reply in replies) == {204: 1, 404: MANY - 1}

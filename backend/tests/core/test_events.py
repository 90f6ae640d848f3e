"""Events: in the order of the features, in the transaction of the change."""

from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.clock import utcnow
from musubi.core.events import Events
from musubi.core.feature import Feature
from musubi.core.idempotency import IdempotencyKey
from tests.sql import database_of


@dataclass(frozen=True, slots=True)
class Happened:
    what: str


async def note(_app: FastAPI, session: AsyncSession, event: Happened) -> None:
    session.add(IdempotencyKey(user_id=1, key=event.what, fingerprint="", claimed_at=utcnow()))


async def fail(_app: FastAPI, _session: AsyncSession, event: Happened) -> None:
    raise RuntimeError(event.what)


async def noted(app: FastAPI) -> int:
    async with database_of(app).reading() as reader:
        return await reader.scalar(select(func.count()).select_from(IdempotencyKey)) or 0


async def test_handlers_run_in_the_order_of_the_features(app: FastAPI) -> None:
    heard: list[tuple[str, Any]] = []

    def listening(name: str) -> Feature:
        async def handle(application: FastAPI, _session: AsyncSession, event: Happened) -> None:
            assert application is app
            heard.append((name, event))

        return Feature(name, handlers={Happened: handle})

    events = Events(app, [listening("first"), Feature("deaf"), listening("second")])
    async with database_of(app).transaction() as session:
        await events.publish(session, Happened("something"))
        await events.publish(session, object())
    assert heard == [("first", Happened("something")), ("second", Happened("something"))]


async def test_a_handler_is_part_of_the_change(app: FastAPI) -> None:
    events = Events(app, [Feature("noting", handlers={Happened: note})])
    async with database_of(app).transaction() as session:
        await events.publish(session, Happened("committed"))
        assert await noted(app) == 0, "not before it is committed"
    assert await noted(app) == 1


async def test_a_handler_that_fails_undoes_the_change(app: FastAPI) -> None:
    features = [Feature("noting", handlers={Happened: note}), Feature("failing", handlers={Happened: fail})]
    with pytest.raises(RuntimeError, match="undone"):
        async with database_of(app).transaction() as session:
            await Events(app, features).publish(session, Happened("undone"))
    assert await noted(app) == 0

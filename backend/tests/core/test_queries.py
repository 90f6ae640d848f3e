"""Queries that go around SQLAlchemy where the driver can be asked directly."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import bindparam, func, literal, select

from musubi.core.clock import utcnow
from musubi.core.database import Database
from musubi.core.queries import Query
from musubi.core.types import AnySelect
from musubi.features.items.models import Item, ItemStatus
from musubi.settings import Settings
from tests.features.items.seeds import plant
from tests.sql import database_of
from tests.support import Actor

ITEMS = select(Item.id, Item.title, Item.status.label("state"), Item.tags, Item.created_at, Item.created_by)


@pytest.fixture
async def small(settings: Settings) -> AsyncIterator[Database]:
    """A database with two connections."""
    database = Database(settings.database, pool_size=2)
    yield database
    await database.dispose()


async def by_sqlalchemy(database: Database, statement: AnySelect, values: dict[str, Any]) -> list[Any]:
    async with database.reading() as reader:
        return list((await reader.execute(statement, values)).all())


@pytest.mark.parametrize("reused", [True, False])
async def test_rows_are_those_that_sqlalchemy_gives(member: Actor, app: FastAPI, reused: bool) -> None:
    await plant(app, member.id, [{"title": "結び", "tags": ["a", "ä\n"]}, {"title": "knot", "created_at": utcnow()}])
    database = database_of(app)
    statement = ITEMS.where(Item.status == ItemStatus.PUBLISHED, Item.owner_id == bindparam("owner"))
    query, values = Query(statement.order_by(Item.id), reused=reused), {"owner": member.id}
    rows = await query.all(database, values)
    assert rows == await by_sqlalchemy(database, statement.order_by(Item.id), values)
    assert [(row.title, row.state, row.tags) for row in rows] == [
        ("結び", "published", ["a", "ä\n"]),
        ("knot", "published", []),
    ]
    assert rows[0]._mapping["created_at"] == rows[0].created_at
    assert (await query.first(database, values)) == rows[0]
    assert await query.first(database, {"owner": 0}) is None


async def test_a_value_takes_the_place_of_the_statements_own(small: Database) -> None:
    query = Query(select(bindparam("number", 7).label("number"), literal("fixed").label("word")))
    assert tuple(await query.first(small, {}) or ()) == (7, "fixed")
    assert tuple(await query.first(small, {"number": 8}) or ()) == (8, "fixed")


async def test_who_finds_every_connection_busy_waits(small: Database) -> None:
    query = Query(select(func.abs(bindparam("number", 0)).label("number")))
    found = await asyncio.gather(*(query.first(small, {"number": -n}) for n in range(40)))
    assert [row.number for row in found if row is not None] == list(range(40))

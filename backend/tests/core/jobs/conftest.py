"""A database, and what works on its jobs."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from fastapi import FastAPI

from musubi.core.database import Database
from musubi.core.jobs import AnyKind, Jobs
from musubi.settings import async_database_url

JobsMaker = Callable[..., Jobs]


@pytest.fixture
async def make_database(database_url: str) -> AsyncIterator[Callable[[], Database]]:
    """Opens the one database as another process would."""
    opened: list[Database] = []

    def make() -> Database:
        opened.append(Database(async_database_url(database_url)))
        return opened[-1]

    yield make
    for database in opened:
        await database.dispose()


@pytest.fixture
def database(make_database: Callable[[], Database]) -> Database:
    return make_database()


@pytest.fixture
async def make_jobs(database: Database) -> AsyncIterator[JobsMaker]:
    """Makes jobs of these kinds, of an application that is nothing else; they run by themselves once started."""
    made: list[Jobs] = []

    def make(*kinds: AnyKind, database: Database = database, workers: int = 2, **options: Any) -> Jobs:
        app = FastAPI()
        app.state.database = database
        made.append(Jobs(app, kinds, workers=workers, **options))
        return made[-1]

    yield make
    for jobs in made:
        await jobs.stop()

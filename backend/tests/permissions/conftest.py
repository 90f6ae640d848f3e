"""One application for all cells, as it takes longer to set up than a cell to play."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient

from musubi.app import create_app
from tests.conftest import make_settings, redis_database
from tests.permissions.stage import Rehearsal, Stage, set_up


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(module_database: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    data = tmp_path_factory.mktemp("data")
    app = create_app(make_settings(data_dir=data, database_url=module_database, redis_url=redis_database(worker_id)))
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        made = await set_up(app, client)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(app.state.database, "transaction", Rehearsal(app.state.database).transaction)
            yield made

"""Every route, about everything it can be about, by every kind of caller."""

import pytest

from tests.permissions.stage import Stage
from tests.permissions.table import ACTORS, DOWNLOADS, LET_IN, Cell, cells, gaps, routes

TABLE = routes()
CELLS = list(cells(TABLE))

# In one event loop, as one application is behind them all.
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_every_cell_can_be_filled() -> None:
    assert list(gaps(TABLE)) == []
    assert {cell.actor for cell in CELLS} == set(ACTORS)
    assert {cell.expected for cell in CELLS} == {LET_IN, "401", "403", "404"}
    assert {route.policy.permission for route in TABLE} > {None}


@pytest.mark.parametrize("cell", CELLS, ids=str)
async def test_a_cell(stage: Stage, cell: Cell) -> None:
    reply = await stage.play(cell)
    assert reply.status_code < 500, reply.text
    # That one has no such thing oneself is no matter of permission.
    refusals = (401, 403, 404) if cell.things else (401, 403)
    assert (str(reply.status_code) if reply.status_code in refusals else LET_IN) == cell.expected, reply.text
    # Whatever it says, it is between the two of us.
    is_kept = reply.status_code == 200 and cell.route.name in DOWNLOADS
    assert reply.headers["Cache-Control"] == ("private, no-cache" if is_kept else "no-store")
    if reply.status_code == 401:
        assert reply.headers["WWW-Authenticate"] == "Bearer"

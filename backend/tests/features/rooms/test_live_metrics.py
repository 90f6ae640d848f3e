"""Connections, frames, and why connections end are counted."""

from tests.conftest import AppMaker
from tests.limits import app_of
from tests.live_server import dialled, served
from tests.scraping import Recorded
from tests.support import make_actor

SOCKETS, CLOSED = "musubi_live_sockets", "musubi_live_closed_total"


async def test_connections_and_frames(make_client: AppMaker) -> None:
    client = await make_client(live_connections=1)
    hanako = await make_actor(client, "hanako")
    recorded = Recorded()
    async with served(app_of(client)) as address:
        url = f"{address}/ws?token={hanako.access_token}"
        async with dialled(url) as line:
            await line.expect("hello")
            await line.ask("pong", type="ping")
            assert (recorded.since(SOCKETS), recorded.since("musubi_live_opened_total")) == (1, 1)
            assert recorded.since("musubi_live_frames_received_total") == 1
            assert recorded.since("musubi_live_frames_sent_total") == 2
            async with dialled(url) as another:
                assert await another.closed() == 1013
            assert recorded.since(CLOSED, reason="1013") == 1
            assert recorded.since(SOCKETS) == 1
            app_of(client).state.hub.send_away()
            await line.expect("reconnect")
            assert await line.closed() == 1012
        assert recorded.since(CLOSED, reason="1012") == 1
    assert recorded.since(SOCKETS) == 0
    assert recorded.since(CLOSED) == 2

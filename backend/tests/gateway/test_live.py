"""Live connections through the gateway."""

import re
from contextlib import AsyncExitStack
from uuid import uuid4

from tests.gateway.conftest import ROOT, Installation
from tests.live_server import Line, dialled
from tests.support import Actor


async def line_of(stack: AsyncExitStack, installation: Installation, actor: Actor, room: str, request_id: str) -> Line:
    """Someone's live connection to a room, over TLS."""
    ticket = (await actor.post("/ws/ticket")).json()["ticket"]
    address = installation.url.replace("https:", "wss:")
    return await stack.enter_async_context(
        dialled(
            f"{address}/api/v1/ws/{room}?token={ticket}",
            ssl=installation.gateway.trust,
            additional_headers={"X-Request-ID": request_id},
        )
    )


async def test_two_connections_to_different_backends_hear_each_other(installation: Installation, person: Actor) -> None:
    room = f"r{uuid4().hex[:10]}"
    ids = [uuid4().hex for _ in range(2)]
    async with AsyncExitStack() as stack:
        lines = [await line_of(stack, installation, person, room, each) for each in ids]
        for line in lines:
            assert (await line.expect("hello"))["room"] == room
        await lines[0].send(type="message", room=room, content="結び", cid=uuid4().hex)
        await lines[1].send(type="message", room=room, content="knot", cid=uuid4().hex)
        for line in lines:
            heard = {(await line.expect("message"))["content"] for _ in range(2)}
            assert heard == {"結び", "knot"}
    entries = [installation.gateway.entry(each) for each in ids]
    assert [entry["status"] for entry in entries] == [101, 101]
    assert len({entry["upstream"] for entry in entries}) == 2


async def test_an_item_that_one_makes_reaches_the_other(installation: Installation, person: Actor) -> None:
    async with AsyncExitStack() as stack:
        lines = [await line_of(stack, installation, person, "general", uuid4().hex) for _ in range(2)]
        for line in lines:
            await line.expect("hello")
        item = await person.make_item("Seen by all")
        for line in lines:
            assert (await line.expect("item_created"))["item_id"] == item["id"]


async def test_silence_is_shorter_than_the_gateways_patience(installation: Installation, person: Actor) -> None:
    """Clients are told how often to say something. Backends ping, too, whatever a client does."""
    rules = (ROOT / "deploy" / "nginx" / "servers.conf").read_text()
    (location,) = re.findall(r"location /api/v1/ws \{(.*?)\}", rules, re.DOTALL)
    patience = dict(re.findall(r"proxy_(read|send)_timeout (\d+)s;", location))
    async with AsyncExitStack() as stack:
        line = await line_of(stack, installation, person, "general", uuid4().hex)
        hello = await line.expect("hello")
    assert set(patience) == {"read", "send"}
    assert min(map(int, patience.values())) >= 3 * hello["heartbeat_s"]


async def test_the_code_that_closes_a_connection_comes_through(installation: Installation) -> None:
    address = installation.url.replace("https:", "wss:")
    async with dialled(f"{address}/api/v1/ws?token=none", ssl=installation.gateway.trust) as line:
        assert await line.closed() == 4001

"""Where live connections begin, and what may go wrong on them."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from websockets.exceptions import InvalidStatus

from musubi.core.realtime.budget import Budgets
from tests.conftest import AppMaker, Clock
from tests.live_server import Line, dialled, served
from tests.support import Actor, make_actor


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    async with served(app) as address:
        yield address


async def ticket_of(actor: Actor) -> str:
    reply = await actor.post("/ws/ticket")
    assert reply.status_code == 200, reply.text
    return str(reply.json()["ticket"])


async def refused(address: str, token: str | None) -> int:
    """The code that a connection with this token ends with."""
    query = "" if token is None else f"?token={token}"
    async with dialled(f"{address}/ws{query}") as line:
        return await line.closed()


async def test_hello_says_who_is_there_and_what_comes_next(address: str, member: Actor) -> None:
    async with dialled(f"{address}/ws?token={member.access_token}") as line:
        hello = await line.receive()
    assert hello["type"] == "hello"
    assert hello["user"] == {"id": member.id, "username": "hanako", "full_name": None}
    assert (hello["room"], hello["epoch"], hello["seq"]) == (None, None, None)
    assert hello["heartbeat_s"] > 0
    assert 3500 < hello["expires_in"] <= 3600


async def test_the_address_names_a_room_which_comes_into_being(address: str, member: Actor) -> None:
    async with dialled(f"{address}/ws/general?token={member.access_token}") as line:
        hello = await line.receive()
        assert (hello["type"], hello["room"], hello["seq"]) == ("hello", "general", 0)
        ack = await line.ask("ack", type="message", content=" こんにちは ", cid="a1")
        said = await line.expect("message")
    room = (await member.get("/rooms/general")).json()
    assert (room["epoch"], room["is_member"], room["created_by"]) == (hello["epoch"], True, member.id)
    assert ack == {"type": "ack", "cid": "a1", "room": "general", "seq": 1, "id": said["id"], "duplicate": False}
    assert (said["content"], said["seq"], said["cid"], said["user"]["id"]) == ("こんにちは", 1, "a1", member.id)


async def test_a_ticket_is_good_for_one_connection(address: str, member: Actor) -> None:
    ticket = await ticket_of(member)
    async with dialled(f"{address}/ws?token={ticket}") as line:
        assert (await line.receive())["user"]["id"] == member.id
    assert await refused(address, ticket) == 4001


async def test_a_ticket_is_good_for_half_a_minute(address: str, member: Actor, moving_clock: Clock) -> None:
    ticket = await ticket_of(member)
    moving_clock.forward(seconds=31)
    assert await refused(address, ticket) == 4001


async def test_whoever_has_no_good_token_is_told_not_to_come_back(
    address: str, member: Actor, moving_clock: Clock
) -> None:
    head, body, signature = member.access_token.split(".")
    for token in (None, "", "no-ticket-of-ours", "a.b.c", f"{head}.{body}.{signature[::-1]}", member.refresh_token):
        assert await refused(address, token) == 4001, token
    moving_clock.forward(hours=2)
    assert await refused(address, member.access_token) == 4001


async def test_a_session_that_ended_opens_nothing(address: str, member: Actor) -> None:
    ticket = await ticket_of(member)
    await member.post("/auth/logout")
    assert await refused(address, member.access_token) == 4001
    assert await refused(address, ticket) == 4001


async def test_the_end_of_a_session_ends_its_connections_and_no_others(
    address: str, member: Actor, other: Actor
) -> None:
    async with (
        dialled(f"{address}/ws?token={member.access_token}") as ended,
        dialled(f"{address}/ws?token={other.access_token}") as going_on,
    ):
        await ended.expect("hello")
        await going_on.expect("hello")
        await member.post("/auth/logout")
        assert await ended.closed() == 4001
        assert (await going_on.ask("pong", type="ping"))["timestamp"].endswith("Z")


async def test_a_connection_ends_with_its_token_unless_it_gets_a_new_one(
    address: str, app: FastAPI, member: Actor, other: Actor, moving_clock: Clock
) -> None:
    async with (
        dialled(f"{address}/ws?token={member.access_token}") as renewed,
        dialled(f"{address}/ws?token={await ticket_of(other)}") as forgotten,
    ):
        await renewed.expect("hello")
        await forgotten.expect("hello")
        moving_clock.forward(minutes=30)
        refresh = {"refresh_token": member.refresh_token}
        newer = (await member.client.post("/api/v1/auth/refresh", json=refresh)).json()["access_token"]
        answer = await renewed.ask("authenticated", type="auth", token=newer)
        assert answer["user"]["id"] == member.id
        assert 3500 < answer["expires_in"] <= 3600
        moving_clock.forward(minutes=31)
        assert await forgotten.closed() == 4010
        await renewed.ask("pong", type="ping")


async def test_nobody_goes_on_with_the_token_of_another(address: str, member: Actor, other: Actor) -> None:
    async with dialled(f"{address}/ws?token={member.access_token}") as line:
        for token in (other.access_token, await ticket_of(other), "nonsense"):
            error = await line.ask("error", type="auth", token=token, cid="mine")
            assert (error["code"], error["cid"]) == ("UNAUTHORIZED", "mine")
        await line.ask("pong", type="ping")


@pytest.mark.parametrize("origin", ["http://evil.example", "https://127.0.0.1", "null", "http://localhost:1"])
async def test_pages_of_others_open_nothing(address: str, member: Actor, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with dialled(f"{address}/ws?token={member.access_token}", origin=origin):
            pass
    assert refusal.value.response.status_code == 403


async def test_our_own_pages_do(address: str, member: Actor) -> None:
    own = address.replace("ws://", "http://").removesuffix("/api/v1")
    for origin in (own, "http://localhost:5173"):
        async with dialled(f"{address}/ws?token={member.access_token}", origin=origin) as line:
            await line.expect("hello")


async def test_pages_of_an_admitted_subdomain_do(make_client: AppMaker) -> None:
    client = await make_client(cors_parent_domain="example.org")
    app = client._transport.app  # type: ignore[attr-defined]
    hanako = await make_actor(client, "hanako")
    async with served(app) as address:
        async with dialled(f"{address}/ws?token={hanako.access_token}", origin="https://app.example.org") as line:
            await line.expect("hello")
        for origin in ("http://app.example.org", "https://app.example.org.evil.example", "https://example.org"):
            with pytest.raises(InvalidStatus):
                async with dialled(f"{address}/ws?token={hanako.access_token}", origin=origin):
                    pass


async def test_a_private_room_is_closed_to_strangers(address: str, member: Actor, other: Actor) -> None:
    assert (await member.post("/rooms", json={"name": "secret", "is_private": True})).status_code == 201
    async with dialled(f"{address}/ws/secret?token={other.access_token}") as line:
        assert await line.closed() == 4003
    async with dialled(f"{address}/ws/secret?token={member.access_token}") as line:
        await line.expect("hello")
    async with dialled(f"{address}/ws?token={other.access_token}") as line:
        for frame in (
            {"type": "subscribe", "room": "secret"},
            {"type": "message", "room": "secret", "content": "x", "cid": "1"},
            {"type": "typing", "room": "secret", "is_typing": True},
            {"type": "read", "room": "secret", "seq": 0},
        ):
            assert (await line.ask("error", **frame))["code"] == "FORBIDDEN", frame


async def test_what_is_no_name_is_no_room(address: str, member: Actor) -> None:
    for name in ("Kaigi", "-", "a" * 65, "%E4%BC%9A%E8%AD%B0", "a%00b"):
        async with dialled(f"{address}/ws/{name}?token={member.access_token}") as line:
            assert await line.closed() == 4004, name


async def test_whoever_is_shown_out_hears_no_more(address: str, member: Actor, other: Actor) -> None:
    await member.post("/rooms", json={"name": "secret", "is_private": True, "member_ids": [other.id]})
    async with dialled(f"{address}/ws/secret?token={other.access_token}") as line:
        await line.expect("hello")
        await member.delete(f"/rooms/secret/members/{other.id}")
        assert (await line.expect("unsubscribed"))["reason"] == "removed"
        assert (await line.ask("error", type="message", content="still here?", cid="1"))["code"] == "FORBIDDEN"


async def test_coming_back_to_a_deleted_room_does_not_bring_it_back(address: str, member: Actor) -> None:
    async with dialled(f"{address}/ws/general?token={member.access_token}") as line:
        hello = await line.expect("hello")
    await member.delete("/rooms/general")
    async with dialled(f"{address}/ws?token={member.access_token}") as line:
        back = {"type": "subscribe", "room": "general", "since": 0, "epoch": hello["epoch"]}
        assert (await line.ask("error", **back))["code"] == "NOT_FOUND"
    assert (await member.get("/rooms/general")).status_code == 404


async def test_a_deleted_room_says_so(address: str, member: Actor) -> None:
    async with dialled(f"{address}/ws/general?token={member.access_token}") as line:
        await line.expect("hello")
        await member.delete("/rooms/general")
        assert (await line.expect("unsubscribed"))["reason"] == "deleted"


async def limited(make_client: AppMaker) -> tuple[AsyncClient, FastAPI]:
    client = await make_client(rate_limits=True)
    transport = client._transport
    assert isinstance(transport, ASGITransport)
    assert isinstance(transport.app, FastAPI)
    return client, transport.app


async def test_messages_and_typing_have_a_pace(make_client: AppMaker) -> None:
    client, app = await limited(make_client)
    hanako, taro = await make_actor(client, "hanako"), await make_actor(client, "taro")
    async with (
        served(app) as address,
        dialled(f"{address}/ws/general?token={taro.access_token}") as listener,
        dialled(f"{address}/ws/general?token={hanako.access_token}") as line,
    ):
        await listener.expect("hello")
        await line.expect("hello")
        for number in range(30):
            await line.send(type="message", content="a lot", cid=f"c{number}")
            await line.send(type="typing", is_typing=True)
        answers = [frame for frame in await until_pong(line) if frame["type"] in ("ack", "error")]
        assert [answer["type"] for answer in answers[:20]] == ["ack"] * 20
        refusals = [answer for answer in answers if answer["type"] == "error"]
        assert refusals
        assert {(each["code"], each["cid"] is not None) for each in refusals} == {("RATE_LIMITED", True)}
        heard = [frame["type"] for frame in await until_pong(listener)]
        assert heard.count("message") == 30 - len(refusals)
        assert 1 <= heard.count("typing") < 10


async def test_a_flood_ends_the_connection(make_client: AppMaker) -> None:
    client, app = await limited(make_client)
    hanako = await make_actor(client, "hanako")
    async with served(app) as address, dialled(f"{address}/ws?token={hanako.access_token}") as line:
        for _ in range(1000):
            await line.send(type="ping")
        assert await line.closed() == 4008


async def test_a_user_has_ten_connections(make_client: AppMaker) -> None:
    client = await make_client(live_connections_per_user=2, live_connections=3)
    app = client._transport.app  # type: ignore[attr-defined]
    hanako, taro = await make_actor(client, "hanako"), await make_actor(client, "taro")
    async with (
        served(app) as address,
        dialled(f"{address}/ws?token={hanako.access_token}") as one,
        dialled(f"{address}/ws?token={hanako.access_token}") as two,
    ):
        await one.expect("hello")
        await two.expect("hello")
        assert await refused(address, hanako.access_token) == 4008
        async with dialled(f"{address}/ws?token={taro.access_token}") as three:
            await three.expect("hello")
            assert await refused(address, taro.access_token) == 1013


async def test_a_connection_hears_so_many_rooms(make_client: AppMaker) -> None:
    client = await make_client(live_rooms=2)
    app = client._transport.app  # type: ignore[attr-defined]
    hanako = await make_actor(client, "hanako")
    async with served(app) as address, dialled(f"{address}/ws/one?token={hanako.access_token}") as line:
        await line.ask("subscribed", type="subscribe", room="two")
        assert (await line.ask("error", type="subscribe", room="three"))["code"] == "BAD_REQUEST"
        await line.ask("unsubscribed", type="unsubscribe", room="one")
        await line.ask("subscribed", type="subscribe", room="three")


async def test_who_comes_and_goes_is_told_to_the_others(address: str, member: Actor, other: Actor) -> None:
    async with dialled(f"{address}/ws/general?token={member.access_token}") as line:
        assert (await line.expect("presence"))["count"] == 1
        async with dialled(f"{address}/ws/general?token={other.access_token}") as another:
            presence = await another.expect("presence")
            assert sorted(person["username"] for person in presence["users"]) == ["hanako", "taro"]
            came = await line.expect("user_connected")
            assert (came["user_id"], came["room"]) == (other.id, "general")
            users = (await member.get("/rooms/general/users")).json()
            assert (users["room"], users["count"]) == ("general", 2)
            assert (await member.get("/stats")).json() == {
                "total_connections": 2, "active_rooms": 1, "connected_users": 2,
            }  # fmt: skip
            await another.send(type="typing", is_typing=True)
            typing = await line.expect("typing")
            assert (typing["user"]["id"], typing["is_typing"]) == (other.id, True)


async def test_no_log_holds_a_token(address: str, member: Actor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ticket = await ticket_of(member)
    async with dialled(f"{address}/ws/general?token={ticket}") as line:
        await line.expect("hello")
        await line.ask("authenticated", type="auth", token=member.access_token)
    await refused(address, "a-token-that-is-none-of-ours")
    # The client is this test's own, and says what it sends.
    theirs = [record.getMessage() for record in caplog.records if record.name != "websockets.client"]
    for secret in (ticket, member.access_token, "a-token-that-is-none-of-ours"):
        assert not [text for text in theirs if secret in text]


async def test_a_process_that_stops_sends_everyone_away(address: str, app: FastAPI, member: Actor) -> None:
    async with dialled(f"{address}/ws?token={member.access_token}") as line:
        await line.expect("hello")
        app.state.hub.send_away()
        assert 0 < (await line.expect("reconnect"))["after_ms"] <= 1000
        assert await line.closed() == 1012
    assert await refused(address, member.access_token) == 1012
    assert (await member.client.get("/health/ready")).status_code == 503


def test_a_budget_fills_up_again_with_time() -> None:
    budgets = Budgets(limited=True)
    assert all(budgets.messages.take() for _ in range(20))
    assert not budgets.messages.take()
    budgets.messages._filled_at -= timedelta(seconds=1).total_seconds()
    assert sum(budgets.messages.take() for _ in range(10)) == 5


async def until_pong(line: Line) -> list[dict[str, object]]:
    """Everything up to the answer to a ping."""
    await line.send(type="ping")
    frames = []
    while (frame := await line.receive())["type"] != "pong":
        frames.append(frame)
    return frames

"""What is sent over a live connection and makes no sense: it is named, and the connection goes on."""

import json
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from musubi.core.realtime.protocol import MAX_FRAME_BYTES
from tests.live_server import dialled, served
from tests.support import Actor


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    async with served(app) as address:
        yield address


NOT_UNDERSTOOD = {
    "no JSON": ("{", "BAD_REQUEST", "not valid JSON"),
    "half a surrogate": ('{"type":"message","cid":"x","content":"\\ud800"}', "BAD_REQUEST", "not valid JSON"),
    "too deep": ("[" * 5000, "BAD_REQUEST", "not valid JSON"),
    "a list": ("[]", "VALIDATION_ERROR", "JSON object"),
    "a number": ("1", "VALIDATION_ERROR", "JSON object"),
    "no type": ('{"cid":"x"}', "VALIDATION_ERROR", "JSON object"),
    "an unknown type": ('{"type":"nope","cid":"x"}', "VALIDATION_ERROR", "nope"),
    "a type of the server's": ('{"type":"ack"}', "VALIDATION_ERROR", "ack"),
    "a missing field": ('{"type":"message","content":"x"}', "VALIDATION_ERROR", "cid"),
    "an unknown field": ('{"type":"ping","x":1}', "VALIDATION_ERROR", "x"),
    "NUL": ('{"type":"message","cid":"x","content":"a\\u0000b"}', "VALIDATION_ERROR", "NUL"),
    "too long": (json.dumps({"type": "message", "cid": "x", "content": "長" * 4001}), "VALIDATION_ERROR", "4000"),
    "too large a number": ('{"type":"delete","id":9223372036854775808}', "VALIDATION_ERROR", "id"),
    "not a number": ('{"type":"delete","id":NaN}', "VALIDATION_ERROR", "id"),
    "without a room": ('{"type":"message","cid":"x","content":"hi"}', "BAD_REQUEST", "room"),
}


@pytest.mark.parametrize("case", NOT_UNDERSTOOD)
async def test_what_is_wrong_is_named_and_the_connection_goes_on(address: str, member: Actor, case: str) -> None:
    text, code, named = NOT_UNDERSTOOD[case]
    async with dialled(f"{address}/ws?token={member.access_token}") as line:
        await line.expect("hello")
        await line.connection.send(text)
        error = await line.expect("error")
        assert error["code"] == code
        assert named in error["message"]
        assert error["cid"] == (
            "x" if ('"cid"' in text and code != "BAD_REQUEST") or case == "without a room" else None
        )
        await line.ask("pong", type="ping")


async def test_errors_are_in_the_callers_language(address: str, member: Actor) -> None:
    japanese = {"Accept-Language": "ja"}
    async with dialled(f"{address}/ws?token={member.access_token}", additional_headers=japanese) as line:
        assert "不明なtype" in (await line.ask("error", type="nope"))["message"]


async def test_a_ticket_brings_the_language_of_the_page(address: str, member: Actor) -> None:
    ticket = (await member.post("/ws/ticket", headers={"Accept-Language": "ja"})).json()["ticket"]
    async with dialled(f"{address}/ws?token={ticket}") as line:
        assert "不明なtype" in (await line.ask("error", type="nope"))["message"]


async def test_an_empty_message_is_none(address: str, member: Actor) -> None:
    async with dialled(f"{address}/ws/general?token={member.access_token}") as line:
        await line.send(type="message", content=" \n　", cid="1")
        ack = await line.ask("ack", type="message", content="x", cid="2")
    assert (ack["cid"], ack["seq"]) == ("2", 1)


async def test_bytes_are_no_frame(address: str, member: Actor) -> None:
    async with dialled(f"{address}/ws?token={member.access_token}") as line:
        await line.connection.send(b'{"type":"ping"}')
        assert (await line.expect("error"))["code"] == "BAD_REQUEST"
        await line.ask("pong", type="ping")


async def test_a_frame_has_64_kib_at_the_most(address: str, member: Actor) -> None:
    async with dialled(f"{address}/ws?token={member.access_token}") as line:
        await line.connection.send("x" * MAX_FRAME_BYTES)
        assert (await line.expect("error"))["code"] == "BAD_REQUEST"
        await line.connection.send("x" * (MAX_FRAME_BYTES + 1))
        assert await line.closed() == 1009
    async with dialled(f"{address}/ws?token={member.access_token}") as line:
        await line.ask("pong", type="ping")

"""Passkeys in one's settings: making, renaming and removing them, and where there can be any."""

import asyncio
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from tests.authenticator import Authenticator, decode, encode
from tests.conftest import AppMaker, Clock
from tests.second_factors import (
    WRONG_ANSWERS,
    WRONG_PASSKEY,
    add_passkey,
    ask_to_register,
    ask_to_sign_in,
    noted,
    passkey_login,
    register,
    sign_in_with,
)
from tests.support import PASSWORD, Actor, error_of, make_actor


@pytest.fixture
def device() -> Authenticator:
    return Authenticator()


async def test_the_options_for_making_one(member: Actor, other: Actor) -> None:
    options = (await ask_to_register(member))["options"]
    assert options["rp"] == {"id": "localhost", "name": "Musubi"}
    assert (options["user"]["name"], options["user"]["displayName"]) == ("hanako", "hanako")
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"]["residentKey"] == "preferred"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["excludeCredentials"] == []
    assert {-7, -257} <= {each["alg"] for each in options["pubKeyCredParams"]}
    assert len(decode(options["challenge"])) >= 32
    # The handle says nothing about the person, and stays the same.
    handle = decode(options["user"]["id"])
    assert len(handle) == 32
    assert b"hanako" not in handle
    again = (await ask_to_register(member))["options"]
    assert again["user"]["id"] == options["user"]["id"]
    assert again["challenge"] != options["challenge"]
    assert (await ask_to_register(other))["options"]["user"]["id"] != options["user"]["id"]


async def test_making_one(member: Actor, app: FastAPI, device: Authenticator) -> None:
    passkey = await add_passkey(member, device, "  My phone ")
    assert set(passkey) == {"id", "name", "created_at", "last_used_at"}
    assert (passkey["name"], passkey["last_used_at"]) == ("My phone", None)
    assert (await member.get("/auth/two-factor")).json()["passkeys"] == [passkey]
    [entry] = await noted(app, "passkey.added")
    assert (entry["actor_id"], entry["object_type"], entry["object_id"]) == (member.id, "passkey", passkey["id"])
    # The same device is not asked again.
    excluded = (await ask_to_register(member))["options"]["excludeCredentials"]
    assert [each["id"] for each in excluded] == [encode(device.credentials[0].id)]
    assert excluded[0]["transports"] == ["internal", "hybrid"]


@pytest.mark.parametrize("wrong", WRONG_ANSWERS.values(), ids=WRONG_ANSWERS)
async def test_wrong_registrations(
    member: Actor, device: Authenticator, wrong: Callable[[Authenticator], None]
) -> None:
    asked = await ask_to_register(member)
    wrong(device)
    reply = await register(member, asked["token"], device.make(asked["options"]))
    assert reply.status_code == 400, reply.text
    assert error_of(reply)["message"] == WRONG_PASSKEY
    assert (await member.get("/auth/two-factor")).json()["passkeys"] == []
    # A challenge is good for one answer, and that was it.
    reply = await register(member, asked["token"], Authenticator().make(asked["options"]))
    assert reply.status_code == 400
    assert error_of(reply)["message"] == "This took too long; try again"


async def test_challenges_expire(
    client: AsyncClient, member: Actor, device: Authenticator, moving_clock: Clock
) -> None:
    await add_passkey(member, device)
    registration, sign_in = await ask_to_register(member), await ask_to_sign_in(client)
    moving_clock.forward(minutes=5)
    reply = await sign_in_with(client, sign_in["token"], device.sign(sign_in["options"]))
    assert error_of(reply)["details"] == {"reason": "sign_in_expired"}
    assert (await register(member, registration["token"], device.make(registration["options"]))).status_code == 400


async def test_a_challenge_for_something_else(client: AsyncClient, member: Actor, device: Authenticator) -> None:
    await add_passkey(member, device)
    for path in ("/auth/passkeys/registration-options", "/auth/reauthenticate/passkey-options"):
        asked = (await member.post(path)).json()
        assertion = device.sign({**asked["options"], "rpId": "localhost", "allowCredentials": []})
        assert (await sign_in_with(client, asked["token"], assertion)).status_code == 401
    asked = await ask_to_sign_in(client)
    made = device.make({**asked["options"], "user": {"id": "eA"}, "rp": {"id": "localhost"}})
    assert (await register(member, asked["token"], made)).status_code == 400


async def test_a_challenge_of_someone_else(member: Actor, other: Actor, device: Authenticator) -> None:
    asked = await ask_to_register(other)
    reply = await register(member, asked["token"], device.make(asked["options"]))
    assert reply.status_code == 400


async def test_one_that_is_registered_already(member: Actor, other: Actor, device: Authenticator) -> None:
    await add_passkey(member, device)
    asked = await ask_to_register(other)
    made = Authenticator().make(asked["options"], credential_id=device.credentials[0].id)
    reply = await register(other, asked["token"], made)
    assert reply.status_code == 409, reply.text
    assert error_of(reply)["message"] == "This passkey is already registered"


async def test_twenty_at_the_most(member: Actor) -> None:
    last = [await ask_to_register(member) for _ in range(3)]
    for number in range(18):
        await add_passkey(member, Authenticator(), f"Key {number}")
    replies = await asyncio.gather(
        *(register(member, asked["token"], Authenticator().make(asked["options"])) for asked in last)
    )
    assert sorted(reply.status_code for reply in replies) == [201, 201, 409]
    reply = await member.post("/auth/passkeys/registration-options")
    assert reply.status_code == 409
    assert error_of(reply)["message"] == "An account can have 20 passkeys at the most"


async def test_renaming(member: Actor, other: Actor, device: Authenticator) -> None:
    passkey = await add_passkey(member, device)
    path = f"/auth/passkeys/{passkey['id']}"
    reply = await member.patch(path, json={"name": " 仕事用のノートPC "})
    assert reply.json() == {**passkey, "name": "仕事用のノートPC"}
    assert (await other.patch(path, json={"name": "Mine"})).status_code == 404
    assert (await member.patch("/auth/passkeys/999", json={"name": "x"})).status_code == 404
    for name in ("", "   ", "x" * 101, "a\x00b", None):
        assert (await member.patch(path, json={"name": name})).status_code == 422
    for field in ("user_id", "sign_count", "public_key"):
        assert (await member.patch(path, json={"name": "x", field: 1})).status_code == 422


async def test_removing(client: AsyncClient, app: FastAPI, member: Actor, other: Actor, device: Authenticator) -> None:
    passkey = await add_passkey(member, device)
    path = f"/auth/passkeys/{passkey['id']}"
    assert (await other.delete(path)).status_code == 404
    assert (await member.delete(path)).status_code == 204
    assert (await member.delete(path)).status_code == 404
    assert (await passkey_login(client, device)).status_code == 401
    assert [entry["object_id"] for entry in await noted(app, "passkey.removed")] == [passkey["id"]]
    # And a password is enough again.
    reply = await client.post("/api/v1/auth/login", data={"username": "hanako", "password": PASSWORD})
    assert "access_token" in reply.json()


@pytest.mark.parametrize(
    ("base_url", "available"),
    [
        ("http://localhost:8000", True),
        ("http://app.localhost:8000", True),
        ("https://musubi.example.org", True),
        ("http://musubi.example.org", False),
        ("http://192.168.0.10:8000", False),
        ("https://192.168.0.10", False),
        ("http://[::1]:8000", False),
        ("http://127.0.0.1:8000", False),
    ],
)
async def test_where_there_can_be_passkeys(make_client: AppMaker, base_url: str, available: bool) -> None:
    client = await make_client(base_url=base_url)
    member = await make_actor(client, "hanako")
    replies = [
        await client.post("/api/v1/auth/passkeys/options"),
        await member.post("/auth/passkeys/registration-options"),
        await member.post("/auth/reauthenticate/passkey-options"),
    ]
    assert [reply.status_code for reply in replies] == [200 if available else 409] * 3
    if not available:
        assert error_of(replies[0])["message"] == "Passkeys need an address with a name and https (or localhost)"
        reply = await client.post("/api/v1/auth/passkeys/options", headers={"Accept-Language": "ja"})
        assert "https" in error_of(reply)["message"]
        assert "パスキー" in error_of(reply)["message"]


async def test_behind_tls_at_a_name(make_client: AppMaker) -> None:
    client = await make_client(
        base_url="https://Musubi.Example.org:443", cors_origins=("https://app.musubi.example.org",)
    )
    member = await make_actor(client, "hanako")
    for origin in ("https://musubi.example.org", "https://app.musubi.example.org"):
        device = Authenticator(origin=origin)
        await add_passkey(member, device)
        assert (await passkey_login(client, device)).status_code == 200
    stranger = Authenticator(origin="https://other.musubi.example.org")
    asked = await ask_to_register(member)
    assert (await register(member, asked["token"], stranger.make(asked["options"]))).status_code == 400

"""Signing in by a passkey alone, and every way in which its answer can be wrong."""

import asyncio
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select

from musubi.features.accounts.models import Passkey
from tests.authenticator import Authenticator, decode, encode
from tests.second_factors import (
    WRONG_ANSWERS,
    WRONG_PASSKEY,
    add_passkey,
    ask_to_register,
    ask_to_sign_in,
    begin,
    everything_kept,
    noted,
    passkey_login,
    set_up_totp,
    sign_in_with,
)
from tests.support import Actor, actor_of, error_of


@pytest.fixture
def device() -> Authenticator:
    return Authenticator()


async def test_signing_in(client: AsyncClient, app: FastAPI, member: Actor, device: Authenticator) -> None:
    await add_passkey(member, device)
    reply = await passkey_login(client, device)
    assert reply.status_code == 200
    assert set(reply.json()) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    hanako = actor_of(client, reply)
    assert (await hanako.get("/auth/me")).json()["id"] == member.id
    [passkey] = (await hanako.get("/auth/two-factor")).json()["passkeys"]
    assert passkey["last_used_at"] is not None
    [entry] = await noted(app, "user.signed_in")
    assert (entry["actor_id"], entry["details"]) == (member.id, {"method": "passkey"})


async def test_it_is_both_factors(client: AsyncClient, member: Actor, device: Authenticator) -> None:
    await add_passkey(member, device)
    await set_up_totp(member)
    assert (await passkey_login(client, device)).status_code == 200
    assert (await begin(client))["methods"] == ["totp", "recovery", "passkey"]


async def test_the_options_for_signing_in_name_nobody(
    client: AsyncClient, member: Actor, device: Authenticator
) -> None:
    await add_passkey(member, device)
    asked = await ask_to_sign_in(client)
    assert asked["options"]["allowCredentials"] == []
    assert (asked["options"]["rpId"], asked["options"]["userVerification"]) == ("localhost", "required")


@pytest.mark.parametrize("wrong", WRONG_ANSWERS.values(), ids=WRONG_ANSWERS)
async def test_wrong_sign_ins(
    client: AsyncClient, app: FastAPI, member: Actor, device: Authenticator, wrong: Callable[[Authenticator], None]
) -> None:
    await add_passkey(member, device)
    wrong(device)
    asked = await ask_to_sign_in(client)
    reply = await sign_in_with(client, asked["token"], device.sign(asked["options"]))
    assert reply.status_code == 401, reply.text
    assert error_of(reply)["message"] == WRONG_PASSKEY
    assert error_of(reply)["details"] == {"reason": "wrong_answer"}
    [entry] = await noted(app, "user.sign_in_failed")
    assert (entry["actor_id"], entry["object_id"], entry["details"]) == (None, member.id, {"method": "passkey"})
    right = Authenticator(credentials=device.credentials, counter=device.counter)
    reply = await sign_in_with(client, asked["token"], right.sign(asked["options"]))
    assert error_of(reply)["details"] == {"reason": "sign_in_expired"}
    assert (await passkey_login(client, right)).status_code == 200


async def test_a_signature_by_another_key(client: AsyncClient, member: Actor, device: Authenticator) -> None:
    await add_passkey(member, device)
    thief = Authenticator(counter=10)
    thief.make({"user": {"id": encode(device.credentials[0].user_handle)}, "rp": {"id": "localhost"}, "challenge": ""})
    thief.credentials[0].id = device.credentials[0].id
    assert (await passkey_login(client, thief)).status_code == 401
    assert (await passkey_login(client, device)).status_code == 200


async def test_one_that_nobody_knows(client: AsyncClient, app: FastAPI, member: Actor, device: Authenticator) -> None:
    device.make((await ask_to_register(member))["options"])
    reply = await passkey_login(client, device)
    assert reply.status_code == 401
    assert error_of(reply)["message"] == WRONG_PASSKEY
    assert [entry["object_id"] for entry in await noted(app, "user.sign_in_failed")] == [None]


async def test_it_has_to_say_whose_it_is(client: AsyncClient, member: Actor, device: Authenticator) -> None:
    await add_passkey(member, device)
    device.tells_user = False
    assert (await passkey_login(client, device)).status_code == 401


async def test_it_must_not_say_that_it_is_someone_elses(
    client: AsyncClient, member: Actor, other: Actor, device: Authenticator
) -> None:
    await add_passkey(member, device)
    device.credentials[0].user_handle = decode((await ask_to_register(other))["options"]["user"]["id"])
    assert (await passkey_login(client, device)).status_code == 401


async def test_a_replay(client: AsyncClient, member: Actor, device: Authenticator) -> None:
    await add_passkey(member, device)
    asked = await ask_to_sign_in(client)
    assertion = device.sign(asked["options"])
    replies = await asyncio.gather(*(sign_in_with(client, asked["token"], assertion) for _ in range(20)))
    assert sorted(reply.status_code for reply in replies) == [200] + [401] * 19
    fresh = await ask_to_sign_in(client)
    assert (await sign_in_with(client, fresh["token"], assertion)).status_code == 401


async def test_a_counter_that_goes_back(
    client: AsyncClient, app: FastAPI, member: Actor, device: Authenticator
) -> None:
    await add_passkey(member, device)
    for _ in range(3):
        assert (await passkey_login(client, device)).status_code == 200
    device.counter = 1
    reply = await passkey_login(client, device)
    assert reply.status_code == 401
    assert error_of(reply)["message"] == WRONG_PASSKEY
    [entry] = await noted(app, "passkey.counter_went_back")
    assert (entry["object_type"], entry["actor_id"]) == ("passkey", member.id)
    async with app.state.database.reading() as reader:
        assert await reader.scalar(select(Passkey.sign_count)) == 3
    device.counter = None
    assert (await passkey_login(client, device)).status_code == 401
    device.counter = 100
    assert (await passkey_login(client, device)).status_code == 200


async def test_two_devices_with_one_key(
    client: AsyncClient, app: FastAPI, member: Actor, device: Authenticator
) -> None:
    """A copy of a key that counts on its own: of two uses at once with the same count, one is taken."""
    await add_passkey(member, device)
    asked = [await ask_to_sign_in(client) for _ in range(10)]
    copies = [Authenticator(credentials=device.credentials, counter=device.counter) for _ in asked]
    replies = await asyncio.gather(
        *(
            sign_in_with(client, each["token"], copy.sign(each["options"]))
            for each, copy in zip(asked, copies, strict=True)
        )
    )
    assert sorted(reply.status_code for reply in replies) == [200] + [401] * 9
    assert len(await noted(app, "passkey.counter_went_back")) == 9


async def test_one_that_does_not_count(client: AsyncClient, member: Actor) -> None:
    device = Authenticator(counter=None)
    await add_passkey(member, device)
    for _ in range(3):
        assert (await passkey_login(client, device)).status_code == 200


async def test_a_disabled_account(client: AsyncClient, member: Actor, superuser: Actor, device: Authenticator) -> None:
    await add_passkey(member, device)
    await superuser.patch(f"/users/{member.id}", json={"is_active": False})
    reply = await passkey_login(client, device)
    assert reply.status_code == 400
    assert error_of(reply)["message"] == "This account is disabled"


async def test_a_deleted_account(client: AsyncClient, member: Actor, superuser: Actor, device: Authenticator) -> None:
    await add_passkey(member, device)
    await superuser.delete(f"/users/{member.id}")
    assert (await passkey_login(client, device)).status_code == 401


async def test_failures_speak_the_language_of_the_request(
    client: AsyncClient, member: Actor, device: Authenticator
) -> None:
    client.headers["Accept-Language"] = "ja"
    await add_passkey(member, device)
    device.verifies_user = False
    reply = await passkey_login(client, device)
    assert error_of(reply)["message"] == "パスキーを確認できませんでした"


async def test_no_challenge_and_no_token_is_kept_in_the_open(
    client: AsyncClient, app: FastAPI, member: Actor, device: Authenticator, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = await ask_to_sign_in(client)
    await add_passkey(member, device)
    kept = await everything_kept(app)
    assert asked["token"] not in kept
    signed = device.sign(asked["options"])
    assert (await sign_in_with(client, asked["token"], signed)).status_code == 200
    logged = "".join(capsys.readouterr())
    for hidden in (asked["token"], asked["options"]["challenge"], signed["response"]["signature"]):
        assert hidden not in logged
        assert hidden not in await everything_kept(app)

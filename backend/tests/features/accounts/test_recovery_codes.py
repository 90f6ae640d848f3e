"""Recovery codes: each replaces a second factor once."""

import asyncio
import math
import re

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from musubi.features.accounts.second_factors import recovery_codes
from tests.authenticator import Authenticator
from tests.second_factors import add_passkey, answer, begin, everything_kept, noted, set_up_totp
from tests.support import Actor, actor_of, error_of


async def test_what_they_look_like(member: Actor) -> None:
    _, codes = await set_up_totp(member)
    assert len(codes) == 10
    for code in codes:
        assert re.fullmatch(r"[0-9a-hjkmnp-tv-z]{6}(-[0-9a-hjkmnp-tv-z]{6}){3}", code), code
    alphabet = set(recovery_codes._ALPHABET)
    assert len(alphabet) == 32
    # Nobody tries that many, not even with a copy of the database.
    assert 24 * math.log2(len(alphabet)) == 120


async def test_each_is_good_for_one_sign_in(client: AsyncClient, app: FastAPI, member: Actor) -> None:
    _, codes = await set_up_totp(member)
    reply = await answer(client, (await begin(client))["mfa_token"], "recovery", code=codes[3])
    assert reply.status_code == 200
    assert (await actor_of(client, reply).get("/auth/two-factor")).json()["recovery_codes_left"] == 9
    token = (await begin(client))["mfa_token"]
    reply = await answer(client, token, "recovery", code=codes[3])
    assert reply.status_code == 401
    assert error_of(reply)["message"] == "This code is not right"
    assert (await answer(client, token, "recovery", code=codes[4])).status_code == 200
    used = await noted(app, "recovery_code.used")
    assert [(entry["actor_id"], entry["object_id"]) for entry in used] == [(member.id, member.id)] * 2


@pytest.mark.parametrize(
    "retyped",
    [
        lambda code: code.upper(),
        lambda code: code.replace("-", ""),
        lambda code: f"  {code.replace('-', ' ')} ",
        lambda code: code.replace("0", "O").replace("1", "l"),
        lambda code: code.replace("-", "－").translate({ord("2"): "２", ord("a"): "ａ"}),
    ],
    ids=["upper case", "no dashes", "spaces", "look-alikes", "full width"],
)
async def test_however_they_are_typed(client: AsyncClient, member: Actor, retyped: type[str]) -> None:
    _, codes = await set_up_totp(member)
    for code in codes[:5]:
        reply = await answer(client, (await begin(client))["mfa_token"], "recovery", code=retyped(code))
        assert reply.status_code == 200, (code, retyped(code))


@pytest.mark.parametrize("typed", ["", "-", "aaaa-aaaa-aaaa-aaaa", "0" * 100, "%", "'; --", "あいうえ"])
async def test_anything_else_is_wrong(client: AsyncClient, member: Actor, typed: str) -> None:
    await set_up_totp(member)
    reply = await answer(client, (await begin(client))["mfa_token"], "recovery", code=typed)
    assert reply.status_code == 401


async def test_of_fifty_at_once_one_gets_in(client: AsyncClient, member: Actor) -> None:
    _, codes = await set_up_totp(member)
    challenges = [await begin(client) for _ in range(50)]
    replies = await asyncio.gather(
        *(answer(client, challenge["mfa_token"], "recovery", code=codes[0]) for challenge in challenges)
    )
    assert sorted(reply.status_code for reply in replies) == [200] + [401] * 49
    assert (await member.get("/auth/two-factor")).json()["recovery_codes_left"] == 9


async def test_a_code_of_someone_else(client: AsyncClient, member: Actor, other: Actor) -> None:
    await set_up_totp(member)
    _, codes_of_other = await set_up_totp(other)
    token = (await begin(client))["mfa_token"]
    assert (await answer(client, token, "recovery", code=codes_of_other[0])).status_code == 401
    assert (await other.get("/auth/two-factor")).json()["recovery_codes_left"] == 10


async def test_a_new_set_replaces_the_old(client: AsyncClient, app: FastAPI, member: Actor) -> None:
    _, old = await set_up_totp(member)
    reply = await member.post("/auth/recovery-codes")
    assert reply.status_code == 200
    new = reply.json()["recovery_codes"]
    assert len(new) == 10
    assert not set(new) & set(old)
    token = (await begin(client))["mfa_token"]
    assert (await answer(client, token, "recovery", code=old[0])).status_code == 401
    assert (await answer(client, token, "recovery", code=new[0])).status_code == 200
    assert len(await noted(app, "recovery_codes.made")) == 2


async def test_there_must_be_something_to_replace(member: Actor) -> None:
    reply = await member.post("/auth/recovery-codes")
    assert reply.status_code == 409
    assert error_of(reply)["message"] == "Set up an authenticator app or a passkey first"


async def test_a_passkey_is_something_to_replace(client: AsyncClient, member: Actor) -> None:
    await add_passkey(member, Authenticator())
    assert (await begin(client))["methods"] == ["passkey"]
    codes = (await member.post("/auth/recovery-codes")).json()["recovery_codes"]
    challenge = await begin(client)
    assert challenge["methods"] == ["recovery", "passkey"]
    assert (await answer(client, challenge["mfa_token"], "recovery", code=codes[0])).status_code == 200


async def test_they_go_with_the_last_factor(member: Actor) -> None:
    passkey = await add_passkey(member, Authenticator())
    await set_up_totp(member)
    assert (await member.delete("/auth/totp")).status_code == 204
    assert (await member.get("/auth/two-factor")).json()["recovery_codes_left"] == 10
    assert (await member.delete(f"/auth/passkeys/{passkey['id']}")).status_code == 204
    assert (await member.get("/auth/two-factor")).json()["recovery_codes_left"] == 0


async def test_when_none_is_left_none_is_offered(client: AsyncClient, member: Actor) -> None:
    _, codes = await set_up_totp(member)
    for code in codes:
        assert (await answer(client, (await begin(client))["mfa_token"], "recovery", code=code)).status_code == 200
    assert (await begin(client))["methods"] == ["totp"]


async def test_a_copy_of_the_database_has_none(app: FastAPI, member: Actor) -> None:
    _, codes = await set_up_totp(member)
    kept = await everything_kept(app)
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)

"""The second step of a sign-in: when it is asked for, what answers it, and what ends it."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from tests.authenticator import Authenticator
from tests.conftest import AppMaker, Clock
from tests.second_factors import add_passkey, answer, begin, code_of, next_code, noted, set_up_totp, wrong_code
from tests.support import PASSWORD, Actor, actor_of, error_of, make_actor, sign_in

WRONG = {"code": "000000"}


@pytest.fixture
async def secret(member: Actor, moving_clock: Clock) -> str:
    """The secret of the member's authenticator app, in a step whose code was not used yet."""
    secret, _ = await set_up_totp(member)
    moving_clock.forward(seconds=30)
    return secret


def reason(reply: Any) -> str:
    assert reply.status_code == 401, reply.text
    return str(error_of(reply)["details"]["reason"])


async def test_the_question(client: AsyncClient, secret: str) -> None:
    reply = await client.post("/api/v1/auth/login", data={"username": "hanako", "password": PASSWORD})
    assert reply.status_code == 200
    body = reply.json()
    assert set(body) == {"mfa_required", "mfa_token", "methods"}
    assert body["mfa_required"] is True
    assert body["methods"] == ["totp", "recovery"]
    assert "set-cookie" not in reply.headers
    assert reply.headers["Cache-Control"] == "no-store"


async def test_the_answer(client: AsyncClient, app: FastAPI, member: Actor, secret: str) -> None:
    reply = await answer(client, (await begin(client))["mfa_token"], "totp", code=code_of(secret))
    assert reply.status_code == 200
    assert set(reply.json()) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (await actor_of(client, reply).get("/auth/me")).json()["id"] == member.id
    [entry] = await noted(app, "user.signed_in")
    assert (entry["actor_id"], entry["details"]) == (member.id, {"method": "password+totp"})


async def test_a_browser_gets_its_cookie_with_the_answer(client: AsyncClient, secret: str) -> None:
    token = (await begin(client))["mfa_token"]
    reply = await client.post(
        "/api/v1/auth/login/mfa",
        json={"mfa_token": token, "method": "totp", "code": code_of(secret)},
        headers={"X-Session-Transport": "cookie"},
    )
    assert reply.json()["refresh_token"] is None
    assert "HttpOnly" in reply.headers["set-cookie"]


async def test_a_wrong_password_asks_for_nothing(client: AsyncClient, secret: str) -> None:
    reply = await client.post("/api/v1/auth/login", data={"username": "hanako", "password": "Wrong-password-1"})
    assert reply.status_code == 401
    assert "mfa" not in reply.text


async def test_the_token_opens_nothing_else(client: AsyncClient, secret: str) -> None:
    token = (await begin(client))["mfa_token"]
    assert (await client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})).status_code == 401
    assert (await client.post("/api/v1/auth/refresh", json={"refresh_token": token})).status_code == 401


async def test_a_wrong_answer_can_be_corrected(client: AsyncClient, app: FastAPI, member: Actor, secret: str) -> None:
    token = (await begin(client))["mfa_token"]
    assert reason(await answer(client, token, "totp", code=wrong_code(secret))) == "wrong_answer"
    assert reason(await answer(client, token, "recovery", code="nothing")) == "wrong_answer"
    assert (await answer(client, token, "totp", code=code_of(secret))).status_code == 200
    failed = await noted(app, "user.second_factor_failed")
    assert [entry["details"] for entry in failed] == [{"method": "totp"}, {"method": "recovery"}]
    assert {(entry["object_id"], entry["actor_id"]) for entry in failed} == {(member.id, None)}


async def test_the_fifth_wrong_answer_is_the_last(client: AsyncClient, secret: str) -> None:
    token = (await begin(client))["mfa_token"]
    for _ in range(5):
        assert reason(await answer(client, token, "totp", code=wrong_code(secret))) == "wrong_answer"
    reply = await answer(client, token, "totp", code=code_of(secret))
    assert reason(reply) == "sign_in_expired"
    assert error_of(reply)["message"] == "This sign-in took too long; begin again"
    # Only that sign-in is over.
    assert (await answer(client, (await begin(client))["mfa_token"], "totp", code=code_of(secret))).status_code == 200


async def test_a_storm_of_guesses_is_not_looked_at(client: AsyncClient, app: FastAPI, secret: str) -> None:
    token = (await begin(client))["mfa_token"]
    replies = await asyncio.gather(*(answer(client, token, "totp", code=wrong_code(secret)) for _ in range(40)))
    reasons = [reason(reply) for reply in replies]
    assert (reasons.count("wrong_answer"), reasons.count("sign_in_expired")) == (5, 35)
    assert len(await noted(app, "user.second_factor_failed")) == 5


async def test_a_token_is_good_for_one_session(client: AsyncClient, member: Actor, secret: str) -> None:
    codes = (await member.post("/auth/recovery-codes")).json()["recovery_codes"]
    token = (await begin(client))["mfa_token"]
    replies = await asyncio.gather(*(answer(client, token, "recovery", code=code) for code in codes))
    assert sorted(reply.status_code for reply in replies) == [200] + [401] * 9
    # What came too late has not cost its code.
    assert (await member.get("/auth/two-factor")).json()["recovery_codes_left"] == 9


async def test_five_minutes(client: AsyncClient, secret: str, moving_clock: Clock) -> None:
    early, late = (await begin(client))["mfa_token"], (await begin(client))["mfa_token"]
    moving_clock.forward(minutes=4, seconds=50)
    assert (await answer(client, early, "totp", code=code_of(secret))).status_code == 200
    moving_clock.forward(seconds=10)
    assert reason(await answer(client, late, "totp", code=code_of(secret))) == "sign_in_expired"


@pytest.mark.parametrize("token", ["", "x", "a" * 200, "あ"])
async def test_an_unknown_token(client: AsyncClient, token: str) -> None:
    assert reason(await answer(client, token, "totp", **WRONG)) == "sign_in_expired"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"method": "totp"}, "code"),
        ({"method": "recovery"}, "code"),
        ({"method": "passkey"}, "assertion"),
        ({"method": "passkey", "code": "123456"}, "assertion"),
        ({"method": "password", "code": PASSWORD}, "method"),
        ({"method": "totp", "code": "1" * 101}, "code"),
        ({"method": "totp", "code": 123456}, "code"),
        ({"method": "totp", "code": "1", "user_id": 1}, "user_id"),
        ({"method": "passkey", "assertion": {}}, "assertion.id"),
    ],
)
async def test_answers_that_are_none(client: AsyncClient, secret: str, form: dict[str, Any], field: str) -> None:
    token = (await begin(client))["mfa_token"]
    reply = await client.post("/api/v1/auth/login/mfa", json={"mfa_token": token, **form})
    assert reply.status_code == 422, reply.text
    assert field in error_of(reply)["details"]["fields"]


async def test_failures_speak_the_language_of_the_request(client: AsyncClient, secret: str) -> None:
    client.headers["Accept-Language"] = "ja"
    token = (await begin(client))["mfa_token"]
    wrong = await answer(client, token, "totp", code=wrong_code(secret))
    assert error_of(wrong)["message"] == "コードが違います"
    unknown = await answer(client, "unknown", "totp", **WRONG)
    assert error_of(unknown)["message"] == "時間切れです。最初からログインし直してください"


async def test_a_new_password_ends_sign_ins_that_are_halfway(client: AsyncClient, member: Actor, secret: str) -> None:
    token = (await begin(client))["mfa_token"]
    form = {"current_password": PASSWORD, "new_password": "Momiji-8-kawa"}
    assert (await member.post("/users/me/password", json=form)).status_code == 200
    assert reason(await answer(client, token, "totp", code=code_of(secret))) == "sign_in_expired"


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": "new@example.com"}])
async def test_so_does_a_ban_or_a_new_address(
    client: AsyncClient, member: Actor, superuser: Actor, secret: str, change: dict[str, Any]
) -> None:
    token = (await begin(client))["mfa_token"]
    assert (await superuser.patch(f"/users/{member.id}", json=change)).status_code == 200
    await superuser.patch(f"/users/{member.id}", json={"is_active": True})
    assert reason(await answer(client, token, "totp", code=code_of(secret))) == "sign_in_expired"


async def test_so_does_deleting_the_account(
    client: AsyncClient, app: FastAPI, member: Actor, superuser: Actor, secret: str
) -> None:
    token = (await begin(client))["mfa_token"]
    assert (await superuser.delete(f"/users/{member.id}")).status_code == 204
    assert reason(await answer(client, token, "totp", code=code_of(secret))) == "sign_in_expired"
    assert (await superuser.get(f"/users/{member.id}/two-factor")).status_code == 404


async def test_so_does_removing_a_factor(client: AsyncClient, member: Actor, secret: str) -> None:
    token = (await begin(client))["mfa_token"]
    assert (await member.delete("/auth/totp")).status_code == 204
    assert reason(await answer(client, token, "totp", code=code_of(secret))) == "sign_in_expired"


async def test_a_ban_is_told_after_the_password_and_before_the_factor(
    client: AsyncClient, member: Actor, superuser: Actor, secret: str
) -> None:
    await superuser.patch(f"/users/{member.id}", json={"is_active": False})
    reply = await client.post("/api/v1/auth/login", data={"username": "hanako", "password": PASSWORD})
    assert reply.status_code == 400
    assert error_of(reply)["message"] == "This account is disabled"


async def test_a_factor_of_someone_else(client: AsyncClient, other: Actor, secret: str, moving_clock: Clock) -> None:
    others, _ = await set_up_totp(other)
    token = (await begin(client))["mfa_token"]
    assert reason(await answer(client, token, "totp", code=next_code(moving_clock, others))) == "wrong_answer"


async def test_by_passkey(client: AsyncClient, app: FastAPI, member: Actor) -> None:
    device = Authenticator()
    await add_passkey(member, device)
    challenge = await begin(client)
    assert challenge["methods"] == ["passkey"]
    token = challenge["mfa_token"]
    reply = await client.post("/api/v1/auth/login/mfa/passkey-options", json={"mfa_token": token})
    assert reply.status_code == 200
    options = reply.json()["options"]
    assert len(options["allowCredentials"]) == 1
    assert options["userVerification"] == "required"
    assertion = device.sign(options)
    assert (await answer(client, token, "passkey", assertion=assertion)).status_code == 200
    assert (await noted(app, "user.signed_in"))[-1]["details"] == {"method": "password+passkey"}
    # Neither the token nor what was signed is good for another one.
    assert reason(await answer(client, token, "passkey", assertion=assertion)) == "sign_in_expired"
    fresh = (await begin(client))["mfa_token"]
    assert reason(await answer(client, fresh, "passkey", assertion=assertion)) == "wrong_answer"


async def test_by_passkey_without_asking_for_options(client: AsyncClient, member: Actor) -> None:
    device = Authenticator()
    await add_passkey(member, device)
    asked = (await client.post("/api/v1/auth/passkeys/options")).json()
    assertion = device.sign(asked["options"])
    token = (await begin(client))["mfa_token"]
    assert reason(await answer(client, token, "passkey", assertion=assertion)) == "wrong_answer"


async def test_a_passkey_that_has_left_the_options_behind(client: AsyncClient, member: Actor) -> None:
    device = Authenticator()
    await add_passkey(member, device)
    token = (await begin(client))["mfa_token"]
    path = "/api/v1/auth/login/mfa/passkey-options"
    first = (await client.post(path, json={"mfa_token": token})).json()["options"]
    second = (await client.post(path, json={"mfa_token": token})).json()["options"]
    assert first["challenge"] != second["challenge"]
    assert reason(await answer(client, token, "passkey", assertion=device.sign(first))) == "wrong_answer"
    assert (await answer(client, token, "passkey", assertion=device.sign(second))).status_code == 200


async def test_options_for_a_sign_in_that_is_none(client: AsyncClient, secret: str) -> None:
    path = "/api/v1/auth/login/mfa/passkey-options"
    assert reason(await client.post(path, json={"mfa_token": "unknown"})) == "sign_in_expired"
    token = (await begin(client))["mfa_token"]
    for _ in range(5):
        await answer(client, token, "totp", code=wrong_code(secret))
    assert reason(await client.post(path, json={"mfa_token": token})) == "sign_in_expired"


async def test_guesses_at_one_account_are_limited(make_client: AppMaker) -> None:
    client = await make_client(rate_limits=True)
    member = await make_actor(client, "hanako")
    secret, _ = await set_up_totp(member)
    tokens = [(await begin(client))["mfa_token"] for _ in range(3)]
    replies = [await answer(client, token, "totp", code=wrong_code(secret)) for token in tokens for _ in range(4)]
    statuses = [reply.status_code for reply in replies]
    assert statuses == [401] * 10 + [429] * 2
    taro = await make_actor(client, "taro")
    assert (await taro.get("/auth/me")).status_code == 200


async def test_accounts_without_a_second_factor_sign_in_as_before(client: AsyncClient, member: Actor) -> None:
    await member.post("/auth/totp")
    assert (await (await sign_in(client, "hanako")).get("/auth/me")).status_code == 200

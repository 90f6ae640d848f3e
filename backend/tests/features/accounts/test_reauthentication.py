"""Proving again who one is: what asks for it, what is enough, and for how long."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import update

from musubi.features.accounts.models import Identity, User
from tests.authenticator import Authenticator
from tests.conftest import AppMaker, Clock
from tests.second_factors import add_passkey, answer, begin, code_of, noted, passkey_login, set_up_totp, wrong_code
from tests.support import PASSWORD, Actor, actor_of, error_of, make_actor, sign_in

SENSITIVE = [
    ("POST", "/auth/totp"),
    ("POST", "/auth/totp/confirm"),
    ("DELETE", "/auth/totp"),
    ("POST", "/auth/recovery-codes"),
    ("POST", "/auth/passkeys/registration-options"),
    ("DELETE", "/auth/passkeys/1"),
]


async def prove(actor: Actor, method: str, **fields: Any) -> Response:
    return await actor.post("/auth/reauthenticate", json={"method": method, **fields})


async def prove_by_passkey(actor: Actor, device: Authenticator) -> Response:
    asked = (await actor.post("/auth/reauthenticate/passkey-options")).json()
    return await prove(actor, "passkey", token=asked["token"], assertion=device.sign(asked["options"]))


async def is_proved(actor: Actor) -> bool:
    """Whether the session may do what asks for a proof. (There is no such passkey.)"""
    reply = await actor.delete("/auth/passkeys/999")
    assert reply.status_code in (403, 404), reply.text
    return reply.status_code == 404


@pytest.mark.parametrize(("method", "path"), SENSITIVE)
async def test_what_asks_for_it(member: Actor, moving_clock: Clock, method: str, path: str) -> None:
    body = {"json": {"code": "123456"}} if path.endswith("confirm") else {}
    assert (await member.request(method, path, **body)).status_code != 403
    moving_clock.forward(minutes=10)
    reply = await member.request(method, path, **body)
    assert reply.status_code == 403
    error = error_of(reply)
    assert error["code"] == "FORBIDDEN"
    assert error["details"] == {"reason": "reauthentication_required", "methods": ["password"]}
    assert error["message"] == "Confirm that it is you"


@pytest.mark.parametrize(("method", "path"), SENSITIVE)
async def test_a_stranger_is_not_asked(client: AsyncClient, method: str, path: str) -> None:
    reply = await client.request(method, f"/api/v1{path}")
    assert reply.status_code == 401


async def test_in_the_language_of_the_request(member: Actor, moving_clock: Clock) -> None:
    moving_clock.forward(minutes=10)
    reply = await member.post("/auth/totp", headers={"Accept-Language": "ja"})
    assert error_of(reply)["message"] == "ご本人であることを確認してください"
    reply = await member.post(
        "/auth/reauthenticate", json={"method": "password", "password": "x"}, headers={"Accept-Language": "ja"}
    )
    assert error_of(reply)["message"] == "パスワードが違います"


async def test_by_password(member: Actor, app: FastAPI, moving_clock: Clock) -> None:
    moving_clock.forward(minutes=10)
    assert not await is_proved(member)
    reply = await prove(member, "password", password=PASSWORD)
    assert reply.status_code == 200
    assert reply.json()["message"] == "Confirmed"
    moving_clock.forward(minutes=9, seconds=50)
    assert await is_proved(member)
    moving_clock.forward(seconds=10)
    assert not await is_proved(member)
    [entry] = await noted(app, "session.proved")
    assert (entry["actor_id"], entry["object_type"], entry["details"]) == (
        member.id, "session", {"method": "password"},
    )  # fmt: skip


async def test_it_is_the_session_that_has_proved_it(member: Actor, moving_clock: Clock) -> None:
    elsewhere = await sign_in(member.client, "hanako")
    moving_clock.forward(minutes=10)
    assert (await prove(member, "password", password=PASSWORD)).status_code == 200
    assert await is_proved(member)
    assert not await is_proved(elsewhere)


async def test_a_refresh_is_no_proof(client: AsyncClient, member: Actor, moving_clock: Clock) -> None:
    moving_clock.forward(minutes=10)
    form = {"refresh_token": member.refresh_token}
    renewed = actor_of(client, await client.post("/api/v1/auth/refresh", json=form))
    assert not await is_proved(renewed)


async def test_a_wrong_password(member: Actor, app: FastAPI, moving_clock: Clock) -> None:
    moving_clock.forward(minutes=10)
    for password in ("Wrong-password-1", "", PASSWORD + " "):
        reply = await prove(member, "password", password=password)
        # Not 401: the session is as good as it was.
        assert reply.status_code == 400
        assert error_of(reply)["details"]["fields"] == {"password": "The password is not correct"}
    assert not await is_proved(member)
    assert [entry["details"] for entry in await noted(app, "session.proof_failed")] == [{"method": "password"}] * 3


async def test_with_a_second_factor_a_password_is_not_enough(member: Actor, app: FastAPI, moving_clock: Clock) -> None:
    secret, codes = await set_up_totp(member)
    moving_clock.forward(minutes=10)
    asked = await member.delete("/auth/totp")
    assert error_of(asked)["details"]["methods"] == ["totp", "recovery"]
    for password in (PASSWORD, "Wrong-password-1"):
        # Right or wrong: it isn't looked at.
        reply = await prove(member, "password", password=password)
        assert reply.status_code == 403
        assert error_of(reply)["details"] == {"reason": "reauthentication_required", "methods": ["totp", "recovery"]}
        assert error_of(reply)["message"] == "This account needs another proof"
    assert not await is_proved(member)
    assert (await prove(member, "totp", code=wrong_code(secret))).status_code == 400
    assert not await is_proved(member)
    code = code_of(secret)
    assert (await prove(member, "totp", code=code)).status_code == 200
    assert await is_proved(member)
    reply = await prove(member, "totp", code=code)
    assert error_of(reply)["details"]["fields"] == {"code": "This code is not right"}
    moving_clock.forward(minutes=10)
    assert (await prove(member, "recovery", code=codes[0])).status_code == 200
    assert (await prove(member, "recovery", code=codes[0])).status_code == 400
    assert await is_proved(member)
    assert len(await noted(app, "recovery_code.used")) == 1


async def test_by_passkey(member: Actor, app: FastAPI, moving_clock: Clock) -> None:
    device = Authenticator()
    await add_passkey(member, device)
    moving_clock.forward(minutes=10)
    assert error_of(await member.delete("/auth/totp"))["details"]["methods"] == ["passkey"]
    device.verifies_user = False
    reply = await prove_by_passkey(member, device)
    assert reply.status_code == 400
    assert error_of(reply)["message"] == "This passkey could not be verified"
    assert not await is_proved(member)
    device.verifies_user = True
    assert (await prove_by_passkey(member, device)).status_code == 200
    assert await is_proved(member)
    assert (await noted(app, "session.proved"))[-1]["details"] == {"method": "passkey"}


async def test_a_passkeys_proof_is_good_once(member: Actor, moving_clock: Clock) -> None:
    device = Authenticator(counter=None)
    await add_passkey(member, device)
    asked = (await member.post("/auth/reauthenticate/passkey-options")).json()
    form = {"token": asked["token"], "assertion": device.sign(asked["options"])}
    assert (await prove(member, "passkey", **form)).status_code == 200
    assert (await prove(member, "passkey", **form)).status_code == 400


async def test_someone_elses_passkey(member: Actor, other: Actor, moving_clock: Clock) -> None:
    # Neither says whose it is, as security keys don't when they are asked for certain credentials.
    own, device = Authenticator(tells_user=False), Authenticator(tells_user=False)
    await add_passkey(member, own)
    await add_passkey(other, device)
    moving_clock.forward(minutes=10)
    asked = (await member.post("/auth/reauthenticate/passkey-options")).json()
    assertion = device.sign({**asked["options"], "allowCredentials": []})
    assert (await prove(member, "passkey", token=asked["token"], assertion=assertion)).status_code == 400
    # Nor one's own, for the challenge that someone else was asked.
    asked = (await other.post("/auth/reauthenticate/passkey-options")).json()
    assertion = own.sign({**asked["options"], "allowCredentials": []})
    assert (await prove(member, "passkey", token=asked["token"], assertion=assertion)).status_code == 400
    assert not await is_proved(member)


async def test_who_has_nothing_to_prove_it_with_signs_in_again(
    member: Actor, app: FastAPI, moving_clock: Clock
) -> None:
    async with app.state.database.transaction() as session:
        await session.execute(update(User).where(User.id == member.id).values(password_hash=None))
    moving_clock.forward(minutes=10)
    for reply in (await member.post("/auth/totp"), await prove(member, "password", password=PASSWORD)):
        assert reply.status_code == 403
        assert error_of(reply)["message"] == "Sign in again to do this"
        assert error_of(reply)["details"]["methods"] == []


async def test_a_new_factor_puts_other_sessions_in_doubt(member: Actor) -> None:
    """Or a thief who knew the password could take the factor away again, from a session begun just before."""
    elsewhere = await sign_in(member.client, "hanako")
    assert await is_proved(elsewhere)
    await set_up_totp(member)
    assert await is_proved(member)
    assert not await is_proved(elsewhere)


async def test_a_factor_that_is_added_while_the_password_is_checked(
    member: Actor, app: FastAPI, moving_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher, elsewhere = app.state.accounts.hasher, await sign_in(member.client, "hanako")
    really = hasher.verify

    async def verify(password: str, kept: str | None) -> bool:
        await set_up_totp(elsewhere)
        return bool(await really(password, kept))

    monkeypatch.setattr(hasher, "verify", verify)
    reply = await prove(member, "password", password=PASSWORD)
    assert reply.status_code == 403
    assert error_of(reply)["details"]["methods"] == ["totp", "recovery"]
    assert not await is_proved(member)


async def test_so_does_a_new_passkey(member: Actor) -> None:
    elsewhere = await sign_in(member.client, "hanako")
    await add_passkey(member, Authenticator())
    assert (await is_proved(member), await is_proved(elsewhere)) == (True, False)


async def test_every_sign_in_is_a_proof(client: AsyncClient, member: Actor, moving_clock: Clock) -> None:
    device = Authenticator()
    await add_passkey(member, device)
    _, codes = await set_up_totp(member)
    moving_clock.forward(minutes=10)
    by_code = await answer(client, (await begin(client))["mfa_token"], "recovery", code=codes[0])
    assert await is_proved(actor_of(client, by_code))
    assert await is_proved(actor_of(client, await passkey_login(client, device)))


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"method": "password"}, "password"),
        ({"method": "totp"}, "code"),
        ({"method": "recovery", "password": PASSWORD}, "code"),
        ({"method": "passkey"}, "token"),
        ({"method": "passkey", "token": "x"}, "assertion"),
        ({"method": "magic"}, "method"),
        ({}, "method"),
        ({"method": "password", "password": PASSWORD, "session_id": 1}, "session_id"),
    ],
)
async def test_forms_that_are_none(member: Actor, form: dict[str, Any], field: str) -> None:
    reply = await member.post("/auth/reauthenticate", json=form)
    assert reply.status_code == 422
    assert field in error_of(reply)["details"]["fields"]


@pytest.mark.parametrize("method", ["totp", "recovery"])
async def test_factors_one_does_not_have(member: Actor, method: str) -> None:
    assert (await prove(member, method, code="123456")).status_code == 400


async def test_a_secret_that_was_never_confirmed_proves_nothing(member: Actor) -> None:
    secret = (await member.post("/auth/totp")).json()["secret"]
    assert (await prove(member, "totp", code=code_of(secret))).status_code == 400


async def test_how_long_is_a_setting(make_client: AppMaker, moving_clock: Clock) -> None:
    client = await make_client(proof_minutes=1)
    member = await make_actor(client, "hanako")
    moving_clock.forward(seconds=50)
    assert await is_proved(member)
    moving_clock.forward(seconds=10)
    assert not await is_proved(member)


async def test_guesses_are_limited(make_client: AppMaker) -> None:
    client = await make_client(rate_limits=True)
    member = await make_actor(client, "hanako")
    statuses = [(await prove(member, "password", password="Wrong-password-1")).status_code for _ in range(12)]
    assert statuses == [400] * 10 + [429] * 2


async def test_the_last_way_in_is_kept(member: Actor, app: FastAPI) -> None:
    """An account that was made at a provider, and then left to its passkeys."""
    first, second = Authenticator(), Authenticator()
    passkeys = [await add_passkey(member, first), await add_passkey(member, second)]
    async with app.state.database.transaction() as session:
        await session.execute(update(User).where(User.id == member.id).values(password_hash=None))
    assert (await member.delete(f"/auth/passkeys/{passkeys[0]['id']}")).status_code == 204
    reply = await member.delete(f"/auth/passkeys/{passkeys[1]['id']}")
    assert reply.status_code == 409
    assert "Nothing else would open your account" in error_of(reply)["message"]
    assert (await passkey_login(member.client, second)).status_code == 200
    async with app.state.database.transaction() as session:
        session.add(Identity(user_id=member.id, provider="p", issuer="https://p.example", subject="1", email=None))
    assert (await member.delete(f"/auth/passkeys/{passkeys[1]['id']}")).status_code == 204

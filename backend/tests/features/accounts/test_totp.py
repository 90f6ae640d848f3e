"""Authenticator apps: setting one up, and which codes are taken."""

import asyncio
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from pydantic import SecretStr
from sqlalchemy import select

from musubi.core import clock
from musubi.features.accounts.models import TotpSecret
from musubi.settings import Settings
from tests.conftest import AppMaker, Clock
from tests.second_factors import answer, begin, code_of, everything_kept, next_code, noted, set_up_totp, wrong_code
from tests.support import Actor, error_of, make_actor, sign_in

ANOTHER_SECRET = SecretStr("another secret, of forty characters or so")


def to_the_start_of_a_step(moving_clock: Clock) -> None:
    """Move on to a moment at which a code is one second old."""
    moving_clock.forward(seconds=31 - clock.utcnow().timestamp() % 30)


async def test_setting_it_up(member: Actor, app: FastAPI) -> None:
    reply = await member.post("/auth/totp")
    assert reply.status_code == 200
    assert set(reply.json()) == {"secret", "uri", "qr"}
    secret = reply.json()["secret"]
    assert len(pyotp.TOTP(secret).byte_secret()) == 20

    uri = urlsplit(reply.json()["uri"])
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == "/Musubi (localhost):hanako"
    assert parse_qs(uri.query)["secret"] == [secret]
    assert parse_qs(uri.query)["issuer"] == ["Musubi (localhost)"]
    # What apps take for granted is left out or said as they have it.
    assert parse_qs(uri.query).get("digits", ["6"]) == ["6"]
    assert parse_qs(uri.query).get("period", ["30"]) == ["30"]

    assert reply.json()["qr"].startswith("data:image/svg+xml")
    # Dark on light whatever the page looks like.
    picture = unquote(reply.json()["qr"])
    assert "fill='#fff'" in picture
    assert "stroke='#000'" in picture

    # Until the first code it is no factor.
    assert (await member.get("/auth/two-factor")).json()["totp"] is False
    await sign_in(member.client, "hanako")

    reply = await member.post("/auth/totp/confirm", json={"code": code_of(secret)})
    assert reply.status_code == 200
    assert len(set(reply.json()["recovery_codes"])) == 10
    state = (await member.get("/auth/two-factor")).json()
    assert state == {
        "totp": True, "recovery_codes_left": 10, "passkeys": [], "identities": [], "has_password": True,
    }  # fmt: skip
    assert (await begin(member.client))["methods"] == ["totp", "recovery"]
    [entry] = await noted(app, "totp.enabled")
    assert (entry["actor_id"], entry["object_id"]) == (member.id, member.id)
    assert len(await noted(app, "recovery_codes.made")) == 1


async def test_a_wrong_first_code(member: Actor) -> None:
    secret = (await member.post("/auth/totp")).json()["secret"]
    for code in (wrong_code(secret), "", "12345", code_of(secret) + "0", "あいうえおか", "²²²²²²"):
        reply = await member.post("/auth/totp/confirm", json={"code": code})
        assert reply.status_code == 400, code
        assert error_of(reply)["details"]["fields"] == {"code": "This code is not right"}
    reply = await member.post(
        "/auth/totp/confirm", json={"code": wrong_code(secret)}, headers={"Accept-Language": "ja"}
    )
    assert error_of(reply)["message"] == "コードが違います"
    assert (await member.get("/auth/two-factor")).json()["totp"] is False


async def test_beginning_again_replaces_the_secret(member: Actor) -> None:
    first = (await member.post("/auth/totp")).json()["secret"]
    second = (await member.post("/auth/totp")).json()["secret"]
    assert first != second
    assert (await member.post("/auth/totp/confirm", json={"code": code_of(first)})).status_code == 400
    assert (await member.post("/auth/totp/confirm", json={"code": code_of(second)})).status_code == 200


async def test_nothing_to_confirm(member: Actor) -> None:
    reply = await member.post("/auth/totp/confirm", json={"code": "123456"})
    assert reply.status_code == 409
    assert error_of(reply)["message"] == "Begin setting up an authenticator app first"


async def test_one_app_at_a_time(member: Actor, moving_clock: Clock) -> None:
    secret, _ = await set_up_totp(member)
    for reply in (
        await member.post("/auth/totp"),
        await member.post("/auth/totp/confirm", json={"code": next_code(moving_clock, secret)}),
    ):
        assert reply.status_code == 409
        assert error_of(reply)["message"] == "An authenticator app is set up already"


async def test_two_confirmations_at_once(member: Actor) -> None:
    secret = (await member.post("/auth/totp")).json()["secret"]
    code = code_of(secret)
    replies = await asyncio.gather(*(member.post("/auth/totp/confirm", json={"code": code}) for _ in range(10)))
    assert sorted(reply.status_code for reply in replies) == [200] + [409] * 9
    assert (await member.get("/auth/two-factor")).json()["recovery_codes_left"] == 10


async def test_removing_it(member: Actor, app: FastAPI) -> None:
    await set_up_totp(member)
    assert (await member.delete("/auth/totp")).status_code == 204
    state = (await member.get("/auth/two-factor")).json()
    # Codes would only look as if they opened something.
    assert (state["totp"], state["recovery_codes_left"]) == (False, 0)
    await sign_in(member.client, "hanako")
    assert len(await noted(app, "totp.disabled")) == 1
    reply = await member.delete("/auth/totp")
    assert reply.status_code == 404
    assert error_of(reply)["message"] == "No authenticator app is set up"


async def test_one_that_was_never_confirmed_can_be_removed(member: Actor, app: FastAPI) -> None:
    await member.post("/auth/totp")
    assert (await member.delete("/auth/totp")).status_code == 204
    assert await noted(app, "totp.disabled") == []


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
async def test_the_window(client: AsyncClient, member: Actor, moving_clock: Clock, steps: int, status: int) -> None:
    secret, _ = await set_up_totp(member)
    moving_clock.forward(minutes=5)
    to_the_start_of_a_step(moving_clock)
    token = (await begin(client))["mfa_token"]
    assert (await answer(client, token, "totp", code=code_of(secret, steps=steps))).status_code == status


async def test_the_edges_of_a_step(client: AsyncClient, member: Actor, moving_clock: Clock) -> None:
    secret, _ = await set_up_totp(member)
    moving_clock.forward(minutes=5)
    to_the_start_of_a_step(moving_clock)
    code = code_of(secret)
    # It lives for the 30 seconds in which it is shown, and for 30 more.
    moving_clock.forward(seconds=60)
    late = (await begin(client))["mfa_token"]
    assert (await answer(client, late, "totp", code=code)).status_code == 401
    moving_clock.forward(seconds=-25)
    assert (await answer(client, late, "totp", code=code)).status_code == 200


async def test_a_code_is_good_for_one_sign_in(client: AsyncClient, member: Actor, moving_clock: Clock) -> None:
    secret, _ = await set_up_totp(member)
    code = next_code(moving_clock, secret)
    assert (await answer(client, (await begin(client))["mfa_token"], "totp", code=code)).status_code == 200
    second = (await begin(client))["mfa_token"]
    assert (await answer(client, second, "totp", code=code)).status_code == 401
    # Nor one of the step before, which is in the window.
    assert (await answer(client, second, "totp", code=code_of(secret, steps=-1))).status_code == 401
    assert (await answer(client, second, "totp", code=code_of(secret, steps=1))).status_code == 200


async def test_the_code_that_confirmed_it_is_used_up(client: AsyncClient, member: Actor) -> None:
    secret = (await member.post("/auth/totp")).json()["secret"]
    code = code_of(secret)
    await member.post("/auth/totp/confirm", json={"code": code})
    assert (await answer(client, (await begin(client))["mfa_token"], "totp", code=code)).status_code == 401


async def test_of_fifty_at_once_one_gets_in(client: AsyncClient, member: Actor, moving_clock: Clock) -> None:
    secret, _ = await set_up_totp(member)
    code = next_code(moving_clock, secret)
    challenges = [await begin(client) for _ in range(50)]
    replies = await asyncio.gather(
        *(answer(client, challenge["mfa_token"], "totp", code=code) for challenge in challenges)
    )
    assert sorted(reply.status_code for reply in replies) == [200] + [401] * 49


@pytest.mark.parametrize("written", ["{} {}", " {}{} ", "{}-{}", "{}\u3000{}"])
async def test_however_it_is_typed(client: AsyncClient, member: Actor, moving_clock: Clock, written: str) -> None:
    secret, _ = await set_up_totp(member)
    code = next_code(moving_clock, secret)
    typed = written.format(code[:3], code[3:])
    assert (await answer(client, (await begin(client))["mfa_token"], "totp", code=typed)).status_code == 200


async def test_in_the_digits_of_a_japanese_keyboard(client: AsyncClient, member: Actor, moving_clock: Clock) -> None:
    secret, _ = await set_up_totp(member)
    typed = next_code(moving_clock, secret).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert (await answer(client, (await begin(client))["mfa_token"], "totp", code=typed)).status_code == 200


async def test_secrets_and_codes_are_in_no_table_and_no_log(
    client: AsyncClient, app: FastAPI, member: Actor, moving_clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    secret, recovery_codes = await set_up_totp(member)
    code = next_code(moving_clock, secret)
    token = (await begin(client))["mfa_token"]
    await answer(client, token, "totp", code=wrong_code(secret))
    await answer(client, token, "totp", code=code)
    token_two = (await begin(client))["mfa_token"]
    await answer(client, token_two, "recovery", code=recovery_codes[0])
    kept, logged = await everything_kept(app), "".join(capsys.readouterr())
    plain = [each.replace("-", "") for each in recovery_codes]
    for hidden in (secret, pyotp.TOTP(secret).byte_secret().hex(), token, token_two, *recovery_codes, *plain):
        assert hidden not in kept
        assert hidden not in logged
    assert f"'{code}'" not in kept
    assert code not in logged


async def test_a_secret_whose_key_is_gone_opens_nothing(
    make_client: AppMaker, moving_clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    before = await make_client()
    secret, recovery_codes = await set_up_totp(await make_actor(before, "hanako"))
    lost = await make_client(secret_key=ANOTHER_SECRET)
    challenge = await begin(lost)
    # The factor is still asked for; it just can't be what answers.
    assert challenge["methods"] == ["recovery"]
    code = next_code(moving_clock, secret)
    assert (await answer(lost, challenge["mfa_token"], "totp", code=code)).status_code == 401
    assert "authenticator app unusable" in "".join(capsys.readouterr())
    reply = await answer(lost, challenge["mfa_token"], "recovery", code=recovery_codes[0])
    assert reply.status_code == 200


async def test_a_secret_is_sealed_anew_with_a_new_key(
    make_client: AppMaker, app: FastAPI, settings: Settings, moving_clock: Clock
) -> None:
    async def sealed() -> str:
        async with app.state.database.reading() as reader:
            return str(await reader.scalar(select(TotpSecret.sealed)))

    today = await make_client()
    secret, _ = await set_up_totp(await make_actor(today, "hanako"))
    before = await sealed()
    assert settings.secret_key is not None
    tomorrow = await make_client(secret_key=ANOTHER_SECRET, previous_secret_keys=(settings.secret_key,))
    code = next_code(moving_clock, secret)
    assert (await answer(tomorrow, (await begin(tomorrow))["mfa_token"], "totp", code=code)).status_code == 200
    assert (await sealed()).partition(".")[0] != before.partition(".")[0]
    # Now the older secret may go.
    later = await make_client(secret_key=ANOTHER_SECRET)
    code = next_code(moving_clock, secret)
    assert (await answer(later, (await begin(later))["mfa_token"], "totp", code=code)).status_code == 200

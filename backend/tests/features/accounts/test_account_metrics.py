"""Who came in, and who didn't, is counted by the way they came."""

import pytest
from httpx import AsyncClient
from sqlalchemy import delete, update

from musubi.features.accounts.models import Passkey, User
from tests.authenticator import Authenticator
from tests.conftest import AppMaker, Clock
from tests.limits import app_of, limited_maker
from tests.scraping import Recorded
from tests.second_factors import add_passkey, answer, begin, code_of, passkey_login, set_up_totp, wrong_code
from tests.support import Actor, make_actor, sign_in

SIGN_INS = "musubi_sign_ins_total"


async def log_in(client: AsyncClient, password: str) -> int:
    reply = await client.post("/api/v1/auth/login", data={"username": "hanako", "password": password})
    return reply.status_code


async def test_passwords(client: AsyncClient) -> None:
    recorded = Recorded()
    await make_actor(client, "hanako")
    assert recorded.since("musubi_registrations_total") == 1
    assert recorded.since(SIGN_INS) == 0
    await sign_in(client, "hanako")
    assert recorded.since(SIGN_INS, method="password", outcome="success") == 1
    assert await log_in(client, "not this one") == 401
    assert recorded.since(SIGN_INS, method="password", outcome="failed") == 1
    async with app_of(client).state.database.transaction() as session:
        await session.execute(update(User).values(is_active=False))
    with pytest.raises(AssertionError):
        await sign_in(client, "hanako")
    assert recorded.since(SIGN_INS, method="password", outcome="refused") == 1
    assert recorded.since(SIGN_INS) == 3


async def test_second_factors(client: AsyncClient, member: Actor, moving_clock: Clock) -> None:
    secret, _ = await set_up_totp(member)
    moving_clock.forward(seconds=30)
    recorded = Recorded()
    token = (await begin(client))["mfa_token"]
    assert (await answer(client, token, "totp", code=wrong_code(secret))).status_code == 401
    assert recorded.since(SIGN_INS, method="second_factor", outcome="failed") == 1
    assert (await answer(client, token, "totp", code=code_of(secret))).status_code == 200
    assert recorded.since(SIGN_INS, method="password", outcome="success") == 1
    assert recorded.since(SIGN_INS) == 2


async def test_passkeys(client: AsyncClient, member: Actor) -> None:
    device, recorded = Authenticator(), Recorded()
    await add_passkey(member, device)
    assert (await passkey_login(client, device)).status_code == 200
    assert recorded.since(SIGN_INS, method="passkey", outcome="success") == 1
    async with app_of(client).state.database.transaction() as session:
        await session.execute(delete(Passkey))
    assert (await passkey_login(client, device)).status_code == 401
    assert recorded.since(SIGN_INS, method="passkey", outcome="failed") == 1


async def test_refusals_by_limit(make_client: AppMaker) -> None:
    client = await limited_maker(make_client)("register=1/1h")
    await make_actor(client, "hanako")
    recorded = Recorded()
    with pytest.raises(AssertionError):
        await make_actor(client, "taro")
    assert recorded.since("musubi_limit_refusals_total", limit="register") == 1
    assert recorded.since("musubi_limit_refusals_total") == 1

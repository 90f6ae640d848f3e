"""The life of an account, with everything that the log notes of accounts; and nothing secret of it in the log."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Request, Response
from sqlalchemy import insert, select

from musubi.core.clock import utcnow
from musubi.features.accounts.actions import ACTIONS
from musubi.features.accounts.models import Identity
from musubi.features.audit.models import AuditEntry
from tests.authenticator import Authenticator
from tests.conftest import Clock
from tests.outbox import mails
from tests.second_factors import (
    add_passkey,
    answer,
    begin,
    code_of,
    next_code,
    passkey_login,
    set_up_totp,
    wrong_code,
)
from tests.sql import database_of
from tests.support import PASSWORD, Actor, actor_of, make_actor, sign_in

SECRET_FIELDS = {
    "password", "current_password", "new_password",
    "access_token", "refresh_token", "mfa_token", "token",
    "code", "recovery_codes", "secret", "uri",
    "challenge", "signature", "clientDataJSON", "attestationObject", "authenticatorData", "rawId",
}  # fmt: skip
# What an address or a profile says is private, if no secret: it would stay in the log after the account is deleted.
PRIVATE_FIELDS = {"email", "full_name", "bio", "user_agent"}
# It takes a provider: the tests of OpenID Connect look at what is noted of it.
ELSEWHERE = {"identity.linked"}


@pytest.fixture
def told(client: AsyncClient) -> set[str]:
    """Everything that is sent and answered under the name of something secret or private."""
    seen: set[str] = set()

    async def note_request(request: Request) -> None:
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            seen.update(secrets_in(dict(parse_qsl(request.content.decode()))))
        elif request.content:
            seen.update(secrets_in(json.loads(request.content)))

    async def note_reply(reply: Response) -> None:
        if await reply.aread():
            seen.update(secrets_in(reply.json()))

    client.event_hooks = {"request": [note_request], "response": [note_reply]}
    return seen


def secrets_in(value: Any, *, is_secret: bool = False) -> Iterator[str]:
    """The secret and private strings anywhere in a body."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from secrets_in(each, is_secret=is_secret or name in SECRET_FIELDS | PRIVATE_FIELDS)
    elif isinstance(value, list):
        for each in value:
            yield from secrets_in(each, is_secret=is_secret)
    elif isinstance(value, str) and is_secret and value:
        yield value


async def mistakes_and_changes(client: AsyncClient) -> None:
    """Signing in wrongly and rightly, one's profile, one's password, one's sessions."""
    hanako = await make_actor(client, "hanako")
    # Whoever mistakes the one field for the other has typed their password as a name.
    for login in (PASSWORD, "hanako"):
        await client.post("/api/v1/auth/login", data={"username": login, "password": "Wrong-9-word"})
    await hanako.patch("/users/me", json={"full_name": "Hanako Yamada", "bio": "Potter of Kyoto"})
    for current in ("Wrong-8-word", PASSWORD):
        form = {"current_password": current, "new_password": "Another-8-wind"}
        await hanako.post("/users/me/password", json=form)
    form = {"current_password": "Another-8-wind", "new_password": PASSWORD}
    assert (await hanako.post("/users/me/password", json=form)).is_success
    phone = await sign_in(client, "hanako")
    listed = (await phone.get("/auth/sessions")).json()["data"]
    await hanako.delete(f"/auth/sessions/{next(each['id'] for each in listed if each['current'])}")
    await sign_in(client, "hanako")
    await hanako.delete("/auth/sessions")
    token = hanako.refresh_token
    for _ in range(2):
        reply = await client.post("/api/v1/auth/refresh", json={"refresh_token": token})
        token = reply.json()["refresh_token"]
    assert (await client.post("/api/v1/auth/refresh", json={"refresh_token": hanako.refresh_token})).is_error


async def mailed_links(app: FastAPI, client: AsyncClient) -> None:
    """Confirming an address, forgetting a password."""
    for path, template, form in (
        ("verify-email", "verify_email", {}),
        ("reset-password", "reset_password", {"new_password": PASSWORD}),
    ):
        await client.post("/api/v1/auth/forgot-password", json={"email": "hanako@example.com"})
        await app.state.jobs.drain()
        token = (await mails(app, template, to="hanako@example.com"))[-1].token
        assert (await client.post(f"/api/v1/auth/{path}", json={"token": token, **form})).is_success


async def second_factors(app: FastAPI, client: AsyncClient, moving_clock: Clock) -> None:
    """An authenticator app, recovery codes and a passkey, from the first to the last."""
    hanako = await sign_in(client, "hanako")
    secret, codes = await set_up_totp(hanako)
    challenge = await begin(client)
    assert (await answer(client, challenge["mfa_token"], "totp", code=wrong_code(secret))).is_error
    by_code = await answer(client, challenge["mfa_token"], "totp", code=next_code(moving_clock, secret))
    assert by_code.is_success
    by_recovery = await answer(client, (await begin(client))["mfa_token"], "recovery", code=codes[0])
    hanako = actor_of(client, by_recovery)
    await hanako.post("/auth/recovery-codes")
    device = Authenticator()
    passkey = await add_passkey(hanako, device, "Hanako's phone")
    await hanako.patch(f"/auth/passkeys/{passkey['id']}", json={"name": "Old phone"})
    assert (await passkey_login(client, device)).is_success
    device.counter = 0
    assert (await passkey_login(client, device)).is_error
    moving_clock.forward(minutes=11)
    form = {"method": "totp", "code": wrong_code(secret)}
    assert (await hanako.post("/auth/reauthenticate", json=form)).is_error
    assert (await hanako.post("/auth/reauthenticate", json={**form, "code": code_of(secret)})).is_success
    await hanako.delete(f"/auth/passkeys/{passkey['id']}")
    await hanako.delete("/auth/totp")
    await connected_account(app, hanako)
    assert (await hanako.post("/auth/logout")).is_success


async def connected_account(app: FastAPI, hanako: Actor) -> None:
    """An account elsewhere, which is disconnected again."""
    stamps = {"created_at": utcnow(), "updated_at": utcnow()}
    row = {"user_id": hanako.id, "provider": "work", "issuer": "https://id.example", "subject": "the-subject", **stamps}
    async with database_of(app).transaction() as session:
        identity_id = (await session.execute(insert(Identity).returning(Identity.id), row)).scalar_one()
    assert (await hanako.delete(f"/auth/identities/{identity_id}")).is_success


async def administration(superuser: Actor) -> None:
    """What is done to an account by others."""
    taro = await superuser.appoint("taro", full_name="Taro Suzuki", bio="Cook of Osaka")
    await set_up_totp(taro)
    await superuser.post("/auth/reauthenticate", json={"method": "password", "password": PASSWORD})
    change = {"email": "new@example.com", "role": "editor", "bio": "Baker"}
    reply = await superuser.patch(f"/users/{taro.id}", json=change)
    assert reply.is_success, reply.text
    assert (await superuser.delete(f"/users/{taro.id}/two-factor")).is_success
    await superuser.delete(f"/users/{taro.id}/sessions")
    await superuser.delete(f"/users/{taro.id}")


async def test_nothing_secret_is_in_the_log(
    app: FastAPI, client: AsyncClient, told: set[str], superuser: Actor, moving_clock: Clock
) -> None:
    await mistakes_and_changes(client)
    await mailed_links(app, client)
    await administration(superuser)
    await second_factors(app, client, moving_clock)

    async with database_of(app).reading() as reader:
        rows = (await reader.execute(select(*AuditEntry.__table__.c))).all()
    noted = {row.action for row in rows}
    assert set(ACTIONS) - noted == ELSEWHERE, "the life that is told here has to have everything that can be noted"
    log = "\n".join(json.dumps([row.action, row.object_type, row.details], ensure_ascii=False) for row in rows)
    # Those that came out, and the like of those that went in.
    assert len(told) > 60
    assert {PASSWORD, "Wrong-9-word", "hanako@example.com", "Potter of Kyoto"} <= told
    assert [value for value in sorted(told) if value in log] == []
    assert "the-subject" not in log
    assert "phone" not in log

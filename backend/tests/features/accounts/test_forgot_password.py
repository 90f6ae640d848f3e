"""A forgotten password: who asks learns nothing, and the link is worth one new password."""

import asyncio

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from tests.authenticator import Authenticator
from tests.conftest import AppMaker, Clock
from tests.core.jobs.work import only_row, rows
from tests.limits import app_of, limited_maker
from tests.outbox import Mail, mails, only_mail
from tests.second_factors import add_passkey, begin, noted, passkey_login, set_up_totp
from tests.support import PASSWORD, Actor, error_of, make_actor, sign_in

NEW = "Susuki-9-tsuki"
HANAKO = "hanako@example.com"


async def ask(client: AsyncClient, email: str = HANAKO, **headers: str) -> Response:
    return await client.post("/api/v1/auth/forgot-password", json={"email": email}, headers=headers)


async def mailed_link(app: FastAPI, client: AsyncClient) -> Mail:
    """The newest link, freshly asked for."""
    assert (await ask(client)).status_code == 202
    await app.state.jobs.drain()
    return (await mails(app, "reset_password"))[-1]


async def reset(client: AsyncClient, token: str, password: str = NEW) -> Response:
    return await client.post("/api/v1/auth/reset-password", json={"token": token, "new_password": password})


async def status_of_login(client: AsyncClient, password: str) -> int:
    return (await client.post("/api/v1/auth/login", data={"username": "hanako", "password": password})).status_code


async def confirm_address(app: FastAPI, client: AsyncClient) -> None:
    token = (await only_mail(app, "verify_email", to=HANAKO)).token
    assert (await client.post("/api/v1/auth/verify-email", json={"token": token})).status_code == 200


async def test_the_whole_way(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    mail = await mailed_link(app, client)
    assert (mail.to, mail.protected) == (HANAKO, False)
    assert mail.link.startswith("http://localhost:8000/reset-password#token=")
    reply = await reset(client, mail.token)
    assert reply.status_code == 200
    assert await status_of_login(client, PASSWORD) == 401
    signed_in = await sign_in(client, "hanako", NEW)
    # The mail arrived, so the address is theirs.
    assert signed_in.user["email_verified"] is True
    [entry] = await noted(app, "password.reset")
    assert (entry["actor_id"], entry["object_id"]) == (member.id, member.id)


async def test_it_ends_every_session(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    second = await sign_in(client, "hanako")
    await reset(client, (await mailed_link(app, client)).token)
    for actor in (member, second):
        assert (await actor.get("/users/me")).status_code == 401
        refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": actor.refresh_token})
        assert refreshed.status_code == 401


async def test_the_owner_is_told(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    await reset(client, (await mailed_link(app, client)).token)
    mail = await only_mail(app, "password_changed")
    assert mail.to == HANAKO
    assert "127.0.0.1" in mail.text
    assert mail.link == "http://localhost:8000/forgot-password"


async def test_a_new_password_of_ones_own_is_told_too(app: FastAPI, member: Actor) -> None:
    form = {"current_password": PASSWORD, "new_password": NEW}
    assert (await member.post("/users/me/password", json=form)).status_code == 200
    assert (await only_mail(app, "password_changed")).to == HANAKO


async def test_one_answer_for_known_and_unknown(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    """And the same work: until a job looks, nobody has."""
    known, unknown = await ask(client), await ask(client, "nobody@example.com")
    assert known.status_code == unknown.status_code == 202
    assert known.json()["message"] == unknown.json()["message"]
    first, second = await rows(app.state.database)
    assert first.kind == second.kind
    assert await mails(app, "reset_password") == []
    await app.state.jobs.drain()
    assert [mail.to for mail in await mails(app, "reset_password")] == [HANAKO]
    assert await rows(app.state.database) == []


async def test_who_asked_is_not_in_the_queue(app: FastAPI, client: AsyncClient) -> None:
    await ask(client, "secret-admirer@example.com")
    assert "admirer" not in str((await only_row(app.state.database)).payload)


async def test_the_address_may_be_spelled_otherwise(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    await ask(client, " HANAKO@EXAMPLE.COM ")
    await app.state.jobs.drain()
    assert (await only_mail(app, "reset_password")).to == HANAKO


async def test_what_is_no_address_is_refused(client: AsyncClient) -> None:
    assert (await ask(client, "hanako")).status_code == 422


async def test_a_link_works_once(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    token = (await mailed_link(app, client)).token
    assert (await reset(client, token)).status_code == 200
    reply = await reset(client, token, PASSWORD)
    assert reply.status_code == 400
    assert error_of(reply)["code"] == "BAD_REQUEST"
    assert await status_of_login(client, PASSWORD) == 401


async def test_of_fifty_at_once_one_sets_its_password(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    token = (await mailed_link(app, client)).token
    passwords = [f"{NEW}-{number}" for number in range(50)]
    replies = await asyncio.gather(*(reset(client, token, password) for password in passwords))
    statuses = [reply.status_code for reply in replies]
    assert statuses.count(200) == 1
    # 503: more were waiting to be hashed than may wait.
    assert set(statuses) <= {200, 400, 503}
    winner = passwords[statuses.index(200)]
    assert await status_of_login(client, winner) == 200
    assert len(await noted(app, "password.reset")) == len(await mails(app, "password_changed")) == 1


async def test_a_link_lasts_an_hour(app: FastAPI, client: AsyncClient, member: Actor, moving_clock: Clock) -> None:
    token = (await mailed_link(app, client)).token
    moving_clock.forward(hours=1, seconds=1)
    assert (await reset(client, token)).status_code == 400


async def test_a_new_link_takes_the_place_of_the_old(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    old, new = (await mailed_link(app, client)).token, (await mailed_link(app, client)).token
    assert (await reset(client, old)).status_code == 400
    assert (await reset(client, new)).status_code == 200


@pytest.mark.parametrize("password", ["short", "alllowercase1", "Password1", "Hanako@example.com1"[:18]])
async def test_a_bad_password_does_not_use_the_link_up(
    app: FastAPI, client: AsyncClient, member: Actor, password: str
) -> None:
    token = (await mailed_link(app, client)).token
    reply = await reset(client, token, password)
    assert reply.status_code == 422
    assert "new_password" in error_of(reply)["details"]["fields"]
    assert (await reset(client, token)).status_code == 200


async def test_a_link_for_one_thing_is_good_for_no_other(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    verification = (await only_mail(app, "verify_email")).token
    assert (await reset(client, verification)).status_code == 400
    token = (await mailed_link(app, client)).token
    assert (await client.post("/api/v1/auth/verify-email", json={"token": token})).status_code == 400


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"email": "new@example.com"}, {"role": "admin"}, {"is_superuser": True}]
)
async def test_a_link_is_worthless_once_the_account_is_another(
    app: FastAPI, client: AsyncClient, superuser: Actor, member: Actor, change: dict[str, object]
) -> None:
    token = (await mailed_link(app, client)).token
    assert (await superuser.patch(f"/users/{member.id}", json=change)).status_code == 200
    assert (await reset(client, token)).status_code == 400


async def test_disabled_and_deleted_accounts_get_no_link(
    app: FastAPI, client: AsyncClient, superuser: Actor, member: Actor, other: Actor
) -> None:
    await superuser.patch(f"/users/{member.id}", json={"is_active": False})
    await superuser.delete(f"/users/{other.id}")
    for email in (HANAKO, "taro@example.com"):
        assert (await ask(client, email)).status_code == 202
    await app.state.jobs.drain()
    assert await mails(app, "reset_password") == []


async def test_the_link_of_a_deleted_account_is_worthless(
    app: FastAPI, client: AsyncClient, superuser: Actor, member: Actor
) -> None:
    token = (await mailed_link(app, client)).token
    await superuser.delete(f"/users/{member.id}")
    assert (await reset(client, token)).status_code == 400


async def test_mail_to_a_superuser_is_protected(app: FastAPI, client: AsyncClient, superuser: Actor) -> None:
    await ask(client, "root@example.com")
    await app.state.jobs.drain()
    assert (await only_mail(app, "reset_password")).protected


async def test_the_second_factor_stays(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    await set_up_totp(member)
    await reset(client, (await mailed_link(app, client)).token)
    reply = await client.post("/api/v1/auth/login", data={"username": "hanako", "password": NEW})
    assert reply.json()["mfa_required"] is True


async def test_passkeys_of_a_confirmed_address_stay(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    await confirm_address(app, client)
    authenticator = Authenticator()
    await add_passkey(member, authenticator)
    await reset(client, (await mailed_link(app, client)).token)
    assert (await passkey_login(client, authenticator)).status_code == 200


async def test_who_registered_with_a_strangers_address_keeps_no_way_in(
    app: FastAPI, client: AsyncClient, member: Actor
) -> None:
    authenticator = Authenticator()
    await add_passkey(member, authenticator)
    await reset(client, (await mailed_link(app, client)).token)
    assert (await passkey_login(client, authenticator)).status_code == 401
    assert "passkeys" in (await only_mail(app, "password_changed")).text
    [entry] = await noted(app, "password.reset")
    assert entry["details"] == {"other_ways_in_removed": True}


async def test_a_sign_in_that_waits_for_its_second_factor_is_over(
    app: FastAPI, client: AsyncClient, member: Actor
) -> None:
    _, codes = await set_up_totp(member)
    waiting = await begin(client)
    await reset(client, (await mailed_link(app, client)).token)
    form = {"mfa_token": waiting["mfa_token"], "method": "recovery", "code": codes[0]}
    assert (await client.post("/api/v1/auth/login/mfa", json=form)).status_code == 401


async def test_a_new_password_of_ones_own_makes_links_worthless(
    app: FastAPI, client: AsyncClient, member: Actor
) -> None:
    token = (await mailed_link(app, client)).token
    await member.post("/users/me/password", json={"current_password": PASSWORD, "new_password": NEW})
    assert (await reset(client, token, "Other-8-password")).status_code == 400


async def test_it_is_in_the_language_of_the_request(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    await ask(client, **{"Accept-Language": "ja"})
    await app.state.jobs.drain()
    mail = await only_mail(app, "reset_password")
    assert (mail.locale, mail.subject) == ("ja", "パスワードの再設定")
    reply = await client.post(
        "/api/v1/auth/reset-password",
        json={"token": mail.token, "new_password": NEW},
        headers={"Accept-Language": "ja"},
    )
    assert reply.json()["message"].startswith("新しいパスワード")
    assert (await only_mail(app, "password_changed")).locale == "ja"


async def test_the_link_begins_with_the_configured_address(make_client: AppMaker) -> None:
    client = await make_client(base_url="https://musubi.example", allowed_hosts=("evil.example",))
    await make_actor(client, "hanako")
    await ask(client, Host="evil.example", Origin="https://evil.example")
    await app_of(client).state.jobs.drain()
    mail = await only_mail(app_of(client), "reset_password")
    assert mail.link.startswith("https://musubi.example/reset-password#token=")
    assert "evil" not in mail.text + mail.html


async def test_how_many_mails_may_be_asked_for(make_client: AppMaker) -> None:
    """For an address that has an account, and for one that has none."""
    client = await limited_maker(make_client)()
    await make_actor(client, "hanako")
    for email in (HANAKO, "nobody@example.com"):
        assert [(await ask(client, email)).status_code for _ in range(6)] == [202] * 5 + [429]
    assert (await ask(client, "HANAKO@example.com")).status_code == 429


async def test_how_many_addresses_one_may_try(make_client: AppMaker) -> None:
    client = await limited_maker(make_client)()
    statuses = [(await ask(client, f"someone-{number}@example.com")).status_code for number in range(21)]
    assert statuses == [202] * 20 + [429]


async def test_how_often_links_may_be_tried(make_client: AppMaker) -> None:
    client = await limited_maker(make_client)("mailed-token=3/1h")
    assert [(await reset(client, "x")).status_code for _ in range(4)] == [400] * 3 + [429]

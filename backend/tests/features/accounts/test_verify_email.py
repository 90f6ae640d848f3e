"""Confirming an address: with a link that goes there, once, and only as long as it is the account's."""

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from tests.conftest import AppMaker, Clock
from tests.limits import app_of, limited_maker
from tests.outbox import mails, only_mail
from tests.second_factors import noted
from tests.support import PASSWORD, Actor, error_of, make_actor

HANAKO = "hanako@example.com"


async def verify(client: AsyncClient, token: str) -> Response:
    return await client.post("/api/v1/auth/verify-email", json={"token": token})


async def is_verified(actor: Actor) -> bool:
    return bool((await actor.get("/users/me")).json()["email_verified"])


async def test_registering_sends_a_link_and_the_link_confirms(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    assert not await is_verified(member)
    mail = await only_mail(app)
    assert (mail.to, mail.template, mail.protected) == (HANAKO, "verify_email", False)
    assert mail.link.startswith("http://localhost:8000/verify-email#token=")
    reply = await verify(client, mail.token)
    assert reply.status_code == 200
    assert reply.json()["success"] is True
    assert await is_verified(member)
    [entry] = await noted(app, "email.verified")
    assert (entry["actor_id"], entry["object_id"]) == (member.id, member.id)


async def test_a_link_works_once(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    token = (await only_mail(app)).token
    assert (await verify(client, token)).status_code == 200
    reply = await verify(client, token)
    assert reply.status_code == 400
    assert error_of(reply)["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("token", ["x", "ü", "a" * 200])
async def test_what_is_no_token_confirms_nothing(client: AsyncClient, member: Actor, token: str) -> None:
    assert (await verify(client, token)).status_code == 400
    assert not await is_verified(member)


async def test_a_link_lasts_two_days(
    app: FastAPI, client: AsyncClient, member: Actor, other: Actor, moving_clock: Clock
) -> None:
    moving_clock.forward(hours=47, minutes=59)
    assert (await verify(client, (await only_mail(app, to=HANAKO)).token)).status_code == 200
    moving_clock.forward(minutes=2)
    assert (await verify(client, (await only_mail(app, to="taro@example.com")).token)).status_code == 400


async def test_a_link_to_one_address_does_not_confirm_another(
    app: FastAPI, client: AsyncClient, superuser: Actor, member: Actor
) -> None:
    """Whoever got mail at the old one has not shown that they get it at the new one."""
    old = (await only_mail(app, to=HANAKO)).token
    assert (await superuser.patch(f"/users/{member.id}", json={"email": "new@example.com"})).status_code == 200
    assert (await verify(client, old)).status_code == 400
    assert not await is_verified(member)
    new = await only_mail(app, "verify_email", to="new@example.com")
    assert (await verify(client, new.token)).status_code == 200
    assert await is_verified(member)


async def test_the_old_address_is_told(app: FastAPI, superuser: Actor, member: Actor) -> None:
    await superuser.patch(f"/users/{member.id}", json={"email": "new@example.com"})
    mail = await only_mail(app, "address_changed")
    assert mail.to == HANAKO
    assert "new@example.com" not in mail.text


async def test_another_spelling_is_the_same_address(app: FastAPI, superuser: Actor, member: Actor) -> None:
    before = len(await mails(app))
    await superuser.patch(f"/users/{member.id}", json={"email": "Hanako@example.com", "bio": "x"})
    assert len(await mails(app)) == before


async def test_a_confirmed_address_that_is_replaced_is_not_confirmed(
    app: FastAPI, client: AsyncClient, superuser: Actor, member: Actor
) -> None:
    await verify(client, (await only_mail(app, to=HANAKO)).token)
    await superuser.patch(f"/users/{member.id}", json={"email": "new@example.com"})
    assert not await is_verified(member)


async def test_an_account_made_by_an_administrator_is_asked_too(app: FastAPI, superuser: Actor) -> None:
    form = {"password": PASSWORD, "is_active": True}
    await superuser.post("/users", json={**form, "username": "taro", "email": "taro@example.com"})
    await superuser.post(
        "/users", json={**form, "username": "sleeper", "email": "sleeper@example.com", "is_active": False}
    )
    assert (await only_mail(app, to="taro@example.com")).template == "verify_email"
    assert await mails(app, to="sleeper@example.com") == []


async def test_the_link_can_be_sent_again(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    reply = await member.post("/auth/verify-email/send")
    assert reply.status_code == 202
    first, second = await mails(app, "verify_email")
    assert second.to == HANAKO
    assert first.token != second.token
    # Mail may arrive in any order.
    assert (await verify(client, first.token)).status_code == 200
    assert (await verify(client, second.token)).status_code == 400


async def test_what_is_confirmed_is_not_asked_again(app: FastAPI, client: AsyncClient, member: Actor) -> None:
    await verify(client, (await only_mail(app)).token)
    reply = await member.post("/auth/verify-email/send")
    assert reply.status_code == 409
    assert error_of(reply)["code"] == "CONFLICT"
    assert len(await mails(app)) == 1


async def test_only_for_oneself(client: AsyncClient) -> None:
    assert (await client.post("/api/v1/auth/verify-email/send")).status_code == 401


async def test_a_disabled_account_confirms_nothing(
    app: FastAPI, client: AsyncClient, superuser: Actor, member: Actor
) -> None:
    token = (await only_mail(app, to=HANAKO)).token
    await superuser.patch(f"/users/{member.id}", json={"is_active": False})
    assert (await verify(client, token)).status_code == 400


async def test_the_link_begins_with_the_configured_address(make_client: AppMaker) -> None:
    """Whatever the request says of itself: it may have been made by anyone, anywhere."""
    client = await make_client(base_url="https://musubi.example", allowed_hosts=("evil.example",))
    evil = {
        "Host": "evil.example", "Origin": "https://evil.example", "X-Forwarded-Host": "evil.example",
        "Forwarded": "host=evil.example", "Referer": "https://evil.example/",
    }  # fmt: skip
    client.headers.update(evil)
    await make_actor(client, "hanako")
    mail = await only_mail(app_of(client))
    assert mail.link.startswith("https://musubi.example/verify-email#token=")
    assert "evil" not in mail.text + mail.html


async def test_it_is_in_the_language_of_the_request(app: FastAPI, client: AsyncClient) -> None:
    client.headers["Accept-Language"] = "ja"
    await make_actor(client, "hanako")
    mail = await only_mail(app)
    assert (mail.locale, mail.subject) == ("ja", "メールアドレスの確認")
    reply = await verify(client, "x")
    assert "リンク" in error_of(reply)["message"]


async def test_a_full_name_is_not_written_to_strangers(app: FastAPI, client: AsyncClient) -> None:
    """Whoever registers with a stranger's address must not be able to have their text delivered there."""
    form = {"username": "hanako", "email": "stranger@example.com", "password": PASSWORD, "bio": "win.example"}
    await client.post("/api/v1/auth/register", json={**form, "full_name": "You won! https://win.example"})
    mail = await only_mail(app)
    assert "win" not in mail.text + mail.html


async def test_how_many_mails_one_may_ask_for(make_client: AppMaker) -> None:
    client = await limited_maker(make_client)()
    member = await make_actor(client, "hanako")
    statuses = [(await member.post("/auth/verify-email/send")).status_code for _ in range(6)]
    assert statuses == [202] * 5 + [429]


async def test_how_often_links_may_be_tried(make_client: AppMaker) -> None:
    client = await limited_maker(make_client)("mailed-token=3/1h")
    assert [(await verify(client, "x")).status_code for _ in range(4)] == [400] * 3 + [429]

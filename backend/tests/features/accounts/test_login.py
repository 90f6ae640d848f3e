"""Signing in: by name or address, and what someone learns who can't."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select

from musubi.features.accounts.models import User
from tests.conftest import AppMaker
from tests.support import PASSWORD, Actor, error_of, make_actor, sign_in

ALL_PERMISSIONS = {
    "items:read_any", "items:write_any", "users:read", "users:write", "rooms:moderate", "audit:read", "system:read",
}  # fmt: skip


async def login(client: AsyncClient, username: str = "hanako", password: str = PASSWORD, **extra: str) -> Response:
    return await client.post("/api/v1/auth/login", data={"username": username, "password": password, **extra})


@pytest.mark.parametrize(
    "username",
    ["hanako", "HANAKO", "ｈａｎａｋｏ", " hanako ", "hanako@example.com", "Hanako@EXAMPLE.com"],
)
async def test_by_name_or_address(client: AsyncClient, member: Actor, username: str) -> None:
    reply = await login(client, username)
    assert reply.status_code == 200, reply.text
    assert reply.json()["user"] == member.user


async def test_the_token_reply(client: AsyncClient, member: Actor) -> None:
    body = (await login(client)).json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    assert body["access_token"] != member.access_token
    assert body["refresh_token"] != member.refresh_token


async def test_a_reply_with_tokens_is_not_cached(client: AsyncClient, member: Actor) -> None:
    assert (await login(client)).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"role": "member"}, set()),
        ({"role": "editor"}, {"items:read_any", "items:write_any"}),
        ({"role": "admin"}, ALL_PERMISSIONS),
        ({"role": "member", "is_superuser": True}, ALL_PERMISSIONS),
    ],
)
async def test_permissions_of_every_role(superuser: Actor, fields: dict[str, Any], expected: set[str]) -> None:
    actor = await superuser.appoint("someone", **fields)
    assert set(actor.user["permissions"]) == expected
    assert (await actor.get("/auth/me")).json()["permissions"] == actor.user["permissions"]


async def test_what_oauth2_clients_send_along_is_taken(client: AsyncClient, member: Actor) -> None:
    reply = await login(client, grant_type="password", scope="", client_id="app", client_secret="", state="x")
    assert reply.status_code == 200, reply.text


async def test_other_grants_are_refused(client: AsyncClient, member: Actor) -> None:
    reply = await login(client, grant_type="client_credentials")
    assert reply.status_code == 422
    assert set(error_of(reply)["details"]["fields"]) == {"grant_type"}


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, {"username", "password"}),
        ({"username": "hanako"}, {"password"}),
        ({"username": "", "password": ""}, {"username", "password"}),
        ({"username": "hanako", "password": "x" * 1001}, {"password"}),
        ({"username": "x" * 201, "password": PASSWORD}, {"username"}),
        ({"username": "nul\x00", "password": PASSWORD}, {"username"}),
        ({"username": "hanako", "password": "nul\x00"}, {"password"}),
    ],
)
async def test_forms_that_are_not_valid(client: AsyncClient, form: dict[str, str], fields: set[str]) -> None:
    reply = await client.post("/api/v1/auth/login", data=form)
    assert reply.status_code == 422
    assert set(error_of(reply)["details"]["fields"]) == fields


async def test_json_is_not_a_form(client: AsyncClient, member: Actor) -> None:
    reply = await client.post("/api/v1/auth/login", json={"username": "hanako", "password": PASSWORD})
    assert reply.status_code == 422


def signature_of(reply: Response) -> tuple[Any, ...]:
    """All of a reply that could tell one failure from another."""
    error = error_of(reply)
    headers = {name: value for name, value in reply.headers.items() if name != "x-request-id"}
    return reply.status_code, error["code"], error["message"], error["details"], headers


@pytest.mark.parametrize(
    ("username", "password"),
    [("nobody", PASSWORD), ("nobody@example.com", PASSWORD), (" ", PASSWORD), ("@", PASSWORD), ("nobody", "x")],
)
async def test_an_unknown_account_looks_like_a_wrong_password(
    client: AsyncClient, member: Actor, username: str, password: str
) -> None:
    wrong, unknown = await login(client, password="Wrong-password-1"), await login(client, username, password)
    assert wrong.status_code == 401
    assert error_of(wrong)["message"] == "Incorrect username or password"
    assert wrong.headers["WWW-Authenticate"] == "Bearer"
    assert signature_of(wrong) == signature_of(unknown)


async def test_an_unknown_account_costs_as_much_work(
    client: AsyncClient, app: FastAPI, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await login(client, "nobody")
    hasher, work = app.state.accounts.hasher, []
    verify = hasher._hash.verify

    def counted(password: str, kept: str) -> bool:
        # The cost is written in the hash itself.
        work.append(kept.rpartition("$")[0].rpartition("$")[0])
        return bool(verify(password, kept))

    monkeypatch.setattr(hasher._hash, "verify", counted)
    await login(client, "hanako", "Wrong-password-1")
    await login(client, "nobody", "Wrong-password-1")
    assert len(work) == 2
    assert work[0] == work[1]


async def test_failures_speak_the_language_of_the_request(client: AsyncClient) -> None:
    reply = await client.post(
        "/api/v1/auth/login",
        data={"username": "nobody", "password": "x"},
        headers={"Accept-Language": "ja"},
    )
    assert error_of(reply)["message"] == "ユーザー名またはパスワードが違います"


async def test_a_disabled_account_is_told_so_only_with_its_password(
    client: AsyncClient, member: Actor, superuser: Actor
) -> None:
    await superuser.patch(f"/users/{member.id}", json={"is_active": False})
    reply = await login(client)
    assert reply.status_code == 400
    assert error_of(reply)["message"] == "This account is disabled"
    assert (await login(client, password="Wrong-password-1")).status_code == 401


async def test_an_account_that_is_enabled_again(client: AsyncClient, member: Actor, superuser: Actor) -> None:
    await superuser.patch(f"/users/{member.id}", json={"is_active": False})
    await superuser.patch(f"/users/{member.id}", json={"is_active": True})
    assert (await login(client)).status_code == 200
    # What was ended stays ended.
    assert (await member.get("/auth/me")).status_code == 401


async def test_passwords_are_compared_exactly(client: AsyncClient, member: Actor) -> None:
    for almost in (PASSWORD + " ", " " + PASSWORD, PASSWORD.upper(), PASSWORD[:-1]):
        assert (await login(client, password=almost)).status_code == 401


async def test_hashes_are_renewed_when_the_cost_was_raised(make_client: AppMaker, app: FastAPI) -> None:
    async def kept() -> str:
        async with app.state.database.reading() as reader:
            return str(await reader.scalar(select(User.password_hash)))

    today = await make_client()
    await make_actor(today, "hanako")
    before = await kept()
    assert "$argon2id$" in before
    await sign_in(today, "hanako")
    assert await kept() == before
    tomorrow = await make_client(password_iterations=2)
    await sign_in(tomorrow, "hanako")
    assert "t=2," in await kept()
    await sign_in(today, "hanako")

"""The one-time link under which the first superuser is made."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from tests.conftest import AppMaker
from tests.support import PASSWORD, Actor, actor_of, error_of

FORM = {"username": "root", "email": "root@example.com", "password": PASSWORD}


@pytest.fixture
def token(app: FastAPI) -> str:
    setup_token: str = app.state.accounts.sessions.tokens.setup_token()
    return setup_token


async def set_up(client: AsyncClient, token: str | None, **changes: Any) -> Response:
    return await client.post("/api/v1/setup", json={**FORM, "token": token, **changes})


async def is_needed(client: AsyncClient) -> bool:
    reply = await client.get("/api/v1/setup")
    assert reply.status_code == 200
    assert set(reply.json()) == {"needed"}
    needed: bool = reply.json()["needed"]
    return needed


async def test_the_first_superuser_is_signed_in_at_once(client: AsyncClient, token: str) -> None:
    assert await is_needed(client)
    reply = await set_up(client, token, full_name="Root")
    assert reply.status_code == 201
    assert set(reply.json()) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    root = actor_of(client, reply)
    assert (root.user["is_superuser"], root.user["role"], root.user["full_name"]) == (True, "admin", "Root")
    assert (await root.get("/users")).status_code == 200
    assert not await is_needed(client)


@pytest.mark.parametrize("wrong", ["", "x", "0" * 40, "結び目"])
async def test_a_wrong_token(client: AsyncClient, token: str, wrong: str) -> None:
    reply = await set_up(client, wrong)
    assert reply.status_code == 403
    assert error_of(reply)["message"] == "This link is not valid"
    assert await is_needed(client)


async def test_almost_the_token(client: AsyncClient, token: str) -> None:
    for almost in (token[:-1], token + "0", token.upper() + " "):
        assert (await set_up(client, almost)).status_code == 403


async def test_the_link_works_once(client: AsyncClient, token: str) -> None:
    assert (await set_up(client, token)).status_code == 201
    reply = await set_up(client, token, username="another", email="another@example.com")
    assert reply.status_code == 409
    assert error_of(reply)["message"] == "The first superuser exists already"


async def test_of_two_at_once_one_becomes_superuser(client: AsyncClient, token: str) -> None:
    replies = await asyncio.gather(
        *(set_up(client, token, username=f"root{n}", email=f"root{n}@example.com") for n in range(5))
    )
    assert sorted(reply.status_code for reply in replies) == [201, 409, 409, 409, 409]


async def test_members_may_come_before_the_superuser(client: AsyncClient, member: Actor, token: str) -> None:
    assert (await member.make_item())["owner_id"] == member.id
    assert await is_needed(client)
    assert (await set_up(client, token)).status_code == 201


async def test_the_name_may_be_taken_already(client: AsyncClient, member: Actor, token: str) -> None:
    reply = await set_up(client, token, username="hanako")
    assert reply.status_code == 409
    assert set(error_of(reply)["details"]["fields"]) == {"username"}
    assert (await set_up(client, token)).status_code == 201


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"password": "short"}, {"password"}),
        ({"password": "Password1"}, {"password"}),
        ({"username": "x"}, {"username"}),
        ({"email": "x@"}, {"email"}),
        ({"role": "admin"}, {"role"}),
    ],
)
async def test_forms_that_are_not_valid(
    client: AsyncClient, token: str, changes: dict[str, Any], fields: set[str]
) -> None:
    reply = await set_up(client, token, **changes)
    assert reply.status_code == 422
    assert set(error_of(reply)["details"]["fields"]) == fields


async def test_a_form_without_a_token(client: AsyncClient) -> None:
    assert (await set_up(client, None)).status_code == 422


async def test_it_works_while_registration_is_closed(make_client: AppMaker, token: str) -> None:
    client = await make_client(registration=False)
    assert (await set_up(client, token)).status_code == 201


async def test_a_disabled_superuser_opens_no_second_way_in(client: AsyncClient, token: str) -> None:
    root = actor_of(client, await set_up(client, token))
    second = await root.appoint("second", is_superuser=True)
    assert (await second.delete(f"/users/{root.id}")).status_code == 204
    assert not await is_needed(client)
    assert (await set_up(client, token, username="third", email="t@example.com")).status_code == 409

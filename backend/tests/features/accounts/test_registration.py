"""Registering: the rules of names, addresses and passwords, and what a newcomer gets."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import func, select

from musubi.features.accounts.models import User
from tests.conftest import AppMaker
from tests.support import PASSWORD, Actor, actor_of, error_of, make_actor

FORM = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}
USER_FIELDS = {
    "id", "username", "email", "full_name", "bio", "profile_image", "role", "is_active", "is_superuser",
    "email_verified", "created_at", "updated_at", "created_by", "updated_by", "permissions",
}  # fmt: skip


async def register(client: AsyncClient, *, language: str = "en", **changes: Any) -> Response:
    return await client.post("/api/v1/auth/register", json={**FORM, **changes}, headers={"Accept-Language": language})


def fields_of(reply: Response, status: int = 422) -> dict[str, str]:
    assert reply.status_code == status, reply.text
    fields: dict[str, str] = error_of(reply)["details"]["fields"]
    return fields


async def test_a_newcomer_is_signed_in_at_once(client: AsyncClient) -> None:
    reply = await register(client, full_name="山田 花子", bio="Two lines\nof text")
    assert reply.status_code == 201
    body = reply.json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    user = body["user"]
    assert set(user) == USER_FIELDS
    assert user["full_name"] == "山田 花子"
    assert user["bio"] == "Two lines\nof text"
    assert (user["role"], user["permissions"], user["is_superuser"]) == ("member", [], False)
    assert (user["is_active"], user["email_verified"], user["profile_image"]) == (True, False, None)
    assert user["created_at"].endswith("Z")
    assert (await actor_of(client, reply).get("/auth/me")).json() == user


async def test_neither_password_nor_hash_leaves(client: AsyncClient) -> None:
    reply = await register(client)
    assert PASSWORD not in reply.text
    assert "argon2" not in reply.text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("abc", "abc"),
        ("a" * 50, "a" * 50),
        ("d_e-f.G", "d_e-f.G"),
        ("  hanako ", "hanako"),
        ("結び目", "結び目"),
        ("Zoë", "Zoë"),
        ("Zoe\u0308", "Zoë"),
        ("Ｍｕｓｕｂｉ１", "Musubi1"),
        ("ﬁsh", "fish"),
    ],
)
async def test_names_are_normalized_and_keep_their_case(client: AsyncClient, sent: str, kept: str) -> None:
    reply = await register(client, username=sent)
    assert reply.status_code == 201, reply.text
    assert reply.json()["user"]["username"] == kept


@pytest.mark.parametrize(
    "username",
    [
        "", "ab", "a" * 51, "two words", "at@sign", "full＠width", "sla/sh", "emoji😀", "tab\tbed", "line\nbreak",
        "nul\x00", "zero\u200bwidth", "<b>bold</b>", "   ", None, 12345, ["abc"],
    ],
)  # fmt: skip
async def test_refused_names(client: AsyncClient, username: object) -> None:
    assert set(fields_of(await register(client, username=username))) == {"username"}


@pytest.mark.parametrize("username", ["hanako", "HANAKO", "Hanako", "ｈａｎａｋｏ", " hanako"])
async def test_a_name_is_taken_without_regard_to_case_and_width(client: AsyncClient, username: str) -> None:
    await make_actor(client, "hanako")
    reply = await register(client, username=username, email="another@example.com")
    assert fields_of(reply, 409) == {"username": "This name is already taken"}
    assert error_of(reply)["code"] == "CONFLICT"


async def test_case_is_folded_and_not_only_lowered(client: AsyncClient) -> None:
    await make_actor(client, "straße")
    reply = await register(client, username="STRASSE")
    assert set(fields_of(reply, 409)) == {"username"}


@pytest.mark.parametrize("email", ["hanako@example.com", "HANAKO@EXAMPLE.COM", " hanako@Example.com "])
async def test_an_address_is_taken_without_regard_to_case(client: AsyncClient, email: str) -> None:
    await make_actor(client, "hanako")
    reply = await register(client, username="another", email=email)
    assert fields_of(reply, 409) == {"email": "This address is already in use"}


async def test_both_taken_are_both_named(client: AsyncClient) -> None:
    await make_actor(client, "hanako")
    assert set(fields_of(await register(client), 409)) == {"username", "email"}


@pytest.mark.parametrize(
    "email",
    [
        "", "nobody", "nobody@", "@example.com", "two words@example.com", "a@example..com", "a@b@example.com",
        "nul\x00@example.com", f"{'x' * 90}@example.com", None, 5,
        # Short as they are sent, but many times longer once normalized.
        "a@" + ("℡" * 20 + ".") * 4 + "jp",
        "ﷺ" * 60 + "@example.com",
        "\u0958" * 60 + "@example.com",
    ],
)  # fmt: skip
async def test_refused_addresses(client: AsyncClient, email: object) -> None:
    assert set(fields_of(await register(client, email=email))) == {"email"}


@pytest.mark.parametrize(
    "email", ["a@intranet.local", "a@host", "a@example.test", "hanako+tag@example.com", "花子@例え.テスト"]
)
async def test_addresses_of_all_sorts(client: AsyncClient, email: str) -> None:
    reply = await register(client, email=email)
    assert reply.status_code == 201, reply.text
    assert reply.json()["user"]["email"] == email


@pytest.mark.parametrize(
    "password",
    ["Short-7", "Aa1" + "x" * 98, "all-lower-case-1", "ALL-UPPER-CASE-1", "No-digit-in-here", "", None, 12345678],
)
async def test_passwords_that_break_the_rule(client: AsyncClient, password: object) -> None:
    assert set(fields_of(await register(client, password=password))) == {"password"}


@pytest.mark.parametrize("password", ["Kaze-7xy", "Aa1" + "-" * 97, "Ünïcödé-7", "日本語Ab7のパス"])
async def test_passwords_that_follow_the_rule(client: AsyncClient, password: str) -> None:
    assert (await register(client, password=password)).status_code == 201


@pytest.mark.parametrize("password", ["Password1", "PASSWORd1", "Ｐassword1"])
async def test_common_passwords(client: AsyncClient, password: str) -> None:
    message = fields_of(await register(client, password=password))["password"]
    assert message == "This password is one of the first that an attacker tries"


@pytest.mark.parametrize("password", ["Hanako-2026", "hAnAkO-2026", "Hana-2026@example.com", "Hana-2026"])
async def test_personal_passwords(client: AsyncClient, password: str) -> None:
    reply = await register(client, username="hanako-2026", email="hana-2026@example.com", password=password)
    assert fields_of(reply)["password"] == "The password must not be your name or address"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", {"username": "At least 3 characters", "email": "This is not an e-mail address"}),
        (
            "ja,en;q=0.5",
            {"username": "3文字以上で入力してください", "email": "メールアドレスの形式が正しくありません"},
        ),
    ],
)
async def test_messages_follow_the_language(client: AsyncClient, language: str, expected: dict[str, str]) -> None:
    assert fields_of(await register(client, language=language, username="ab", email="a@b@c")) == expected


async def test_conflicts_follow_the_language(client: AsyncClient) -> None:
    await make_actor(client, "hanako")
    reply = await register(client, language="ja", email="b@example.com")
    assert fields_of(reply, 409) == {"username": "このユーザー名はすでに使われています"}


async def test_an_error_never_repeats_what_was_sent(client: AsyncClient) -> None:
    reply = await register(client, password="swordfish-without-digit", username="no good")
    assert "swordfish" not in reply.text
    assert "no good" not in reply.text


async def test_everything_missing_is_named(client: AsyncClient) -> None:
    reply = await client.post("/api/v1/auth/register", json={})
    assert set(fields_of(reply)) == {"username", "email", "password"}


@pytest.mark.parametrize(
    "extra",
    [
        {"role": "admin"}, {"is_superuser": True}, {"is_active": True}, {"email_verified": True}, {"id": 1},
        {"permissions": ["users:write"]}, {"created_by": 1}, {"password_hash": "x"},
    ],
)  # fmt: skip
async def test_nobody_appoints_themselves(client: AsyncClient, extra: dict[str, Any]) -> None:
    assert set(fields_of(await register(client, **extra))) == set(extra)
    assert (await register(client)).status_code == 201


async def test_registration_can_be_closed(make_client: AppMaker) -> None:
    client = await make_client(registration=False)
    reply = await register(client)
    assert reply.status_code == 403
    assert error_of(reply)["message"] == "Registration is closed"


async def test_administrators_make_accounts_all_the_same(make_client: AppMaker, superuser: Actor) -> None:
    closed = await make_client(registration=False)
    reply = await closed.post("/api/v1/users", json=FORM, headers=superuser.headers)
    assert reply.status_code == 201


async def test_of_fifty_at_once_one_gets_the_name(client: AsyncClient, app: FastAPI) -> None:
    replies = await asyncio.gather(
        *(register(client, username="Hanako", email=f"h{number}@example.com") for number in range(50))
    )
    statuses = Counter(reply.status_code for reply in replies)
    assert statuses[201] == 1
    assert set(statuses) <= {201, 409, 503}
    assert all(set(fields_of(reply, 409)) == {"username"} for reply in replies if reply.status_code == 409)
    async with app.state.database.reading() as reader:
        assert await reader.scalar(select(func.count()).select_from(User)) == 1

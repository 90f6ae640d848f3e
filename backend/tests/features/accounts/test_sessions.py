"""Sign-ins as rows: what is kept of them, and how they end."""

import hashlib

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select, text

from musubi.core.clock import utcnow
from musubi.features.accounts.models import AuthSession
from tests.conftest import Clock
from tests.support import PASSWORD, Actor, actor_of, error_of, sign_in


async def everything_in(app: FastAPI, table: str) -> str:
    """All of a table as one text."""
    async with app.state.database.reading() as reader:
        rows = (await reader.execute(text(f"SELECT * FROM {table}"))).all()  # noqa: S608
    assert rows
    return "\n".join(repr(tuple(row)) for row in rows)


async def test_no_token_is_stored(client: AsyncClient, app: FastAPI, member: Actor) -> None:
    renewed = actor_of(client, await client.post("/api/v1/auth/refresh", json={"refresh_token": member.refresh_token}))
    assert (await renewed.get("/auth/me")).status_code == 200
    kept = await everything_in(app, "auth_sessions") + await everything_in(app, "users")
    for token in (member.access_token, member.refresh_token, renewed.access_token, renewed.refresh_token):
        signature = token.rpartition(".")[2]
        for form in (token, signature, hashlib.sha256(token.encode()).hexdigest()):
            assert form not in kept


async def test_no_password_is_stored(app: FastAPI, member: Actor) -> None:
    assert PASSWORD not in await everything_in(app, "users")


async def test_what_is_kept_of_a_sign_in(client: AsyncClient, app: FastAPI, member: Actor) -> None:
    await client.post(
        "/api/v1/auth/login",
        data={"username": "hanako", "password": PASSWORD},
        headers={"User-Agent": "Browser/1.0 " + "x" * 500},
    )
    async with app.state.database.reading() as reader:
        row = (await reader.execute(select(AuthSession).order_by(AuthSession.id.desc()))).first()
    assert row.user_id == member.id
    assert row.address == "127.0.0.1"
    assert row.user_agent == ("Browser/1.0 " + "x" * 500)[:300]
    assert row.ended_at is None
    assert abs((row.last_used_at - utcnow()).total_seconds()) < 60
    assert abs((row.expires_at - row.created_at).total_seconds() - 7 * 24 * 3600) < 60


async def test_a_refresh_is_a_use(client: AsyncClient, app: FastAPI, member: Actor, moving_clock: Clock) -> None:
    moving_clock.forward(days=2)
    await client.post("/api/v1/auth/refresh", json={"refresh_token": member.refresh_token})
    async with app.state.database.reading() as reader:
        last_used_at = await reader.scalar(select(AuthSession.last_used_at))
    assert abs((last_used_at - utcnow()).total_seconds()) < 60


async def test_logout_ends_the_session_at_once(client: AsyncClient, member: Actor) -> None:
    reply = await member.post("/auth/logout")
    assert reply.status_code == 200
    body = reply.json()
    assert set(body) == {"success", "message", "timestamp"}
    assert (body["success"], body["message"]) == (True, "Successfully logged out")
    assert (await member.get("/auth/me")).status_code == 401
    assert (await member.get("/items")).status_code == 401
    refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": member.refresh_token})
    assert refreshed.status_code == 401


async def test_logout_speaks_the_language_of_the_request(member: Actor) -> None:
    reply = await member.post("/auth/logout", headers={"Accept-Language": "ja"})
    assert reply.json()["message"] == "ログアウトしました"


async def test_logout_ends_every_generation_of_the_session(client: AsyncClient, member: Actor) -> None:
    renewed = actor_of(client, await client.post("/api/v1/auth/refresh", json={"refresh_token": member.refresh_token}))
    assert (await member.post("/auth/logout")).status_code == 200
    assert (await renewed.get("/auth/me")).status_code == 401
    for token in (member.refresh_token, renewed.refresh_token):
        reply = await client.post("/api/v1/auth/refresh", json={"refresh_token": token})
        assert reply.status_code == 401


async def test_other_sessions_go_on(client: AsyncClient, member: Actor, other: Actor) -> None:
    phone = await sign_in(client, "hanako")
    assert (await member.post("/auth/logout")).status_code == 200
    assert (await phone.get("/auth/me")).status_code == 200
    assert (await other.get("/auth/me")).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic x"}])
async def test_there_must_be_a_session_to_end(client: AsyncClient, headers: dict[str, str]) -> None:
    reply = await client.post("/api/v1/auth/logout", headers=headers)
    assert reply.status_code == 401
    assert error_of(reply)["code"] == "UNAUTHORIZED"
    assert reply.headers["WWW-Authenticate"] == "Bearer"


async def test_a_session_ends_once(member: Actor) -> None:
    assert (await member.post("/auth/logout")).status_code == 200
    assert (await member.post("/auth/logout")).status_code == 401


async def test_a_refresh_token_in_the_query_is_refused(app: FastAPI, member: Actor) -> None:
    reply = await member.post("/auth/logout", params={"refresh_token": member.refresh_token})
    assert reply.status_code == 400
    assert (await member.get("/auth/me")).status_code == 200

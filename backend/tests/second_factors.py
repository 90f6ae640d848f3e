"""What tests do with second factors, over HTTP."""

from collections.abc import Callable
from typing import Any

import pyotp
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select, text

from musubi.core import clock
from musubi.features.audit.models import AuditEntry
from tests.authenticator import Authenticator, encode
from tests.conftest import Clock
from tests.support import PASSWORD, Actor

WRONG_PASSKEY = "This passkey could not be verified"

WRONG_ANSWERS: dict[str, Callable[[Authenticator], None]] = {
    "another site": lambda device: setattr(device, "origin", "https://musubi.evil.example"),
    "another port": lambda device: setattr(device, "origin", "http://localhost:8001"),
    "https for http": lambda device: setattr(device, "origin", "https://localhost:8000"),
    "another name": lambda device: setattr(device, "rp_id", "evil.example"),
    "another challenge": lambda device: setattr(device, "challenge", encode(b"x" * 64)),
    "nobody verified": lambda device: setattr(device, "verifies_user", False),
    "nobody there": lambda device: setattr(device, "is_present", False),
    "in a frame": lambda device: setattr(device, "is_framed", True),
}
"""What can be wrong with an answer, one thing at a time."""


def code_of(secret: str, *, steps: int = 0) -> str:
    """The code that an app shows now, or `steps` later."""
    totp = pyotp.TOTP(secret)
    return totp.generate_otp(totp.timecode(clock.utcnow()) + steps)


def wrong_code(secret: str) -> str:
    """Six digits that are the code of no step around now."""
    right = {code_of(secret, steps=steps) for steps in range(-3, 4)}
    return next(
        code
        for code in ("000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777")
        if code not in right
    )


async def set_up_totp(actor: Actor) -> tuple[str, list[str]]:
    """Turn an authenticator app on: its secret, and the recovery codes."""
    secret = (await actor.post("/auth/totp")).json()["secret"]
    reply = await actor.post("/auth/totp/confirm", json={"code": code_of(secret)})
    assert reply.status_code == 200, reply.text
    return secret, reply.json()["recovery_codes"]


async def add_passkey(actor: Actor, authenticator: Authenticator, name: str = "Phone") -> dict[str, Any]:
    """Make a passkey with `authenticator` and register it."""
    asked = (await actor.post("/auth/passkeys/registration-options")).json()
    reply = await register(actor, asked["token"], authenticator.make(asked["options"]), name)
    assert reply.status_code == 201, reply.text
    passkey: dict[str, Any] = reply.json()
    return passkey


async def register(actor: Actor, token: str, credential: dict[str, Any], name: str = "Phone") -> Response:
    return await actor.post("/auth/passkeys", json={"token": token, "name": name, "credential": credential})


async def begin(client: AsyncClient, username: str = "hanako") -> dict[str, Any]:
    """Sign in by password as far as that goes."""
    reply = await client.post("/api/v1/auth/login", data={"username": username, "password": PASSWORD})
    assert reply.status_code == 200, reply.text
    challenge: dict[str, Any] = reply.json()
    assert challenge["mfa_required"] is True
    return challenge


async def answer(client: AsyncClient, token: str, method: str, **fields: Any) -> Response:
    """Answer the question for a second factor."""
    form = {"mfa_token": token, "method": method, **fields}
    return await client.post("/api/v1/auth/login/mfa", json=form)


async def passkey_login(client: AsyncClient, authenticator: Authenticator) -> Response:
    """Sign in by a passkey alone."""
    asked = await client.post("/api/v1/auth/passkeys/options")
    assert asked.status_code == 200, asked.text
    assertion = authenticator.sign(asked.json()["options"])
    form = {"token": asked.json()["token"], "assertion": assertion}
    return await client.post("/api/v1/auth/passkeys/login", json=form)


def next_code(moving_clock: Clock, secret: str) -> str:
    """A code that was not used yet: that of the step after this one, in which it is from now on."""
    moving_clock.forward(seconds=30)
    return code_of(secret)


async def noted(app: FastAPI, action: str) -> list[dict[str, Any]]:
    """The entries of the audit log with this action, the oldest first."""
    statement = select(AuditEntry.__table__).where(AuditEntry.action == action).order_by(AuditEntry.id)
    async with app.state.database.reading() as reader:
        return [dict(row._mapping) for row in await reader.execute(statement)]


async def everything_kept(app: FastAPI) -> str:
    """All that second factors leave in the database, as one text."""
    tables = "totp_secrets", "recovery_codes", "passkeys", "one_time_tokens", "audit_entries", "auth_sessions", "users"
    found: list[str] = []
    async with app.state.database.reading() as reader:
        for table in tables:
            found += [repr(tuple(row)) for row in await reader.execute(text(f"SELECT * FROM {table}"))]  # noqa: S608
    return "\n".join(found)


async def ask_to_register(actor: Actor) -> dict[str, Any]:
    """The token and the options for making a passkey."""
    reply = await actor.post("/auth/passkeys/registration-options")
    assert reply.status_code == 200, reply.text
    asked: dict[str, Any] = reply.json()
    return asked


async def ask_to_sign_in(client: AsyncClient) -> dict[str, Any]:
    """The token and the options for signing in by a passkey alone."""
    asked: dict[str, Any] = (await client.post("/api/v1/auth/passkeys/options")).json()
    return asked


async def sign_in_with(client: AsyncClient, token: str, assertion: dict[str, Any]) -> Response:
    return await client.post("/api/v1/auth/passkeys/login", json={"token": token, "assertion": assertion})

"""Superusers: who may touch them, and that there is always one."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from musubi.features.accounts.models import User
from tests.support import PASSWORD, Actor, error_of

LAST = "There must be at least one active superuser"
STEP_DOWN: list[dict[str, Any] | None] = [{"is_superuser": False}, {"is_active": False}, None]


async def change(actor: Actor, user_id: int, form: dict[str, Any] | None) -> int:
    """The status of a change; None deletes."""
    if form is None:
        return (await actor.delete(f"/users/{user_id}")).status_code
    return (await actor.patch(f"/users/{user_id}", json=form)).status_code


async def superusers(app: FastAPI) -> int:
    statement = select(func.count()).where(User.is_superuser, User.is_active, User.deleted_at.is_(None))
    async with app.state.database.reading() as reader:
        return int(await reader.scalar(statement))


@pytest.mark.parametrize(
    "form", [{"is_superuser": False}, {"is_active": False}, {"bio": "x"}, {"email": "a@b.jp"}, None]
)
async def test_administrators_do_not_touch_them(admin: Actor, superuser: Actor, form: dict[str, Any] | None) -> None:
    assert await change(admin, superuser.id, form) == 403
    assert (await superuser.get("/auth/me")).json() == superuser.user


async def test_administrators_do_not_appoint_them(admin: Actor, member: Actor) -> None:
    for user_id in (member.id, admin.id):
        assert await change(admin, user_id, {"is_superuser": True}) == 403
    form = {"username": "second", "email": "s@example.com", "password": PASSWORD, "is_superuser": True}
    reply = await admin.post("/users", json=form)
    assert reply.status_code == 403
    assert error_of(reply)["message"] == "Only a superuser may do this"


async def test_saying_what_is_so_is_no_appointment(admin: Actor, member: Actor) -> None:
    assert await change(admin, member.id, {"is_superuser": False, "bio": "x"}) == 200


async def test_superusers_appoint_and_dismiss(superuser: Actor, member: Actor) -> None:
    assert await change(superuser, member.id, {"is_superuser": True}) == 200
    assert (await member.get("/users")).status_code == 200
    assert (await member.get("/auth/me")).json()["permissions"] == superuser.user["permissions"]
    assert await change(superuser, member.id, {"is_superuser": False}) == 200
    assert (await member.get("/users")).status_code == 403


async def test_one_may_step_down_while_there_is_another(app: FastAPI, superuser: Actor, member: Actor) -> None:
    await change(superuser, member.id, {"is_superuser": True})
    assert await change(superuser, superuser.id, {"is_superuser": False}) == 200
    assert await superusers(app) == 1


@pytest.mark.parametrize("form", STEP_DOWN)
async def test_the_last_one_stays(app: FastAPI, superuser: Actor, form: dict[str, Any] | None) -> None:
    # Neither a disabled superuser nor a deleted one counts.
    disabled = await superuser.appoint("second", is_superuser=True)
    deleted = await superuser.appoint("third", is_superuser=True)
    await change(superuser, disabled.id, {"is_active": False})
    await change(superuser, deleted.id, None)
    assert await change(superuser, superuser.id, form) == 409
    assert (await superuser.get("/users")).status_code == 200
    assert await superusers(app) == 1


async def test_the_reason_is_said(superuser: Actor) -> None:
    reply = await superuser.patch(f"/users/{superuser.id}", json={"is_superuser": False})
    assert error_of(reply)["message"] == LAST


async def test_the_last_one_may_change_everything_else(superuser: Actor) -> None:
    assert await change(superuser, superuser.id, {"role": "member", "is_superuser": True, "is_active": True}) == 200
    assert (await superuser.get("/users")).status_code == 200


@pytest.mark.parametrize(("form", "rounds"), [({"is_superuser": False}, 100), ({"is_active": False}, 20)])
async def test_two_who_dismiss_each_other_at_once(
    app: FastAPI, superuser: Actor, form: dict[str, Any], rounds: int
) -> None:
    second = await superuser.appoint("second", is_superuser=True)
    for round_number in range(rounds):
        statuses = await asyncio.gather(change(superuser, second.id, form), change(second, superuser.id, form))
        assert min(statuses) == 200
        assert max(statuses) in (401, 403, 409)
        assert await superusers(app) == 1
        loser, winner = (superuser, second) if statuses[1] == 200 else (second, superuser)
        assert await change(winner, loser.id, {"is_superuser": True, "is_active": True}) == 200
        if form == {"is_active": False}:
            # Whoever was disabled lost their session with it.
            again = await winner.appoint(f"again-{round_number}", is_superuser=True)
            await change(winner, loser.id, None)
            superuser, second = winner, again


@pytest.mark.parametrize("_", range(3))
async def test_two_who_delete_each_other_at_once(app: FastAPI, superuser: Actor, _: int) -> None:
    second = await superuser.appoint("second", is_superuser=True)
    statuses = await asyncio.gather(change(superuser, second.id, None), change(second, superuser.id, None))
    assert min(statuses) == 204
    assert max(statuses) in (401, 403, 404, 409)
    assert await superusers(app) == 1


async def test_a_crowd_that_steps_down_at_once(app: FastAPI, superuser: Actor) -> None:
    crowd = [superuser, *[await superuser.appoint(f"super-{n}", is_superuser=True) for n in range(4)]]
    statuses = await asyncio.gather(*(change(actor, actor.id, {"is_superuser": False}) for actor in crowd))
    assert sorted(statuses) == [200, 200, 200, 200, 409]
    assert await superusers(app) == 1

"""One's own account."""

from typing import Any

import pytest

from tests.support import PASSWORD, Actor, error_of


async def test_both_addresses_say_the_same(member: Actor) -> None:
    mine = (await member.get("/users/me")).json()
    assert mine == (await member.get("/auth/me")).json() == member.user


async def test_only_what_is_sent_is_changed(member: Actor) -> None:
    first = await member.patch("/users/me", json={"full_name": " 山田 花子 ", "bio": "Potter"})
    assert first.status_code == 200
    assert (first.json()["full_name"], first.json()["bio"]) == ("山田 花子", "Potter")
    second = (await member.patch("/users/me", json={"bio": "Weaver"})).json()
    assert (second["full_name"], second["bio"]) == ("山田 花子", "Weaver")
    assert second == (await member.get("/users/me")).json()
    assert (await member.patch("/users/me", json={})).json() == second


async def test_null_empties_a_field(member: Actor) -> None:
    await member.patch("/users/me", json={"full_name": "Hanako", "bio": "Potter"})
    emptied = (await member.patch("/users/me", json={"full_name": None, "bio": None})).json()
    assert (emptied["full_name"], emptied["bio"]) == (None, None)


async def test_a_change_is_stamped(member: Actor) -> None:
    changed = (await member.patch("/users/me", json={"bio": "Potter"})).json()
    assert changed["updated_at"] > member.user["updated_at"]
    assert changed["updated_by"] == member.id
    assert changed["created_at"] == member.user["created_at"]


@pytest.mark.parametrize(
    "change",
    [
        {"full_name": "x" * 101},
        {"bio": "x" * 1001},
        {"bio": "nul\x00"},
        {"full_name": 5},
        {"profile_image": "somebody-elses.png"},
        {"username": "another"},
        {"email": "another@example.com"},
        {"role": "admin"},
        {"is_superuser": True},
        {"is_active": False},
        {"email_verified": True},
        {"password": PASSWORD},
        {"id": 1},
    ],
)
async def test_what_can_not_be_changed_here(member: Actor, change: dict[str, Any]) -> None:
    reply = await member.patch("/users/me", json=change)
    assert reply.status_code == 422
    assert set(error_of(reply)["details"]["fields"]) == set(change)
    assert (await member.get("/users/me")).json() == member.user


async def test_others_are_not_touched(member: Actor, other: Actor) -> None:
    await member.patch("/users/me", json={"bio": "Potter"})
    assert (await other.get("/users/me")).json() == other.user

"""An account's address is where its password can be set anew, so a session that lies open does not change it."""

from tests.conftest import Clock
from tests.support import Actor, error_of


async def test_a_new_address_needs_a_recent_proof(superuser: Actor, member: Actor, moving_clock: Clock) -> None:
    moving_clock.forward(minutes=11)
    for user_id in (superuser.id, member.id):
        reply = await superuser.patch(f"/users/{user_id}", json={"email": "elsewhere@example.com"})
        assert reply.status_code == 403
        assert error_of(reply)["details"] == {"reason": "reauthentication_required", "methods": ["password"]}
        assert (await superuser.get(f"/users/{user_id}")).json()["email"] != "elsewhere@example.com"
    # The rest of an account opens nothing.
    assert (await superuser.patch(f"/users/{member.id}", json={"full_name": "Hanako"})).status_code == 200


async def test_with_a_proof_it_is_changed(superuser: Actor, member: Actor, moving_clock: Clock) -> None:
    moving_clock.forward(minutes=11)
    proof = {"method": "password", "password": "Tsubaki-7-kaze"}
    assert (await superuser.post("/auth/reauthenticate", json=proof)).status_code == 200
    reply = await superuser.patch(f"/users/{member.id}", json={"email": "elsewhere@example.com"})
    assert reply.json()["email"] == "elsewhere@example.com"


async def test_nobody_else_is_asked_for_one(member: Actor, other: Actor, moving_clock: Clock) -> None:
    moving_clock.forward(minutes=11)
    reply = await member.patch(f"/users/{other.id}", json={"email": "elsewhere@example.com"})
    assert reply.status_code == 403
    assert error_of(reply)["details"] == {}

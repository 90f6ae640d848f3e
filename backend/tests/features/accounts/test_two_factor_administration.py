"""What administrators see of the second factors of others, and taking them away from someone who lost them."""

from fastapi import FastAPI
from httpx import AsyncClient

from tests.authenticator import Authenticator
from tests.second_factors import add_passkey, answer, begin, code_of, noted, passkey_login, set_up_totp
from tests.support import Actor, error_of, sign_in


async def test_what_they_see(member: Actor, admin: Actor) -> None:
    path = f"/users/{member.id}/two-factor"
    nothing = {"totp": False, "recovery_codes_left": 0, "passkeys": 0, "identities": 0}
    assert (await admin.get(path)).json() == nothing
    await set_up_totp(member)
    await add_passkey(member, Authenticator())
    assert (await admin.get(path)).json() == {**nothing, "totp": True, "recovery_codes_left": 10, "passkeys": 1}
    assert (await admin.get("/users/999/two-factor")).status_code == 404


async def test_taking_them_away(client: AsyncClient, app: FastAPI, member: Actor, admin: Actor) -> None:
    device = Authenticator()
    await add_passkey(member, device)
    secret, codes = await set_up_totp(member)
    token = (await begin(client))["mfa_token"]
    asked = (await member.post("/auth/passkeys/registration-options")).json()
    reply = await admin.delete(f"/users/{member.id}/two-factor")
    assert reply.status_code == 200
    assert reply.json()["success"] is True
    # The sessions, the factors, and what was halfway.
    assert (await member.get("/auth/me")).status_code == 401
    assert (await passkey_login(client, device)).status_code == 401
    assert (await answer(client, token, "totp", code=code_of(secret, steps=1))).status_code == 401
    assert (await answer(client, token, "recovery", code=codes[0])).status_code == 401
    again = await sign_in(client, "hanako")
    made = Authenticator().make(asked["options"])
    form = {"token": asked["token"], "name": "x", "credential": made}
    assert (await again.post("/auth/passkeys", json=form)).status_code == 400
    [entry] = await noted(app, "two_factor.reset")
    assert (entry["actor_id"], entry["object_type"], entry["object_id"]) == (admin.id, "user", member.id)


async def test_who_may(member: Actor, other: Actor, editor: Actor, admin: Actor, superuser: Actor) -> None:
    for actor in (other, editor, member):
        assert (await actor.get(f"/users/{member.id}/two-factor")).status_code == 403
        assert (await actor.delete(f"/users/{member.id}/two-factor")).status_code == 403
    reply = await admin.delete(f"/users/{superuser.id}/two-factor")
    assert reply.status_code == 403
    assert error_of(reply)["message"] == "Only a superuser may do this"
    assert (await superuser.delete(f"/users/{admin.id}/two-factor")).status_code == 200
    assert (await superuser.delete("/users/999/two-factor")).status_code == 404


async def test_not_ones_own(client: AsyncClient, superuser: Actor) -> None:
    """There one proves who one is, which a stolen session of an administrator can't."""
    await set_up_totp(superuser)
    reply = await superuser.delete(f"/users/{superuser.id}/two-factor")
    assert reply.status_code == 403
    assert error_of(reply)["message"] == "Your own second factors are changed in your settings"
    assert (await begin(client, "root"))["methods"] == ["totp", "recovery"]

"""On the machine itself, second factors are taken from whoever lost them; the only superuser has nobody else."""

import pytest
from fastapi import FastAPI

from musubi import operations
from musubi.settings import Settings
from tests.authenticator import Authenticator
from tests.outbox import mails
from tests.second_factors import add_passkey, noted, set_up_totp
from tests.support import Actor, sign_in


@pytest.mark.parametrize("login", ["root", "ROOT@example.com"])
async def test_they_sign_in_with_the_password_alone(
    settings: Settings, app: FastAPI, superuser: Actor, login: str
) -> None:
    await set_up_totp(superuser)
    await add_passkey(superuser, Authenticator())
    assert await operations.reset_second_factors(settings, login) == (
        "root signs in with the password alone now, and was signed out everywhere"
    )
    assert (await superuser.get("/auth/me")).status_code == 401
    again = await sign_in(superuser.client, "root")
    state = (await again.get("/auth/two-factor")).json()
    assert (state["totp"], state["passkeys"], state["recovery_codes_left"]) == (False, [], 0)
    [entry] = await noted(app, "two_factor.reset")
    assert entry["object_id"] == superuser.id
    assert "an administrator removed" in (await mails(app, "second_factor_changed"))[-1].text


async def test_nobody_is_called_that(settings: Settings, superuser: Actor) -> None:
    with pytest.raises(operations.CannotProceed, match="there is no account nobody"):
        await operations.reset_second_factors(settings, "nobody")
    assert (await superuser.get("/auth/me")).status_code == 200

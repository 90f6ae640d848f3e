"""What is asked of passwords, and what is not."""

from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from musubi.core.errors import Invalid
from musubi.features.accounts.passwords import PasswordRule
from tests.conftest import Clock
from tests.support import PASSWORD, Actor, sign_in

ENOUGH = 3000
"""How many common passwords at the least have to be refused that the rule would let pass."""


def spelled_by_the_rule(password: str) -> str | None:
    """A common password (they are listed in lower case) with one capital; None when no spelling follows the rule."""
    letters = [place for place, character in enumerate(password) if character.isalpha()]
    if len(password) < 8 or len(letters) < 2 or not any(character.isdecimal() for character in password):
        return None
    return password[: letters[0]] + password[letters[0]].upper() + password[letters[0] + 1 :]


def is_refused(password: str) -> bool:
    try:
        PasswordRule().check(password, username="hanako", email="hanako@example.com")
    except Invalid:
        return True
    return False


def test_thousands_of_leaked_passwords_are_refused_that_follow_the_rule() -> None:
    common = [spelled_by_the_rule(password) for password in FREQUENCY_LISTS["passwords"]]
    possible = [password for password in common if password is not None]
    assert len(possible) > ENOUGH
    assert [password for password in possible if not is_refused(password)] == []
    assert not is_refused(PASSWORD)


async def test_a_password_does_not_age(client: AsyncClient, member: Actor, moving_clock: Clock) -> None:
    moving_clock.forward(days=10 * 365)
    signed_in = await sign_in(client, "hanako")
    assert (await signed_in.get("/items")).status_code == 200


def test_nobody_is_asked_for_a_hint_or_a_secret_question(app: FastAPI) -> None:
    schemas: dict[str, dict[str, Any]] = app.openapi()["components"]["schemas"]
    fields = {name for schema in schemas.values() for name in schema.get("properties", {})}
    assert {"password", "current_password", "new_password"} <= fields
    assert [name for name in fields if any(word in name for word in ("hint", "question", "mother", "pet"))] == []

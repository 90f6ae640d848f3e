"""Words that an installation lists make no password, whatever digits and signs stand around them."""

import pytest

from tests.conftest import AppMaker
from tests.support import PASSWORD, error_of, make_actor


@pytest.mark.parametrize("password", ["Kaede2026", "kAEDE-1!!", "1Ｋaede-99", "Kaede-Kobo-7"])
async def test_a_listed_word_is_refused(make_client: AppMaker, password: str) -> None:
    client = await make_client(password_words=("Kaede", "kaede kobo"))
    form = {"username": "hanako", "email": "hanako@example.com", "password": password}
    reply = await client.post("/api/v1/auth/register", json=form)
    assert reply.status_code == 422
    assert set(error_of(reply)["details"]["fields"]) == {"password"}


async def test_a_word_among_others_is_fine(make_client: AppMaker) -> None:
    client = await make_client(password_words=("Kaede",))
    form = {"username": "hanako", "email": "hanako@example.com", "password": "Kaede-no-ha-7"}
    assert (await client.post("/api/v1/auth/register", json=form)).status_code == 201


async def test_it_holds_for_a_change_as_well(make_client: AppMaker) -> None:
    actor = await make_actor(await make_client(password_words=("Kaede",)), "hanako")
    reply = await actor.post("/users/me/password", json={"current_password": PASSWORD, "new_password": "Kaede-2026"})
    assert set(error_of(reply)["details"]["fields"]) == {"new_password"}


async def test_by_default_no_word_is_listed(make_client: AppMaker) -> None:
    client = await make_client()
    form = {"username": "hanako", "email": "hanako@example.com", "password": "Kaede2026"}
    assert (await client.post("/api/v1/auth/register", json=form)).status_code == 201

"""A sign-in from somewhere new is told by mail; one from where someone always is is not."""

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from musubi.features.accounts.clean_up import CLEAR_EXPIRED, SESSIONS_KEPT_FOR
from musubi.features.accounts.new_sign_in import network_of
from tests.authenticator import Authenticator
from tests.conftest import Clock
from tests.core.jobs.work import rows
from tests.limits import elsewhere
from tests.outbox import Mail, mails, only_mail
from tests.second_factors import add_passkey, passkey_login
from tests.support import PASSWORD, Actor, make_actor, sign_in

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
NEWER_FIREFOX = FIREFOX.replace("133", "134")
FIREFOX_ON_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
HOME, SAME_STREET, ABROAD = "198.51.100.7", "198.51.7.200", "203.0.113.9"


def at(client: AsyncClient, address: str = HOME, user_agent: str = FIREFOX) -> AsyncClient:
    """The same application from another place."""
    moved = elsewhere(client, address)
    moved.headers["User-Agent"] = user_agent
    return moved


@pytest.fixture
async def hanako(client: AsyncClient) -> Actor:
    """Registered at home."""
    return await make_actor(at(client), "hanako")


async def notices(app: FastAPI) -> list[Mail]:
    await app.state.jobs.drain()
    return await mails(app, "new_sign_in")


async def test_registering_is_nothing_new(app: FastAPI, hanako: Actor) -> None:
    assert await notices(app) == []


@pytest.mark.parametrize(("address", "user_agent"), [(HOME, FIREFOX), (HOME, NEWER_FIREFOX), (SAME_STREET, FIREFOX)])
async def test_where_one_always_is_is_nothing_new(
    app: FastAPI, client: AsyncClient, hanako: Actor, address: str, user_agent: str
) -> None:
    await sign_in(at(client, address, user_agent), "hanako")
    assert await notices(app) == []


async def test_the_very_same_place_leaves_nothing_to_do(app: FastAPI, client: AsyncClient, hanako: Actor) -> None:
    await sign_in(at(client), "hanako")
    assert await rows(app.state.database) == []


@pytest.mark.parametrize(
    ("address", "user_agent"), [(ABROAD, FIREFOX), (HOME, CHROME), (HOME, FIREFOX_ON_WINDOWS), (HOME, "curl/8.5")]
)
async def test_somewhere_new_is_told_once(
    app: FastAPI, client: AsyncClient, hanako: Actor, address: str, user_agent: str
) -> None:
    for _ in range(2):
        await sign_in(at(client, address, user_agent), "hanako")
        assert [mail.to for mail in await notices(app)] == ["hanako@example.com"]


async def test_what_is_told(app: FastAPI, client: AsyncClient, hanako: Actor) -> None:
    await sign_in(at(client, ABROAD, CHROME), "hanako")
    [mail] = await notices(app)
    for fact in ("Browser: Chrome", "System: Linux", f"Address: {ABROAD}", "(UTC)", "sign out all devices"):
        assert fact in mail.text
    assert mail.link == "http://localhost:8000/forgot-password"


async def test_it_is_in_the_language_of_the_request(app: FastAPI, client: AsyncClient, hanako: Actor) -> None:
    abroad = at(client, ABROAD)
    abroad.headers["Accept-Language"] = "ja"
    await sign_in(abroad, "hanako")
    [mail] = await notices(app)
    assert (mail.locale, mail.subject) == ("ja", "新しい環境からのログイン")
    assert "ブラウザー: Firefox" in mail.text


async def test_what_a_browser_says_of_itself_is_not_believed(app: FastAPI, client: AsyncClient, hanako: Actor) -> None:
    evil = '<script>alert(1)</script>/1.0 (X11; Linux x86_64) <img src="https://evil.example"> Firefox/<b>133'
    await sign_in(at(client, ABROAD, evil), "hanako")
    [mail] = await notices(app)
    assert "<script" not in mail.html
    assert "evil" not in mail.html + mail.text


async def test_the_first_sign_in_of_an_account_is_nothing_new(app: FastAPI, client: AsyncClient, admin: Actor) -> None:
    await admin.post("/users", json={"username": "taro", "email": "taro@example.com", "password": PASSWORD})
    await sign_in(at(client), "taro")
    assert await notices(app) == []
    await sign_in(at(client, ABROAD), "taro")
    assert [mail.to for mail in await notices(app)] == ["taro@example.com"]


async def test_the_places_of_others_count_for_nothing(app: FastAPI, client: AsyncClient, hanako: Actor) -> None:
    await make_actor(at(client, ABROAD), "taro")
    await sign_in(at(client, ABROAD), "hanako")
    assert [mail.to for mail in await notices(app)] == ["hanako@example.com"]


async def test_a_sign_in_that_fails_is_not_told(app: FastAPI, client: AsyncClient, hanako: Actor) -> None:
    form = {"username": "hanako", "password": "Wrong-1-password"}
    assert (await at(client, ABROAD).post("/api/v1/auth/login", data=form)).status_code == 401
    assert await notices(app) == []


async def test_every_kind_of_sign_in_is_watched(app: FastAPI, client: AsyncClient, hanako: Actor) -> None:
    authenticator = Authenticator()
    await add_passkey(hanako, authenticator)
    assert (await passkey_login(at(client, ABROAD), authenticator)).status_code == 200
    assert len(await notices(app)) == 1


async def test_a_refresh_is_no_sign_in(app: FastAPI, client: AsyncClient, hanako: Actor) -> None:
    form = {"refresh_token": hanako.refresh_token}
    assert (await at(client, ABROAD).post("/api/v1/auth/refresh", json=form)).status_code == 200
    assert await notices(app) == []


async def test_places_are_forgotten_with_their_sessions(
    app: FastAPI, client: AsyncClient, hanako: Actor, moving_clock: Clock
) -> None:
    await sign_in(at(client, ABROAD), "hanako")
    assert len(await notices(app)) == 1
    # Both sessions run out; the one at home is begun anew.
    moving_clock.forward(days=8)
    await sign_in(at(client), "hanako")
    moving_clock.forward(seconds=SESSIONS_KEPT_FOR.total_seconds() + CLEAR_EXPIRED.every.total_seconds())
    # The notice itself is forgotten by now, too.
    assert await notices(app) == []
    await sign_in(at(client, ABROAD), "hanako")
    assert len(await notices(app)) == 1


async def test_the_notice_to_someone_deleted_is_not_written(
    app: FastAPI, client: AsyncClient, hanako: Actor, superuser: Actor
) -> None:
    await sign_in(at(client, ABROAD), "hanako")
    await superuser.delete(f"/users/{hanako.id}")
    assert await notices(app) == []


async def test_a_superuser_is_told_under_protection(app: FastAPI, client: AsyncClient, superuser: Actor) -> None:
    await sign_in(at(client, ABROAD), "root")
    await app.state.jobs.drain()
    assert (await only_mail(app, "new_sign_in")).protected


@pytest.mark.parametrize(
    ("one", "another", "same"),
    [
        ("198.51.100.7", "198.51.7.200", True),
        ("198.51.100.7", "198.52.100.7", False),
        ("::ffff:198.51.100.7", "198.51.100.7", True),
        ("2001:db8:1::1", "2001:db8:2::1", True),
        ("2001:db8:1::1", "2001:db9:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("proxy", "proxy", True),
        ("proxy", "198.51.100.7", False),
        (None, None, True),
        (None, "198.51.100.7", False),
    ],
)
def test_what_a_network_is(one: str | None, another: str | None, same: bool) -> None:
    assert (network_of(one) == network_of(another)) is same

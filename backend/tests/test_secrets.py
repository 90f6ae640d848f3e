"""Replacing the secret of an installation: nobody is signed out, and what was sealed stays readable."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from musubi import operations
from musubi.app import create_app
from musubi.core.clock import utcnow
from musubi.core.keyring import KeyRing, Unreadable
from musubi.features.accounts.models import TOTP_SEAL, TotpSecret, User
from musubi.features.mail.models import MAIL_SEAL, MailState, OutgoingMail
from musubi.settings import Settings
from tests.conftest import AppMaker, make_settings
from tests.support import Actor, make_actor

OLD = "the secret that was there first: forty characters"
NEW = "the secret that took its place: forty characters"

SettingsMaker = Callable[..., Settings]


async def test_nobody_is_signed_out(make_client: AppMaker) -> None:
    before = await make_actor(await make_client(secret_key=SecretStr(OLD)), "hanako")

    client = await make_client(secret_key=SecretStr(NEW), previous_secret_keys=(SecretStr(OLD),))
    actor = Actor(client, before.user, before.access_token, before.refresh_token)
    assert (await actor.get("/auth/me")).status_code == 200
    refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": actor.refresh_token})
    assert refreshed.status_code == 200

    # What was made since then no longer needs the old one.
    client = await make_client(secret_key=SecretStr(NEW))
    after = Actor(client, before.user, refreshed.json()["access_token"], refreshed.json()["refresh_token"])
    assert (await after.get("/auth/me")).status_code == 200
    assert (await Actor(client, before.user, before.access_token, "").get("/auth/me")).status_code == 401
    again = await client.post("/api/v1/auth/refresh", json={"refresh_token": after.refresh_token})
    assert again.status_code == 200


async def test_with_another_secret_alone_everyone_is_signed_out(make_client: AppMaker) -> None:
    before = await make_actor(await make_client(secret_key=SecretStr(OLD)), "hanako")
    client = await make_client(secret_key=SecretStr(NEW))
    assert (await Actor(client, before.user, before.access_token, "").get("/auth/me")).status_code == 401
    refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": before.refresh_token})
    assert refreshed.status_code == 401


def test_the_file_gets_a_new_one_in_front(tmp_path: Path) -> None:
    settings = make_settings(secret_key=None, data_dir=tmp_path)
    [first] = settings.secrets()
    assert operations.rotate_secret(settings, forget_old=False) == (
        "A new secret is in front; 1 older one is still honoured"
    )
    second, *older = settings.secrets()
    assert older == [first]
    assert second != first
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert operations.rotate_secret(settings, forget_old=True) == "1 older secret was forgotten"
    assert settings.secrets() == [second]


def test_a_secret_that_is_set_is_replaced_where_it_is_set() -> None:
    with pytest.raises(operations.CannotProceed, match="MUSUBI_PREVIOUS_SECRET_KEYS"):
        operations.rotate_secret(make_settings(), forget_old=False)


@pytest.fixture
def with_secrets(settings: Settings) -> SettingsMaker:
    """The settings of the test's database, with other secrets."""

    def make(current: str, *previous: str) -> Settings:
        keys = tuple(SecretStr(key) for key in previous)
        return settings.model_copy(update={"secret_key": SecretStr(current), "previous_secret_keys": keys})

    return make


async def seal_something(settings: Settings) -> None:
    """A second factor and a mail that waits, sealed with the secret of these settings."""
    app = create_app(settings)
    keys: KeyRing = app.state.keys
    async with app.router.lifespan_context(app), app.state.database.transaction() as session:
        user = User(username="hanako", username_key="hanako", email="h@example.com", email_key="h@example.com")
        session.add(user)
        await session.flush()
        mail = OutgoingMail(
            user_id=user.id, recipient="h@example.com", template="test", locale="en", subject="Hello",
            sealed=keys.seal(MAIL_SEAL, b"a link"), protected=False, state=MailState.QUEUED, created_at=utcnow(),
        )  # fmt: skip
        sent = OutgoingMail(
            user_id=user.id, recipient="h@example.com", template="test", locale="en", subject="Hello", sealed=None,
            protected=False, state=MailState.SENT, created_at=utcnow(),
        )  # fmt: skip
        session.add_all([TotpSecret(user_id=user.id, sealed=keys.seal(TOTP_SEAL, b"JBSWY3DP")), mail, sent])


async def read_sealed(settings: Settings) -> tuple[bytes, bytes]:
    """What was sealed, opened with the secrets of these settings."""
    app = create_app(settings)
    keys: KeyRing = app.state.keys
    async with app.router.lifespan_context(app), app.state.database.reading() as reader:
        totp = await reader.scalar(select(TotpSecret.sealed))
        mail = await reader.scalar(select(OutgoingMail.sealed).where(OutgoingMail.sealed.is_not(None)))
        return keys.open(TOTP_SEAL, totp or ""), keys.open(MAIL_SEAL, mail or "")


async def test_what_an_older_secret_sealed_can_be_sealed_anew(with_secrets: SettingsMaker) -> None:
    await seal_something(with_secrets(OLD))
    assert await read_sealed(with_secrets(NEW, OLD)) == (b"JBSWY3DP", b"a link")
    with pytest.raises(Unreadable):
        await read_sealed(with_secrets(NEW))

    assert await operations.reseal(with_secrets(NEW, OLD)) == "2 were sealed with the newest secret"
    assert await read_sealed(with_secrets(NEW)) == (b"JBSWY3DP", b"a link")
    assert await operations.reseal(with_secrets(NEW, OLD)) == "0 were sealed with the newest secret"


async def test_what_can_not_be_opened_is_not_thrown_away(with_secrets: SettingsMaker) -> None:
    await seal_something(with_secrets(OLD))
    with pytest.raises(operations.CannotProceed, match="totp_secrets"):
        await operations.reseal(with_secrets(NEW))
    assert await read_sealed(with_secrets(OLD)) == (b"JBSWY3DP", b"a link")

"""Whoever can read someone's mail, their owner hears of every change to what opens their account."""

import pytest
from fastapi import FastAPI

from tests.authenticator import Authenticator
from tests.outbox import mails
from tests.second_factors import add_passkey, set_up_totp
from tests.support import Actor

TEMPLATE = "second_factor_changed"


async def test_each_change_is_told(app: FastAPI, member: Actor, admin: Actor) -> None:
    passkey = await add_passkey(member, Authenticator())
    await set_up_totp(member)
    await member.post("/auth/recovery-codes")
    await member.delete(f"/auth/passkeys/{passkey['id']}")
    await member.delete("/auth/totp")
    await add_passkey(member, Authenticator())
    await admin.delete(f"/users/{member.id}/two-factor")
    told = await mails(app, TEMPLATE)
    assert [mail.to for mail in told] == ["hanako@example.com"] * 7
    for mail, words in zip(
        told,
        [
            "a passkey was added",
            "an authenticator app was added",
            "new recovery codes were made",
            "a passkey was removed",
            "the authenticator app was removed",
            "a passkey was added",
            "an administrator removed",
        ],
        strict=True,
    ):
        assert words in mail.text
        assert mail.link == "http://localhost:8000/settings"
    assert "127.0.0.1" in told[0].text
    # Where an administrator sits is nobody's business.
    assert "127.0.0.1" not in told[-1].text


@pytest.mark.parametrize("locale", ["en", "ja"])
async def test_no_secret_is_in_a_mail(app: FastAPI, member: Actor, locale: str) -> None:
    member.headers["Accept-Language"] = locale
    secret, codes = await set_up_totp(member)
    [mail] = await mails(app, TEMPLATE)
    assert mail.locale == locale
    assert ("認証アプリ" in mail.text) == (locale == "ja")
    for hidden in (secret, *codes):
        assert hidden not in mail.text + mail.html + mail.subject


async def test_what_changed_nothing_is_not_told(app: FastAPI, member: Actor) -> None:
    await member.post("/auth/totp")
    await member.post("/auth/totp/confirm", json={"code": "wrong"})
    await member.delete("/auth/totp")
    await member.delete("/auth/passkeys/1")
    assert await mails(app, TEMPLATE) == []

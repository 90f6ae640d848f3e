"""The mail server as a URL, and the sender: what is taken, what is refused, and what is never repeated."""

from pathlib import Path
from typing import Any

import pytest

from musubi.core.smtp_url import Encryption, SmtpServer, is_sender
from musubi.settings import ConfigurationError, Environment, Settings, load_settings
from tests.conftest import make_settings

SECRET = "a secret: of forty characters, at the least"


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("smtp://mail.example", SmtpServer("mail.example", 587, Encryption.STARTTLS)),
        ("smtp://mail.example?starttls=always", SmtpServer("mail.example", 587, Encryption.STARTTLS)),
        ("smtps://mail.example", SmtpServer("mail.example", 465, Encryption.TLS)),
        ("smtps://mail.example:2465/", SmtpServer("mail.example", 2465, Encryption.TLS)),
        ("smtp://u:p%40%2F@mail.example:25", SmtpServer("mail.example", 25, Encryption.STARTTLS, "u", "p@/")),
        ("smtps://a%40b.example:p@mail.example", SmtpServer("mail.example", 465, Encryption.TLS, "a@b.example", "p")),
        ("smtp://[::1]:25?starttls=never", SmtpServer("::1", 25, Encryption.NONE)),
        ("smtp://u:p@localhost?starttls=never", SmtpServer("localhost", 587, Encryption.NONE, "u", "p")),
        ("smtp://relay:25?starttls=never", SmtpServer("relay", 25, Encryption.NONE)),
    ],
)  # fmt: skip
def test_what_is_taken(text: str, server: SmtpServer) -> None:
    assert SmtpServer.parse(text) == server


@pytest.mark.parametrize(
    "text",
    [
        "", "mail.example", "http://u:hidden@mail.example", "smtp://", "smtp://:25", "smtp://mail.example:99999",
        "smtp://u:hidden@mail.example/path", "smtp://u:hidden@mail.example#x", "smtp://u:hidden@mail.example?tls=no",
        "smtp://u:hidden@mail.example?starttls=maybe", "smtps://u:hidden@mail.example?starttls=never",
        "smtp://user@mail.example", "smtp://u:hidden@mail.example?ca=/no/such/file", "smtp://u:hidden@[mail.example",
        "smtp://mail.example?ca",
    ],
)  # fmt: skip
def test_what_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        SmtpServer.parse(text)
    assert "hidden" not in str(caught.value)


def test_a_password_is_not_sent_in_clear() -> None:
    with pytest.raises(ValueError, match="in clear"):
        SmtpServer.parse("smtp://u:hidden@mail.example?starttls=never")


def test_a_file_with_an_authority(tmp_path: Path) -> None:
    file = tmp_path / "my authority.pem"
    file.touch()
    assert SmtpServer.parse(f"smtp://mail.example?ca={tmp_path}/my%20authority.pem").ca == file


def test_it_does_not_show_its_password() -> None:
    settings = make_settings(smtp_url="smtp://u:hidden@mail.example")
    assert settings.smtp_url is not None
    assert settings.smtp_url.password == "hidden"
    assert "hidden" not in repr(settings)


def test_a_wrong_one_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSUBI_SMTP_URL", "mailto:u:hidden@mail.example")
    with pytest.raises(ConfigurationError, match=r"^MUSUBI_SMTP_URL: must be written like") as caught:
        load_settings()
    assert "\n" not in str(caught.value)
    assert "u:hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("no-reply@musubi.example", True),
        ("Musubi <no-reply@musubi.example>", True),
        ("結び <no-reply@musubi.example>", True),
        ('"Musubi, the team" <no-reply@localhost>', True),
        ("", False),
        ("Musubi", False),
        ("no reply@musubi.example", False),
        ("花子@musubi.example", False),
        ("a@musubi.example, b@musubi.example", False),
        ("Musubi, the team <no-reply@musubi.example>", False),
        ("a@musubi.example\nBcc: all@musubi.example", False),
    ],
)
def test_who_can_be_a_sender(text: str, is_one: bool) -> None:
    assert is_sender(text) is is_one


def test_a_sender_that_can_be_none_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSUBI_MAIL_FROM", "Musubi")
    with pytest.raises(ConfigurationError, match=r"^MUSUBI_MAIL_FROM: is not a sender"):
        load_settings()


@pytest.mark.parametrize(
    ("base_url", "sender"),
    [
        (None, "Musubi <no-reply@localhost>"),
        ("https://musubi.example:8443", "Musubi <no-reply@musubi.example>"),
        ("http://[::1]:8000", "Musubi <no-reply@localhost>"),
    ],
)
def test_the_sender_is_where_the_links_lead(base_url: str | None, sender: str) -> None:
    settings = make_settings(base_url=base_url)
    assert settings.mail_sender == sender
    assert is_sender(settings.mail_sender)


def test_in_production_links_must_lead_somewhere() -> None:
    values: dict[str, Any] = {
        "_env_file": None,
        "env": Environment.PRODUCTION,
        "secret_key": SECRET,
        "smtp_url": "smtps://mail.example",
    }
    with pytest.raises(ValueError, match="MUSUBI_BASE_URL must be set in production to send mail"):
        Settings(**values)
    assert Settings(**values, base_url="https://musubi.example").smtp_url is not None

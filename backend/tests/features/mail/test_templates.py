"""Templates: each in both languages, of the same values, and nothing gets out of a value."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError, meta
from markupsafe import escape

from musubi.core.i18n import LOCALES
from musubi.features import mail
from musubi.features.mail.rendering import environment, render

FOLDER = Path(mail.__file__).parent / "templates"
NAMES = sorted({path.name.partition(".")[0] for path in FOLDER.glob("*.*.jinja")})
LINK = "https://musubi.example/page#token=a_b-c"
VALUES: dict[str, dict[str, Any]] = {
    "verify_email": {"link": LINK, "hours": 48},
    "reset_password": {"link": LINK, "minutes": 60},
    "password_changed": {"at": datetime(2026, 1, 31, 9, 5, tzinfo=UTC), "address": "192.0.2.7", "removed": True,
                         "link": LINK},
    "second_factor_changed": {"change": "totp_added", "at": datetime(2026, 1, 31, 9, 5, tzinfo=UTC), "address": None,
                              "link": LINK},
    "account_deleted": {"at": datetime(2026, 1, 31, 9, 5, tzinfo=UTC), "link": LINK},
    "export_ready": {"days": 7, "link": LINK},
    "address_changed": {"at": datetime(2026, 1, 31, 9, 5, tzinfo=UTC), "link": LINK},
    "new_sign_in": {"browser": "Firefox", "system": "Linux", "address": "192.0.2.7", "link": LINK,
                    "at": datetime(2026, 1, 31, 9, 5, tzinfo=UTC)},
}  # fmt: skip
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def asked_for(name: str, locale: str) -> set[str]:
    """The values that a template uses."""
    made = environment("text")
    assert made.loader is not None
    source, _, _ = made.loader.get_source(made, f"{name}.{locale}.jinja")
    return meta.find_undeclared_variables(made.parse(source)) - {"say"}


def test_there_are_templates() -> None:
    assert sorted(VALUES) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_is_there_in_every_language_and_wants_the_same_values(name: str) -> None:
    assert {path.name.split(".")[1] for path in FOLDER.glob(f"{name}.*.jinja")} == set(LOCALES)
    wanted = [asked_for(name, locale) for locale in LOCALES]
    assert wanted == [{"username", *VALUES[name]}] * len(LOCALES)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", NAMES)
def test_text_and_html_say_the_same(name: str, locale: str) -> None:
    subject, content = render(name, locale, {"username": "hanako", **VALUES[name]})
    assert 0 < len(subject) <= 200
    assert bool(JAPANESE.search(subject)) == (locale == "ja")
    assert f'<html lang="{locale}">' in content.html
    assert f"<title>{subject}</title>" in content.html
    assert f'href="{LINK}"' in content.html
    assert "\n\n\n" not in content.text
    body = content.html.partition("</title>")[2]
    shown = re.sub(r"<[^>]*>", " ", body)
    for line in content.text.replace(":\n", "\n").splitlines():
        for part in line.removeprefix("--").split(": "):
            assert part.strip() in shown


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", NAMES)
def test_no_value_brings_markup(name: str, locale: str) -> None:
    evil = '<a href="https://evil.example">"click" & win</a>'
    values = {"username": evil, **VALUES[name]}
    values |= {key: evil for key, value in values.items() if isinstance(value, str)}
    _, content = render(name, locale, values)
    assert evil in content.text
    assert evil not in content.html
    assert '<a href="https://evil' not in content.html
    assert str(escape(evil)) in content.html


@pytest.mark.parametrize("name", NAMES)
def test_a_value_that_is_missing_is_an_error(name: str) -> None:
    for missing in ("username", *VALUES[name]):
        values = {"username": "hanako", **VALUES[name]}
        del values[missing]
        with pytest.raises(UndefinedError):
            render(name, "en", values)


def test_what_is_not_known_is_said() -> None:
    values = {"username": "hanako", **VALUES["new_sign_in"], "browser": None, "system": None, "address": None}
    assert render("new_sign_in", "en", values)[1].text.count(": unknown\n") == 3
    assert render("new_sign_in", "ja", values)[1].text.count(": 不明\n") == 3


def test_moments_say_their_zone() -> None:
    values = {"username": "hanako", **VALUES["address_changed"]}
    assert "2026-01-31 09:05 (UTC)" in render("address_changed", "en", values)[1].text
    assert "2026年01月31日 09:05 (UTC)" in render("address_changed", "ja", values)[1].text

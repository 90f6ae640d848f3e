"""The setting that names OpenID providers: what is read from it, and what a mistake is answered with."""

import json
from typing import Any

import pytest

from musubi.core.addresses import is_trustworthy
from musubi.core.identity_provider import IdentityProvider
from musubi.settings import ConfigurationError, Settings, load_settings

SECRET = "GOCSPX-nobody-sees-this"
GOOD = {"name": "google", "issuer": "https://accounts.google.com", "client_id": "id-1", "client_secret": SECRET}
PRODUCTION = {"MUSUBI_ENV": "production", "SECRET_KEY": "0123456789abcdef" * 3}


@pytest.fixture(autouse=True)
def _empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("MUSUBI_ENV", "MUSUBI_BASE_URL", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)


def load(monkeypatch: pytest.MonkeyPatch, value: object, **others: str) -> Settings:
    text = value if isinstance(value, str) else json.dumps(value)
    for name, content in {"MUSUBI_OIDC_PROVIDERS": text, **others}.items():
        monkeypatch.setenv(name, content)
    return load_settings()


def test_there_are_none_unless_they_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, "").oidc_providers == ()
    assert load(monkeypatch, []).oidc_providers == ()


def test_providers_are_read_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    other = {
        "name": "key-cloak-2", "title": " 社内 ", "issuer": "http://localhost:8080/realms/x", "client_id": "m",
        "scopes": "openid  email",
    }  # fmt: skip
    google, keycloak = load(monkeypatch, [GOOD, other]).oidc_providers
    assert (google.name, google.title, google.issuer) == ("google", "google", "https://accounts.google.com")
    assert google.client_secret is not None
    assert google.client_secret.get_secret_value() == SECRET
    assert google.scopes == "openid email profile"
    assert keycloak == IdentityProvider(
        "key-cloak-2", "社内", "http://localhost:8080/realms/x", "m", None, scopes="openid email"
    )


def without(field: str) -> dict[str, str]:
    return {name: value for name, value in GOOD.items() if name != field}


WRONG: dict[str, tuple[object, str]] = {
    "no JSON": ("google", "is not JSON"),
    "half of it": (json.dumps([GOOD])[:-2], "is not JSON"),
    "endless": ("[" * 100_000, "is not JSON"),
    "no list": (GOOD, "is not a list"),
    "no object": ([GOOD, "x"], "provider 2: is not an object"),
    "a field we don't know": ([{**GOOD, "secret": SECRET}], "provider 1: has 'secret'; there are: name, title"),
    "no name": ([without("name")], "provider 1: name is missing"),
    "no issuer": ([without("issuer")], "provider 1: issuer is missing"),
    "no client": ([without("client_id")], "provider 1: client_id is missing"),
    "an empty secret": ([{**GOOD, "client_secret": " "}], "provider 1: client_secret is not a text"),
    "a secret that is a number": ([{**GOOD, "client_secret": 7}], "provider 1: client_secret is not a text"),
    "null": ([{**GOOD, "title": None}], "provider 1: title is not a text"),
    "a name in capitals": ([{**GOOD, "name": "Google"}], "provider 1: name must be"),
    "a name that is too long": ([{**GOOD, "name": "x" * 31}], "provider 1: name must be"),
    "a name that is a path": ([{**GOOD, "name": "a/b"}], "provider 1: name must be"),
    "a title that is too long": ([{**GOOD, "title": "x" * 51}], "provider 1: title is longer"),
    "an issuer without TLS": ([{**GOOD, "issuer": "http://accounts.example"}], "provider 1: issuer must be"),
    "an issuer with a query": ([{**GOOD, "issuer": "https://a.example?x=1"}], "provider 1: issuer must be"),
    "an issuer that is none": ([{**GOOD, "issuer": "accounts.example"}], "provider 1: issuer must be"),
    "an issuer without end": ([{**GOOD, "issuer": f"https://{'x' * 500}"}], "provider 1: issuer must be"),
    "without openid": ([{**GOOD, "scopes": "email profile"}], "provider 1: scopes must include openid"),
    "a name twice": ([GOOD, {**GOOD, "issuer": "https://a.example"}], "two providers have the same name"),
    "an issuer twice": ([GOOD, {**GOOD, "name": "again"}], "two providers have the same issuer"),
}


@pytest.mark.parametrize(("value", "message"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_one_line_that_says_where(monkeypatch: pytest.MonkeyPatch, value: object, message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(monkeypatch, value)
    text = str(error.value)
    assert text.startswith(f"MUSUBI_OIDC_PROVIDERS: {message}")
    assert "\n" not in text
    assert SECRET not in text


def test_in_production_the_way_back_has_to_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="MUSUBI_BASE_URL must be set for MUSUBI_OIDC_PROVIDERS"):
        load(monkeypatch, [GOOD], **PRODUCTION)
    settings = load(monkeypatch, [GOOD], MUSUBI_BASE_URL="https://musubi.example.org", **PRODUCTION)
    assert len(settings.oidc_providers) == 1


def test_settings_do_not_show_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, [GOOD])
    assert SECRET not in f"{settings!r} {settings.model_dump()} {settings.oidc_providers}"


TRUSTWORTHY = [
    "https://a.example",
    "https://a.example:8443/x",
    "http://localhost",
    "http://127.0.0.1:80",
    "http://[::1]:1",
]
OPEN_TO_ALL = [
    "http://a.example", "http://192.168.0.1", "ftp://a.example", "javascript:alert(1)", "//a.example", "https://", "",
    "https://u:p@a.example", "https://a.example/#x", "https://a.example:port", "https://a.example/ x",
    "https://a.example/\n", "http://localhost.evil.example", "http://127.0.0.1@evil.example", "https://[a",
]  # fmt: skip


def test_what_is_sent_to_an_address_stays_between_two() -> None:
    assert [url for url in TRUSTWORTHY if not is_trustworthy(url)] == []
    assert [url for url in OPEN_TO_ALL if is_trustworthy(url)] == []

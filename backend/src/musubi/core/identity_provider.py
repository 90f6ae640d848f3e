"""Where people may have an account already: OpenID providers as an operator names them."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import urlsplit

from pydantic import SecretStr

from musubi.core.addresses import is_trustworthy

_NAME: Final = re.compile(r"[a-z0-9-]{1,30}")
_MAX_TITLE: Final = 50
_MAX_ISSUER: Final = 500
_DEFAULT_SCOPES: Final = "openid email profile"
_FIELDS: Final = ("name", "title", "issuer", "client_id", "client_secret", "scopes")


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """An OpenID provider, and what it knows this application as."""

    name: str
    """In the addresses of its routes."""
    title: str
    """On its button."""
    issuer: str
    """Who it says it is; the address that its description is found under."""
    client_id: str
    client_secret: SecretStr | None = None
    """None: a public client, which proves by PKCE alone that it began the sign-in."""
    scopes: str = _DEFAULT_SCOPES

    @classmethod
    def parse(cls, entry: Any) -> Self:
        """The provider that one entry of the setting describes. Raises ValueError, which never shows the secret."""
        if not isinstance(entry, dict):
            raise ValueError("is not an object")  # noqa: TRY004
        unknown = [name for name in entry if name not in _FIELDS]
        if unknown:
            raise ValueError(f"has {unknown[0]!r}; there are: {', '.join(_FIELDS)}")
        for name, value in entry.items():
            if not isinstance(value, str) or not value.strip():
                raise ValueError(f"{name} is not a text")
        for name in ("name", "issuer", "client_id"):
            if name not in entry:
                raise ValueError(f"{name} is missing")
        secret, title = entry.get("client_secret"), entry.get("title") or entry["name"]
        provider = cls(
            name=entry["name"],
            title=title.strip(),
            issuer=entry["issuer"],
            client_id=entry["client_id"],
            client_secret=None if secret is None else SecretStr(secret),
            scopes=" ".join(entry.get("scopes", _DEFAULT_SCOPES).split()),
        )
        provider._check()
        return provider

    def _check(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError("name must be 1 to 30 of a-z, 0-9 and -")
        if len(self.title) > _MAX_TITLE:
            raise ValueError(f"title is longer than {_MAX_TITLE} characters")
        if len(self.issuer) > _MAX_ISSUER or not is_trustworthy(self.issuer) or urlsplit(self.issuer).query:
            raise ValueError("issuer must be an address with https://, or with http:// on this machine")
        if "openid" not in self.scopes.split():
            raise ValueError("scopes must include openid")


def parse_identity_providers(value: Any) -> Any:
    """The providers in a JSON list; anything else than a text as it is. Raises ValueError."""
    if not isinstance(value, str):
        return value
    try:
        entries = json.loads(value)
    except (ValueError, RecursionError):
        # Not the parser's words: they may quote what stands there, a secret for one.
        raise ValueError('is not JSON such as [{"name": "…", "issuer": "https://…", "client_id": "…"}]') from None
    if not isinstance(entries, list):
        raise ValueError("is not a list of objects")  # noqa: TRY004
    providers = []
    for number, entry in enumerate(entries, start=1):
        try:
            providers.append(IdentityProvider.parse(entry))
        except ValueError as error:
            raise ValueError(f"provider {number}: {error}") from None
    for field in ("name", "issuer"):
        if len({getattr(provider, field) for provider in providers}) < len(providers):
            raise ValueError(f"two providers have the same {field}")
    return providers

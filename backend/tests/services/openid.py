"""A private OpenID provider from the PyPI package `oidc-provider-mock`: a real one, but for asking no password."""

import signal
import ssl
import sys
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx

from .service import Service


class OpenIdProvider(Service):
    """A provider at which anyone is whoever they say. What it knows is gone when it ends."""

    name: ClassVar = "openid"
    stop_signal: ClassVar = signal.SIGTERM
    kill_signal: ClassVar = signal.SIGKILL

    @property
    def url(self) -> str:
        """The issuer."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def _command(self) -> list[str]:
        return [sys.executable, "-m", "oidc_provider_mock", "--port", str(self.port), "--require-nonce", "true"]

    def _prepare(self) -> None:
        """It keeps everything in memory."""

    def _ready(self) -> bool:
        try:
            return _ask("GET", f"{self.url}/.well-known/openid-configuration").is_success
        except httpx.HTTPError:
            return False

    def add_person(self, subject: str, **claims: object) -> None:
        """Someone it knows, with what it says of them; instead of what it said before."""
        _ask("PUT", f"{self.url}/users/{quote(subject)}", json=claims).raise_for_status()

    def consent(self, url: str, subject: str) -> str:
        """What someone's browser does at `url`, where we sent it: they say who they are, and agree. Where it is sent
        back to."""
        return self._answer(url, {"sub": subject})

    def refuse(self, url: str) -> str:
        """The same when they don't agree."""
        # This one forgets the state then, which RFC 6749, 4.1.2.1 wants to be there.
        state = parse_qs(urlsplit(url).query)["state"][0]
        return f"{self._answer(url, {'action': 'deny'})}&{urlencode({'state': state})}"

    def _answer(self, url: str, form: dict[str, str]) -> str:
        reply = _ask("POST", url, data=form)
        assert reply.is_redirect, reply.text
        return str(reply.headers["location"])


def _ask(method: str, url: str, **arguments: Any) -> httpx.Response:
    # It speaks plain http; reading everyone's certificates would take longer than all the rest.
    no_certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.request(method, url, verify=no_certificates, timeout=10, **arguments)

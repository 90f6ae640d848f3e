"""Refuses requests that were not addressed to us, such as those a DNS rebinding attack sends."""

from collections.abc import Iterable
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from musubi.core.errors import BadRequest
from musubi.core.http.envelope import error_response
from musubi.core.http.headers import header
from musubi.core.i18n import Text

_NOT_OURS = Text("This host name is not served here", "このホスト名では提供していません")


class TrustedHosts:
    """Lets a request in whose Host is listed (`*.example.org`: its subdomains), or is the very address that it came
    in at. The latter makes `--host 0.0.0.0` work by number in a LAN; a name still has to be listed."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app = app
        self.exact = {host.lower() for host in hosts if not host.startswith("*")}
        self.suffixes = tuple(host[1:].lower() for host in hosts if host.startswith("*."))
        self.any_host = "*" in hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or self._is_ours(scope):
            await self.app(scope, receive, send)
            return
        if scope["type"] == "http":
            await error_response(BadRequest(_NOT_OURS))(scope, receive, send)
        else:
            # Before it is accepted, closing a socket is answered with 403.
            await send({"type": "websocket.close", "code": 1008})

    def _is_ours(self, scope: Scope) -> bool:
        if self.any_host:
            return True
        host = host_name((header(scope, b"host") or b"").decode("latin-1"))
        if host in self.exact or (self.suffixes and host.endswith(self.suffixes)):
            return True
        server = scope.get("server")
        return server is not None and _same_address(host, server[0])


def host_name(authority: str) -> str:
    """The host in a Host header, in lower case and without port or brackets."""
    authority = authority.strip().lower()
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0]


def _same_address(host: str, address: str) -> bool:
    try:
        return ip_address(host) == ip_address(address)
    except ValueError:
        return False

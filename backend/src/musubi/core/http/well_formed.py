"""Refuses requests from whose address or headers no text can be read."""

from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from musubi.core.errors import BadRequest
from musubi.core.http.envelope import error_response

MAX_ADDRESS = 65_536
"""Bytes of a path and its query. Proxies in front of us take 8 KiB, as a rule; a server of ours would take a MiB of
parameters, and take its time to tell them apart."""


class WellFormed:
    """Answers 400 to an address that isn't UTF-8 when it is decoded or longer than any of ours, and to NUL in an
    address or a header.

    Without it a route would be handed replacement characters for what could not be decoded, and would search for them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_well_formed(scope):
            await error_response(BadRequest())(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _is_well_formed(scope: Scope) -> bool:
    if any(b"\x00" in value for _, value in scope["headers"]):
        return False
    address: bytes = (scope.get("raw_path") or b"") + b"?" + scope["query_string"]
    if len(address) > MAX_ADDRESS:
        return False
    if b"%" not in address and address.isascii() and b"\x00" not in address:
        return True
    decoded = unquote_to_bytes(address)
    try:
        decoded.decode()
    except UnicodeDecodeError:
        return False
    return b"\x00" not in decoded

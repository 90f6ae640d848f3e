"""Requests to a provider: short, bounded, and only to where they were meant to go."""

import asyncio
import ssl
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import httpx
from pydantic_core import from_json

from musubi.adapters.oidc.answers import ProviderUnavailable

_TIMEOUT: Final = httpx.Timeout(5.0)
# For the whole of a reply: one that trickles in keeps within the timeout of each read.
_DEADLINE_SECONDS: Final = 10.0
_MAX_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply: its status, and what its JSON says; an empty object when that is not one."""

    status: int
    body: dict[str, Any]


async def ask(
    url: str, *, form: str | None = None, headers: dict[str, str] | None = None, max_bytes: int = _MAX_BYTES
) -> Answer:
    """GET `url`, or POST `form` to it. Redirects are not followed. Raises ProviderUnavailable."""
    # Compressed, a reply within the bound could become one that is far beyond it.
    sent = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
    try:
        async with (
            asyncio.timeout(_DEADLINE_SECONDS),
            httpx.AsyncClient(verify=_tls(), timeout=_TIMEOUT, follow_redirects=False) as client,
            client.stream("GET" if form is None else "POST", url, content=form, headers=sent) as reply,
        ):
            if reply.headers.get("content-encoding", "identity") != "identity":
                raise ProviderUnavailable("it compresses what must not be compressed")
            return Answer(reply.status_code, _object(await _read(reply, max_bytes)))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise ProviderUnavailable(f"no answer from {httpx.URL(url).host}: {type(error).__name__}") from error


async def _read(reply: httpx.Response, max_bytes: int) -> bytes:
    content = bytearray()
    async for chunk in reply.aiter_raw():
        content += chunk
        if len(content) > max_bytes:
            raise ProviderUnavailable(f"it answers with more than {max_bytes} bytes")
    return bytes(content)


def _object(content: bytes) -> dict[str, Any]:
    try:
        value = from_json(content, allow_inf_nan=False)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


@cache
def _tls() -> ssl.SSLContext:
    # Reading the certificates of all authorities takes longer than the request.
    return httpx.create_ssl_context()

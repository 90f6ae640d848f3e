"""Sign-ins that are at a provider: what they began with, and in which browser.

The state (RFC 6749, 10.12) is a one-time token. It is worth something only with the cookie of the browser that began,
or someone could have others finish a sign-in that is not theirs, and be signed in to an account of his choosing.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from musubi.core.database import Database
from musubi.core.keyring import KeyRing, Unreadable
from musubi.core.permissions import Principal
from musubi.features.accounts import one_time
from musubi.features.accounts.one_time import Purpose
from musubi.features.accounts.transport import is_tls

LIFETIME: Final = timedelta(minutes=10)
_SEAL: Final = "oidc-verifier"
_COOKIE: Final = "musubi_oidc"
_BROWSER: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_MAX_REDIRECT: Final = 500


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was begun, or the connecting of an account elsewhere to one's own."""

    provider: str
    nonce: str
    verifier: str
    """The PKCE secret."""
    redirect: str
    """The path to go on to."""
    user_id: int | None = None
    """Whose account is being connected; None for a sign-in."""
    session_id: int | None = None
    """The session that asked for it."""

    @classmethod
    def now(cls, provider: str, redirect: str, principal: Principal | None = None) -> "Begun":
        return cls(
            provider,
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            redirect=redirect,
            user_id=None if principal is None else principal.user_id,
            session_id=None if principal is None else principal.session_id,
        )


async def keep(session: AsyncSession, keys: KeyRing, begun: Begun, browser: str) -> str:
    """The state under which `begun` is found again, in the same browser."""
    data = {
        "provider": begun.provider,
        "nonce": begun.nonce,
        # With a copy of the database and a stolen code one would have all that it takes.
        "verifier": keys.seal(_SEAL, begun.verifier.encode()),
        "redirect": begun.redirect,
        "browser": _digest(browser),
        "session_id": begun.session_id,
    }
    return await one_time.issue(session, Purpose.OIDC, lifetime=LIFETIME, user_id=begun.user_id, data=data)


async def take(database: Database, keys: KeyRing, state: str, *, provider: str, browser: str | None) -> Begun | None:
    """What was begun, once: whatever comes of it, the state is used up. None when it is unknown, used or expired, or
    was begun with another provider (whose answer could pass for one of this) or in another browser."""
    if browser is None:
        return None
    async with database.reading() as reader:
        # States that someone made up must not keep writers waiting.
        if await one_time.look_up(reader, Purpose.OIDC, state) is None:
            return None
    async with database.transaction() as session:
        row = await one_time.take(session, Purpose.OIDC, state)
    if row is None:
        return None
    data = row.data
    if not hmac.compare_digest(data["browser"], _digest(browser)) or data["provider"] != provider:
        return None
    try:
        verifier = keys.open(_SEAL, data["verifier"]).decode()
    except Unreadable:
        # Its secret was taken out meanwhile.
        return None
    return Begun(provider, data["nonce"], verifier, data["redirect"], row.user_id, data["session_id"])


def browser_of(request: Request) -> str | None:
    """What tells this browser from others, if it began something."""
    value = request.cookies.get(_cookie_name(request), "")
    return value if _BROWSER.fullmatch(value) else None


def remember_browser(request: Request, response: Response, browser: str, path: str) -> None:
    """Give the browser its cookie, for everything below `path`."""
    response.set_cookie(
        _cookie_name(request),
        browser,
        max_age=int(LIFETIME.total_seconds()),
        path=path,
        httponly=True,
        # Strict would keep it from us: it is another site that sends the browser back.
        samesite="lax",
        secure=is_tls(request),
    )


def new_browser() -> str:
    return secrets.token_urlsafe(32)


def own_path(redirect: str) -> str:
    """`redirect` when it is the path of a page of ours, else `/`: it comes from whoever made the link."""
    path = urlsplit(redirect).path if _is_plain(redirect) else ""
    is_page = path.startswith("/") and "//" not in path and not f"{path}/".startswith("/api/")
    return redirect if is_page and not {".", ".."} & set(path.split("/")) else "/"


def _is_plain(redirect: str) -> bool:
    # Browsers take a backslash for a slash, and leave out what can't be seen.
    is_absolute = redirect.startswith("/") and not redirect.startswith("//")
    return is_absolute and len(redirect) <= _MAX_REDIRECT and "\\" not in redirect and redirect.isprintable()


def _cookie_name(request: Request) -> str:
    # The prefix makes browsers refuse a cookie of this name that was set without TLS.
    return f"__Secure-{_COOKIE}" if is_tls(request) else _COOKIE


def _digest(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()

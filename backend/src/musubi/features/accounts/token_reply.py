"""The reply to every way of signing in."""

from fastapi import Request, Response

from musubi.core.clock import utcnow
from musubi.features.accounts.schemas import Me, TokenReply
from musubi.features.accounts.service import accounts_of
from musubi.features.accounts.sessions import SignedInSession
from musubi.features.accounts.transport import set_refresh_cookie, wants_cookie


def token_reply(
    request: Request, response: Response, signed_in: SignedInSession, *, came_as_cookie: bool = False
) -> TokenReply:
    """The session's tokens, with the refresh token where this client keeps it."""
    refresh_token: str | None = signed_in.refresh_token
    # A token that came as a cookie goes back as one, whatever is asked for: a script must not get to see it.
    if came_as_cookie or wants_cookie(request):
        lifetime = int((signed_in.expires_at - utcnow()).total_seconds())
        set_refresh_cookie(request, response, signed_in.refresh_token, lifetime)
        refresh_token = None
    return TokenReply(
        access_token=signed_in.access_token,
        refresh_token=refresh_token,
        expires_in=int(accounts_of(request).sessions.tokens.access_lifetime.total_seconds()),
        user=Me.of(signed_in.user, signed_in.principal),
    )

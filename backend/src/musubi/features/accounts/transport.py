"""How a browser holds its refresh token: in a cookie that no script can read and no other site can use."""

from starlette.requests import Request
from starlette.responses import Response

from musubi.core.errors import BadRequest, Forbidden
from musubi.core.i18n import Text

TRANSPORT_HEADER = "X-Session-Transport"
_COOKIE = "musubi_refresh"
_FOREIGN = Text("This request did not come from the application itself", "このアプリからのリクエストではありません")
_IN_QUERY = Text(
    "Send the refresh token in the body or as a cookie: addresses end up in logs",
    "リフレッシュトークンは本文かCookieで送ってください（URLは記録に残ります）",
)


def wants_cookie(request: Request) -> bool:
    """Whether the client asked to get its refresh token as a cookie."""
    return request.headers.get(TRANSPORT_HEADER, "").lower() == "cookie"


def refresh_cookie(request: Request) -> str | None:
    """The refresh token in the cookie, if there is one. Raises Forbidden when another site made the browser send it."""
    token = request.cookies.get(_cookie_name(request))
    if token:
        _check_same_origin(request)
    return token or None


def refuse_token_in_query(request: Request) -> None:
    """Raises BadRequest for a refresh token in the URL."""
    if "refresh_token" in request.query_params:
        raise BadRequest(_IN_QUERY)


def set_refresh_cookie(request: Request, response: Response, token: str, max_age: int) -> None:
    """Hand the browser its refresh token for `max_age` seconds."""
    response.set_cookie(
        _cookie_name(request),
        token,
        max_age=max_age,
        path="/",
        httponly=True,
        samesite="strict",
        secure=is_tls(request),
    )


def clear_refresh_cookie(request: Request, response: Response) -> None:
    response.delete_cookie(_cookie_name(request), path="/", httponly=True, samesite="strict", secure=is_tls(request))


def leave(request: Request, response: Response) -> None:
    """Let the browser forget a session that has ended: its cookie, and what it kept of replies. Its storage stays: the
    chosen theme and the installed application are in there."""
    clear_refresh_cookie(request, response)
    response.headers["Clear-Site-Data"] = '"cache"'


def is_tls(request: Request) -> bool:
    """Whether the browser came by https."""
    return request.url.scheme == "https"


def _cookie_name(request: Request) -> str:
    # The prefix makes browsers refuse a cookie of this name that a sibling subdomain sets; it needs TLS.
    return f"__Host-{_COOKIE}" if is_tls(request) else _COOKIE


def _check_same_origin(request: Request) -> None:
    origin = request.headers.get("origin")
    if origin is not None and origin in request.app.state.settings.origins:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site == "same-origin":
            return
    # Browsers leave Sec-Fetch-Site out where there is no TLS, in a LAN for one.
    elif origin == f"{request.url.scheme}://{request.headers.get('host', '')}":
        return
    raise Forbidden(_FOREIGN)

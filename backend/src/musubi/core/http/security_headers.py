"""The headers that tell a browser what our pages may do."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musubi.core.http.headers import is_for_the_api, with_defaults

# The application's own files and nothing else; no inline script or style. `data:` images: the QR code and previews.
SPA_CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Replies of the API are data: a browser that is made to show one as a page must not run anything in it.
API_CSP = "default-src 'none'; frame-ancestors 'none'"

_EVERYWHERE = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    # Other sites can't embed what we send. Origins that CORS lists read replies as before: this is about the rest.
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_SPA = {
    **_EVERYWHERE,
    b"content-security-policy": SPA_CSP.encode(),
    b"x-frame-options": b"DENY",
}
# Answers of the API are private to the caller; a route that may be cached says so itself.
_API = {**_EVERYWHERE, b"content-security-policy": API_CSP.encode(), b"cache-control": b"no-store"}
_HSTS = {b"strict-transport-security": b"max-age=31536000; includeSubDomains"}


class SecurityHeaders:
    """Adds what a reply doesn't set itself, so that a page with a need of its own (the API documentation) can."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        defaults = _API if is_for_the_api(scope) else _SPA
        if scope["scheme"] == "https":
            defaults = defaults | _HSTS

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = with_defaults(message["headers"], defaults)
            await send(message)

        await self.app(scope, receive, send_with_headers)

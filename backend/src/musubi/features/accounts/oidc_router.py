"""`/auth/oidc`: signing in with an account elsewhere. The browser itself goes through these, from page to page, so
what goes wrong on the way is told by the page that it ends at."""

from typing import Annotated
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from musubi.adapters.oidc import ProviderUnavailable
from musubi.core.clock import utcnow
from musubi.core.database import SessionDep, database_of
from musubi.core.errors import Conflict, Forbidden, NotFound, ServiceUnavailable
from musubi.core.http.route import Route
from musubi.core.openapi import errors
from musubi.core.pagination import Collection, collection
from musubi.core.permissions import public
from musubi.core.types import Id
from musubi.features.accounts import identities, limits, oidc_state
from musubi.features.accounts.oidc import Answer, oidc_of
from musubi.features.accounts.oidc_schemas import OidcProvider, ProviderAddress, SignInError
from musubi.features.accounts.oidc_state import Begun
from musubi.features.accounts.proof import RecentlyProved
from musubi.features.accounts.service import accounts_of
from musubi.features.accounts.sessions import Client
from musubi.features.accounts.transport import set_refresh_cookie

router = APIRouter(tags=["accounts"], route_class=Route)

log = structlog.get_logger("musubi.accounts")

ProviderName = Annotated[str, Path(max_length=30, examples=["google"])]
# Their addresses hold codes and states; nothing on the way needs to know them.
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@router.get("/auth/oidc", dependencies=[Depends(public)])
async def list_oidc_providers(request: Request, response: Response) -> Collection[OidcProvider]:
    """Where people may sign in with an account that they have already, in the order to show."""
    providers = [client.provider for client in oidc_of(request).providers.values()]
    return collection(response, [OidcProvider(name=each.name, title=each.title) for each in providers])


@router.get(
    "/auth/oidc/{provider}/start",
    status_code=303,
    response_class=RedirectResponse,
    dependencies=[Depends(public), Depends(limits.SIGN_IN_START)],
    responses=errors(NotFound),
)
async def start_oidc_sign_in(
    request: Request,
    provider: ProviderName,
    redirect: Annotated[str, Query(description="The path of the page to go on to; anything else becomes `/`")] = "/",
) -> Response:
    """Send the browser to the provider. A link of our own pages, not a request of a script; whoever comes from another
    site begins at the login."""
    path = oidc_state.own_path(redirect)
    if request.headers.get("sec-fetch-site") == "cross-site":
        # Providers often ask nothing. Nobody is to be signed in because of a page of someone else's.
        return _redirect(f"/login?{urlencode({'redirect': path})}")
    try:
        url, browser = await _begin(request, Begun.now(provider, path))
    except ProviderUnavailable:
        return _redirect(f"/login?{urlencode({'error': SignInError.PROVIDER_UNAVAILABLE})}")
    response = _redirect(url)
    oidc_state.remember_browser(request, response, browser, _cookie_path(request))
    return response


@router.get(
    "/auth/oidc/{provider}/callback",
    status_code=303,
    response_class=RedirectResponse,
    dependencies=[Depends(public)],
    responses=errors(NotFound),
    openapi_extra={"x-sign-in-errors": [error.value for error in SignInError]},
)
async def finish_oidc_sign_in(
    request: Request,
    provider: ProviderName,
    state: Annotated[str, Query()] = "",
    code: Annotated[str | None, Query()] = None,
    error: Annotated[str | None, Query(description="RFC 6749, 4.1.2.1")] = None,
    iss: Annotated[str | None, Query(description="Who answers (RFC 9207)")] = None,
) -> Response:
    """Where the provider sends the browser back to. It goes on to `/login?redirect=…#signed-in`, with the refresh token
    in its cookie, which no script can see; or, where a second factor is asked for, to
    `/login#mfa=…&methods=…&redirect=…`; or to `/login?error=…`. When an account was to be connected, to
    `/settings?linked=…` or `/settings?error=…`."""
    arrival = await oidc_of(request).finish(
        database_of(request),
        provider,
        Answer(state, code, error, iss),
        browser=oidc_state.browser_of(request),
        redirect_uri=_redirect_uri(request, provider),
        by=Client.of(request),
    )
    if arrival.signed_in is None:
        return _redirect(arrival.path)
    response = _redirect(f"/login?{urlencode({'redirect': arrival.path}, safe='/')}#signed-in")
    lifetime = int((arrival.signed_in.expires_at - utcnow()).total_seconds())
    set_refresh_cookie(request, response, arrival.signed_in.refresh_token, lifetime)
    return response


@router.post(
    "/auth/oidc/{provider}/link",
    dependencies=[Depends(limits.SIGN_IN_START)],
    responses=errors(NotFound, Forbidden, ServiceUnavailable),
)
async def link_identity(
    principal: RecentlyProved, request: Request, response: Response, provider: ProviderName
) -> ProviderAddress:
    """Where to send the browser to connect an account elsewhere to one's own. It comes back to the settings."""
    try:
        url, browser = await _begin(request, Begun.now(provider, "/settings", principal))
    except ProviderUnavailable:
        raise ServiceUnavailable from None
    oidc_state.remember_browser(request, response, browser, _cookie_path(request))
    return ProviderAddress(url=url)


@router.delete("/auth/identities/{identity_id}", status_code=204, responses=errors(NotFound, Conflict, Forbidden))
async def unlink_identity(
    principal: RecentlyProved, identity_id: Annotated[Id, Path()], request: Request, session: SessionDep
) -> None:
    """Disconnect an account elsewhere; not the last way into one's own."""
    providers = oidc_of(request).providers
    await identities.disconnect(session, accounts_of(request).mails, principal, providers, identity_id)


async def _begin(request: Request, begun: Begun) -> tuple[str, str]:
    """The provider's address, and what the browser is to be known by. Raises NotFound, ProviderUnavailable."""
    # The one it has, so that two tabs can be on their way at once.
    browser = oidc_state.browser_of(request) or oidc_state.new_browser()
    redirect_uri = _redirect_uri(request, begun.provider)
    try:
        url = await oidc_of(request).begin(database_of(request), begun, browser=browser, redirect_uri=redirect_uri)
    except ProviderUnavailable as error:
        log.warning("provider unavailable", provider=begun.provider, reason=str(error))
        raise
    return url, browser


def _redirect_uri(request: Request, provider: str) -> str:
    # Of our settings, never of the request: a provider must not be told to send people to whatever host was asked.
    path = request.app.url_path_for("finish_oidc_sign_in", provider=provider)
    return f"{request.app.state.settings.public_url}{path}"


def _cookie_path(request: Request) -> str:
    return str(request.app.url_path_for("list_oidc_providers"))


def _redirect(url: str) -> Response:
    return RedirectResponse(url, status_code=303, headers=_PRIVATE)

"""The application: its features, in order, and what stands around them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from musubi import __version__
from musubi.adapters.bus import open_bus
from musubi.adapters.cache import open_cache
from musubi.adapters.limiter import open_limiter
from musubi.adapters.reports import open_reporter
from musubi.core import installation
from musubi.core.addresses import subdomain_pattern
from musubi.core.database import Database
from musubi.core.events import Events
from musubi.core.feature import Feature
from musubi.core.http.body_limit import BodyLimit
from musubi.core.http.docs_pages import add_documentation
from musubi.core.http.error_handling import ErrorBoundary, add_error_handlers
from musubi.core.http.request_context import RequestContext
from musubi.core.http.route_limits import UnknownLimit, check_limits
from musubi.core.http.security_headers import SecurityHeaders
from musubi.core.http.spa import add_spa
from musubi.core.http.trusted_hosts import TrustedHosts
from musubi.core.http.well_formed import WellFormed
from musubi.core.jobs import Jobs
from musubi.core.keyring import KeyRing
from musubi.core.openapi import build_openapi, check_policies
from musubi.core.outbox import Outbox
from musubi.core.realtime.announce import deliver_frame
from musubi.core.realtime.dispatch import Dispatcher
from musubi.core.realtime.hub import Hub
from musubi.core.stopping import Stopping
from musubi.features import accounts, audit, files, items, mail, notifications, portability, rooms, system
from musubi.features.files.resumable import protocol as tus
from musubi.features.system import health, test_support
from musubi.features.system.observation import observing
from musubi.settings import ConfigurationError, Environment, Settings

if TYPE_CHECKING:
    from musubi.core.tracing.tracing import Tracing

# From the top down: a feature may use those below it, and knows none above it.
FEATURES: tuple[Feature, ...] = (
    system.FEATURE,
    portability.FEATURE,
    rooms.FEATURE,
    files.FEATURE,
    items.FEATURE,
    notifications.FEATURE,
    accounts.FEATURE,
    mail.FEATURE,
    audit.FEATURE,
)

API_PREFIX = "/api/v1"
WEB_DIRECTORY = Path(__file__).parent / "web"
# How long the jobs of a stopping process may go on; another one takes those that are not done by then.
_JOB_GRACE_SECONDS = 5.0
_LIVE_DRAIN_SECONDS = 5.0
"""Over how long the clients of live connections are sent to other processes."""

_DESCRIPTION = """The HTTP API of Musubi.

Sign in with `POST /api/v1/auth/login` and send the access token as `Authorization: Bearer …`. Errors come in one
envelope; `code` never changes, `message` follows `Accept-Language` (English, Japanese).
"""


def create_app(settings: Settings) -> FastAPI:
    """The application for these settings. Raises ConfigurationError when one is wrong, or its secret can't be kept."""
    app = FastAPI(
        title="Musubi",
        routes=_api_routes(FEATURES).copy(),
        version=__version__,
        description=_DESCRIPTION,
        lifespan=_lifespan,
        middleware=_middleware(settings),
        # Ours are served with assets of our own, and under /api.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=_operation_id,
        redirect_slashes=False,
        # It would tell whoever a variable of its own names, and of errors whatever they say; see `_start_tracing`.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.settings = settings
    app.state.features = FEATURES
    app.state.keys = KeyRing(*settings.secrets())
    app.state.reporter = open_reporter(settings)
    app.state.database = Database(settings.database, pool_size=settings.database_pool_size)
    app.state.cache = open_cache(settings.redis_url)
    app.state.limiter = None
    if settings.limits_requests:
        app.state.limiter = open_limiter(settings.redis_url, key=app.state.keys.current.derive("limits"))
    app.state.changed_limits = {limit.name: limit for limit in settings.limits}
    app.state.events = Events(app, FEATURES)
    app.state.bus = open_bus(settings.redis_url)
    app.state.outbox = Outbox(
        app,
        app.state.bus,
        {"frame": deliver_frame} | {k: v for feature in FEATURES for k, v in feature.receivers.items()},
    )
    app.state.hub = Hub(
        max_sockets=settings.live_connections,
        max_per_user=settings.live_connections_per_user,
        # Requests under way have the other half.
        drain_seconds=min(_LIVE_DRAIN_SECONDS, settings.drain_seconds / 2),
    )
    app.state.stopping = Stopping(settings.stop_delay_seconds)
    app.state.dispatch = Dispatcher(app, FEATURES)
    app.state.jobs = Jobs(
        app,
        (kind for feature in FEATURES for kind in feature.jobs),
        workers=settings.job_workers,
        poll_seconds=settings.job_poll_seconds,
        grace_seconds=min(_JOB_GRACE_SECONDS, settings.drain_seconds),
    )
    add_error_handlers(app)
    # From the bottom up: what a feature provides is there when those above it are installed.
    for feature in reversed(FEATURES):
        if feature.install is not None:
            feature.install(app)
    app.include_router(health.router)
    if settings.env is Environment.TEST:
        app.include_router(test_support.router, prefix=API_PREFIX)
    check_policies(app)
    try:
        check_limits(app)
    except UnknownLimit as error:
        raise ConfigurationError(f"MUSUBI_LIMITS: {error}") from None
    app.openapi = lambda: build_openapi(app)  # type: ignore[method-assign]
    if settings.serves_docs:
        add_documentation(app)
    add_spa(app, WEB_DIRECTORY)
    app.state.tracing = _start_tracing(app, settings)
    return app


def _start_tracing(app: FastAPI, settings: Settings) -> "Tracing | None":
    if settings.otlp_endpoint is None:
        return None
    # Only here: it takes a while to load, and whoever has no collector should not pay for it.
    from musubi.core.tracing.tracing import open_tracing
    from musubi.traces import trace

    tracing = open_tracing(settings.otlp_endpoint, ratio=settings.trace_ratio)
    trace(app, tracing)
    return tracing


@cache
def _api_routes(features: tuple[Feature, ...]) -> list[BaseRoute]:
    """Their routes, under the API's prefix. They belong to no application, and taking them apart is most of what it
    costs to make one: tests make thousands."""
    api = APIRouter(generate_unique_id_function=_operation_id)
    for feature in features:
        for router in feature.routers:
            api.include_router(router, prefix=API_PREFIX)
    return api.routes


def _operation_id(route: APIRoute) -> str:
    return route.name


def _middleware(settings: Settings) -> list[Middleware]:
    """From the outside in. All of it is plain ASGI: Starlette's `BaseHTTPMiddleware` costs more than a query."""
    layers = [
        Middleware(RequestContext),
        Middleware(SecurityHeaders),
        Middleware(TrustedHosts, hosts=settings.hosts),
        Middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_origin_regex=subdomain_pattern(settings.cors_parent_domain),
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
            allow_headers=[
                "Accept-Language", "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match",
                "X-Request-ID", "X-Session-Transport", "traceparent", "tracestate", *tus.REQUEST_HEADERS,
            ],
            allow_credentials=True,
            expose_headers=[
                "X-Total-Count", "X-Request-ID", "ETag", "Retry-After", "RateLimit", "RateLimit-Policy", "Location",
                *tus.REPLY_HEADERS,
            ],
        ),
        # Outside of what answers errors: the protocol marks those, too.
        Middleware(tus.TusProtocol),
        # Inside of CORS, or a page of another origin could not read what went wrong.
        Middleware(ErrorBoundary),
        Middleware(WellFormed),
        Middleware(BodyLimit, limit=settings.max_body_bytes, streamed=_streamed_routes()),
    ]  # fmt: skip
    if settings.trusted_proxies:
        layers.insert(0, Middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies)))
    return layers


def _streamed_routes() -> list[str]:
    """The routes that bound their bodies by themselves, with the API's prefix."""
    routes = (route.split(" ") for feature in FEATURES for route in feature.streams)
    return [f"{method} {API_PREFIX}{path}" for method, path in routes]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    try:
        with installation.shared(settings.data_dir):
            async with _serving(app):
                yield
    except installation.InUse:
        raise ConfigurationError(f"MUSUBI_DATA_DIR: {installation.REPLACED}") from None


@asynccontextmanager
async def _serving(app: FastAPI) -> AsyncIterator[None]:
    app.state.bus.start(lambda: _look_now(app))
    app.state.rooms.start()
    app.state.jobs.start()
    try:
        with app.state.stopping.listening():
            async with observing(app):
                yield
    finally:
        await app.state.jobs.stop()
        await app.state.rooms.close()
        await app.state.hub.close()
        await app.state.outbox.close()
        await close(app)


def _look_now(app: FastAPI) -> None:
    """Messages of other processes may have passed by unheard."""
    app.state.outbox.look_now()
    app.state.rooms.streams.look_now()


async def close(app: FastAPI) -> None:
    """Give back the threads and connections of an application; for one that was made but does not serve."""
    app.state.accounts.hasher.close()
    await app.state.files.close()
    await app.state.bus.close()
    await app.state.cache.close()
    if app.state.limiter is not None:
        await app.state.limiter.close()
    await app.state.database.dispose()
    # At last, when nothing more can be told of; both at once, because each may take its time.
    await asyncio.gather(*(each.close() for each in (app.state.tracing, app.state.reporter) if each is not None))

"""Turns whatever is raised into the error envelope."""

from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musubi.core.database import is_unavailable
from musubi.core.errors import BY_STATUS, AppError, InternalServerError, Invalid, MethodNotAllowed, ServiceUnavailable
from musubi.core.http.envelope import envelope, error_response
from musubi.core.http.headers import header
from musubi.core.http.measuring import template_of
from musubi.core.http.validation import describe_errors
from musubi.core.openapi import api_routes
from musubi.core.reporting import report

log = structlog.get_logger("musubi.errors")


def add_error_handlers(app: FastAPI) -> None:
    """Answer the application's own, the framework's and validation errors with the envelope."""
    app.exception_handler(AppError)(_app_error)
    app.exception_handler(HTTPException)(_http_error)
    app.exception_handler(RequestValidationError)(_validation_error)


async def _app_error(_request: Request, error: AppError) -> JSONResponse:
    return error_response(error)


async def _http_error(request: Request, error: HTTPException) -> JSONResponse:
    headers = dict(error.headers or {})
    if error.status_code == MethodNotAllowed.status:
        headers |= _allow(request)
    known = BY_STATUS.get(error.status_code)
    if known is not None:
        return envelope(known.status, known.code, known.text.render(), headers=headers)
    phrase = HTTPStatus(error.status_code).phrase
    return envelope(error.status_code, f"HTTP_{error.status_code}", phrase, headers=headers)


def _allow(request: Request) -> dict[str, str]:
    """The `Allow` of a path: the framework names the methods of one route only, but a path has a route for each."""
    routes = [route for route in api_routes(request.app) if route.path_regex.match(request.url.path)]
    methods = {method for route in routes for method in route.methods or ()}
    return {"Allow": ", ".join(sorted(methods))} if methods else {}


async def _validation_error(_request: Request, error: RequestValidationError) -> JSONResponse:
    details: dict[str, Any] = describe_errors(error.errors())
    return envelope(Invalid.status, Invalid.code, Invalid.text.render(), details)


class ErrorBoundary:
    """Answers 500 (503 when the database can't be reached) for what nobody handled, and logs it under the id that it
    tells the client."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched_send)
        except Exception as error:
            error_id = uuid4()
            if scope["type"] != "http":
                # The server logs it, and closes the connection.
                if not is_unavailable(error):
                    _report(scope, error, error_id)
                raise
            shown: AppError
            if isinstance(error, AppError):
                shown = error
            elif is_unavailable(error):
                # Without the traceback: an outage would fill the log with them.
                log.error("database unavailable", error_id=str(error_id), reason=_first_line(error))  # noqa: TRY400
                shown = ServiceUnavailable(headers={"Retry-After": "5"})
            else:
                log.exception("unexpected error", error_id=str(error_id))
                _report(scope, error, error_id)
                shown = InternalServerError()
            if started:
                # Too late for another status: cutting the connection is the only honest sign left.
                raise
            await error_response(shown, error_id=error_id)(scope, receive, send)


def _report(scope: Scope, error: Exception, error_id: UUID) -> None:
    user_agent = header(scope, b"user-agent")
    report(
        scope["app"],
        error,
        where=f"{scope.get('method', 'GET')} {template_of(scope)}",
        error_id=str(error_id),
        user_agent=None if user_agent is None else user_agent[:300].decode("latin-1"),
    )


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:300]

"""Swagger UI and ReDoc, from files that the application serves itself."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from musubi.core.openapi import build_openapi

# ReDoc writes style elements and runs its search in a worker made from a blob; Swagger UI sets style attributes and
# draws icons from data URLs. Neither needs an inline script.
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src blob:; child-src blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_SWAGGER = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Musubi API</title>
<link rel="icon" href="/favicon.svg"><link rel="stylesheet" href="/static/docs/swagger-ui.css">
</head>
<body>
<main id="swagger-ui"></main>
<script src="/static/docs/swagger-ui-bundle.js"></script><script src="/static/docs/start-swagger.js"></script>
</body>
</html>
"""
_REDOC = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Musubi API</title>
<link rel="icon" href="/favicon.svg">
</head>
<body>
<redoc spec-url="/api/openapi.json" hide-loading="true" disable-google-font="true"></redoc>
<script src="/static/docs/redoc.standalone.js"></script>
</body>
</html>
"""


def add_documentation(app: FastAPI) -> None:
    """Serve `/api/docs`, `/api/redoc` and `/api/openapi.json`."""

    async def swagger(_request: Request) -> Response:
        return HTMLResponse(_SWAGGER, headers={"Content-Security-Policy": _CSP})

    async def redoc(_request: Request) -> Response:
        return HTMLResponse(_REDOC, headers={"Content-Security-Policy": _CSP})

    async def openapi(_request: Request) -> Response:
        return JSONResponse(build_openapi(app))

    app.add_route("/api/docs", swagger, include_in_schema=False)
    app.add_route("/api/redoc", redoc, include_in_schema=False)
    app.add_route("/api/openapi.json", openapi, include_in_schema=False)

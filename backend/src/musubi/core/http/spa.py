"""Serves the built browser application."""

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from musubi.core.http.headers import is_for_the_api

_IMMUTABLE = "public, max-age=31536000, immutable"
_REVALIDATE = "no-cache"


class SinglePageApplication(StaticFiles):
    """The files of the build; for any other address that a browser asks for as a page, `index.html`, whose router
    knows what to show there."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or not _wants_page(path, scope):
                raise
            response = await super().get_response("index.html", scope)
            path = "index.html"
        # Vite puts a hash of the content into the name of everything under static/, the documentation's files aside.
        hashed = path.startswith("static/") and not path.startswith("static/docs/")
        response.headers["Cache-Control"] = _IMMUTABLE if hashed else _REVALIDATE
        return response


def _wants_page(path: str, scope: Scope) -> bool:
    if scope["method"] not in ("GET", "HEAD") or path.partition("/")[0] == "static":
        return False
    accept = dict(scope["headers"]).get(b"accept", b"")
    return b"text/html" in accept or b"*/*" in accept or not accept


class _EverythingElse(Mount):
    """Leaves the API's addresses alone, so that it is the router that knows 404 there from 405."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and is_for_the_api(scope):
            return Match.NONE, {}
        return super().matches(scope)


def add_spa(app: FastAPI, directory: Path) -> None:
    """Serve the build in `directory` at every path that nothing else answers, once it was made."""
    if (directory / "index.html").is_file():
        app.router.routes.append(_EverythingElse("/", SinglePageApplication(directory=directory, html=True)))

"""Counts and times requests by the route that answers them."""

from time import perf_counter
from typing import Final

from fastapi import FastAPI
from prometheus_client import Counter, Histogram
from starlette.types import Scope

from musubi.core import metrics
from musubi.core.openapi import api_routes

UNKNOWN: Final = "unknown"
"""The route of a path that nothing answers, and of preflights, whatever the path."""
OTHER: Final = "other"
"""That of the browser application's files and the pages of the documentation."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ABORTED: Final = "aborted"
"""The status of a request that ended without an answer, because its client hung up."""

_series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}


def template_of(scope: Scope) -> str:
    """The path of the route that took the request, such as `/api/v1/items/{item_id}`; `other` or `unknown` where there
    is none. Only known once it was routed."""
    route = scope.get("route")
    if route is None:
        return OTHER if "endpoint" in scope else UNKNOWN
    app: FastAPI = scope["app"]
    templates: dict[int, str] | None = getattr(app.state, "route_templates", None)
    if templates is None:
        templates = app.state.route_templates = {id(each.original_route): str(each.path) for each in api_routes(app)}
    return templates.get(id(route), OTHER)


class Measurement:
    """One request, from its head to the end of its answer."""

    __slots__ = ("_scope", "_started")

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._started = perf_counter()
        metrics.http_in_progress.inc()

    def end(self, status: int) -> float:
        """Record it with its status, 0 if there was no answer; how long it took, in seconds."""
        seconds = perf_counter() - self._started
        metrics.http_in_progress.dec()
        method = self._scope["method"]
        key = method if method in _METHODS else "other", template_of(self._scope), status
        series = _series.get(key)
        if series is None:
            method, route, _ = key
            requests = metrics.http_requests.labels(method, route, str(status or _ABORTED))
            series = _series[key] = requests, metrics.http_duration.labels(method, route)
        series[0].inc()
        series[1].observe(seconds)
        return seconds

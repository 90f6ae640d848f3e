"""Which limits the application has, gathered from its routes."""

from fastapi import FastAPI

from musubi.core.http.rate_limit import limits_of
from musubi.core.limits import Limit
from musubi.core.openapi import api_routes


class UnknownLimit(Exception):
    """The numbers of a limit were changed that no route has."""


def check_limits(app: FastAPI) -> None:
    """Raises UnknownLimit when a changed limit is none of ours, RuntimeError when two limits share a name."""
    declared = _declared(app)
    for name in app.state.changed_limits:
        if name not in declared:
            raise UnknownLimit(f"there is no limit {name!r}; there are: {', '.join(sorted(declared))}")


def limits_in_force(app: FastAPI) -> list[Limit]:
    """Every limit with the numbers that hold, by name; none when limits are off."""
    if app.state.limiter is None:
        return []
    declared: dict[str, Limit] = _declared(app) | app.state.changed_limits
    return [declared[name] for name in sorted(declared)]


def _declared(app: FastAPI) -> dict[str, Limit]:
    found: dict[str, Limit] = {}
    for route in api_routes(app):
        for limit in limits_of(route.dependant):
            if found.setdefault(limit.name, limit) != limit:
                raise RuntimeError(f"two limits are called {limit.name!r}")
    return found
